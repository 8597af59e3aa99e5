// Damage to what our side left, one kind each: the judge must notice every one. It proves that the differential test can fail.
import { bentley, openSqlite } from "../host.mjs";

function run(db, statement) {
  db.withPreparedSqliteStatement(statement, (s) => {
    const result = s.step();
    if (result !== bentley.DbResult.BE_SQLITE_DONE) throw new Error(`${statement}: ${result}`);
  });
}

function sql(file, ...statements) {
  const db = openSqlite(file, true);
  try {
    for (const s of statements) run(db, s);
    db.closeDb(true);
  } catch (e) {
    db.closeDb();
    throw e;
  }
}

const inFile = (...statements) => (ours) => sql(ours.file, "DROP TRIGGER IF EXISTS bis_Element_CurrentTimeStamp", ...statements);
const first = "(SELECT min(Id) FROM bis_Element WHERE UserLabel='spoil me')";

/** The script that all spoils are tried on; unspoiled it must pass. */
export const SPOIL_SCRIPT = [
  { op: "insertElement", as: "s1", props: { classFullName: "BisCore:Subject", model: "0x1", userLabel: "spoil me", description: "d",
    code: { spec: "0x1", scope: "0x1", value: "" }, parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" } } },
  { op: "insertElement", as: "s2", props: { classFullName: "BisCore:Subject", model: "0x1", userLabel: "second",
    code: { spec: "0x1", scope: "$s1", value: "two" }, parent: { id: "$s1", relClassName: "BisCore:SubjectOwnsSubjects" } } },
  { op: "save", description: "made" },
  { op: "insertElement", as: "s3", props: { classFullName: "BisCore:Subject", model: "0x1",
    code: { spec: "0x1", scope: "0x999999", value: "x" } }, fault: true },
  { op: "updateElement", props: { id: "$s1", description: "changed" } },
  { op: "readElement", id: "$s2" },
  { op: "save", description: "end" },
];

export const spoils = {
  "another number": (ours) => { ours.answers[3].number = 65547; },
  "a refusal": (ours) => { ours.answers[4] = { number: 65539, name: "spoilt" }; },
  "an acceptance": (ours) => { ours.answers[3] = { result: {} }; },
  "another id": (ours) => { ours.answers[1].result = "0x99"; },
  "another value read": (ours) => { ours.answers[5].result.userLabel = "spoilt"; },
  "a member less in what is read in the end": (ours) => { delete ours.reads.at(-1).result.classFullName; },
  "another value in the file": inFile(`UPDATE bis_Element SET UserLabel='spoilt' WHERE Id=${first}`),
  "another letter case in a code": inFile("UPDATE bis_Element SET CodeValue='TWO' WHERE CodeValue='two'"),
  "another storage class": inFile(`UPDATE bis_InformationReferenceElement SET js1=CAST('d' AS BLOB) WHERE ElementId=${first}`),
  "a row less": inFile(`DELETE FROM bis_InformationReferenceElement WHERE ElementId=${first}`),
  "a row more": inFile("INSERT INTO be_Prop(Namespace,Name,Id,SubId,TxnMode,StrData) VALUES('spoilt','p',0,0,0,'x')"),
  "a random GUID that the transactions do not have": inFile(`UPDATE bis_Element SET FederationGuid=randomblob(16) WHERE Id=${first}`),
  "no random GUID": inFile(`UPDATE bis_Element SET FederationGuid=NULL WHERE Id=${first}`),
  "an old time": inFile(`UPDATE bis_Element SET LastMod=2450000.5 WHERE Id=${first}`),
  "a time that the transactions do not have": inFile(`UPDATE bis_Element SET LastMod=LastMod+0.01 WHERE Id=${first}`),
  "another sequence": inFile("UPDATE be_Local SET Val=Val+1 WHERE Name='bis_elementidsequence'"),
  "another description": inFile("UPDATE dgn_Txns SET Operation='spoilt' WHERE Id=(SELECT max(Id) FROM dgn_Txns)"),
  "another transaction's changes": inFile(`UPDATE dgn_Txns SET Change=(SELECT Change FROM dgn_Txns ORDER BY Id DESC LIMIT 1 OFFSET 1)
    WHERE Id=(SELECT max(Id) FROM dgn_Txns)`),
  "direct for indirect": (ours) => {
    ours.spoilChanges = (changes) => { for (const c of changes.at(-1)[1].values()) c.indirect = !c.indirect; };
  },
};
