#!/usr/bin/env node
// What the official iTwin.js backend says about, or does to, a .bim file: one JSON value on standard output.
// For people who want to know the truth, and for the interop tests. See README.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { backend, copyToScratch, describeError, scratchDir, withHost, withIModel } from "./lib/host.mjs";
import { checkIModel, dumpIModel, pendingTxns } from "./lib/dump.mjs";
import { OP_NAMES, runOps } from "./lib/ops.mjs";
import { pushThroughHub } from "./lib/hub.mjs";
import { instancesOfFiles, instancesOfTxn } from "./lib/instances.mjs";

const USAGE = `usage: node official.mjs COMMAND [--keep] FILE ...
  dump FILE                 elements, models, aspects, relationships, code specs, transactions, sequences
  txns FILE                 pending transactions
  check FILE                open both ways, integrity_check, foreign_key_check, counts
  edit FILE                 insert and save one Subject; FILE is changed; tells the id
  push FILE BASELINE        push FILE's transactions, made on a copy of BASELINE, through a mock hub; compare
  instances FILE [CS...]    changed instances of each transaction, or of these changeset files as one
  create FILE [NAME]        make an empty editable standalone iModel
  insert|update FILE PROPS...   elements.insertElement / updateElement with ElementProps (JSON)
  delete FILE ID...         elements.deleteElement
  model FILE PROPS...       models.insertModel
  run FILE OP...            ops {"op":NAME,...}, NAME one of: ${OP_NAMES.join(" ")}
PROPS and OP are JSON, or @PATH of a JSON file (an array is a list). "$1" is the result of the first op.
Only edit and create write FILE, and insert, update, delete, model and run with --keep; all else works on a copy.
FILE may be :empty: (a new iModel) for these five.`;

function jsonArguments(words) {
  return words.flatMap((w) => {
    const value = JSON.parse(w.startsWith("@") ? readFileSync(w.slice(1), "utf8") : w);
    return Array.isArray(value) ? value : [value];
  });
}

function createEmpty(file, name = "interop") {
  const db = backend.StandaloneDb.createEmpty(file, {
    rootSubject: { name },
    allowEdit: JSON.stringify({ txns: true }),
  });
  const id = db.iModelId;
  db.close();
  return { file, iModelId: id };
}

function inputFile(name, keep) {
  if (name !== ":empty:") return keep ? name : copyToScratch(name);
  const file = join(scratchDir(), "empty.bim");
  createEmpty(file);
  return file;
}

const EDITS = {
  insert: (words) => jsonArguments(words).map((props) => ({ op: "insertElement", props })),
  update: (words) => jsonArguments(words).map((props) => ({ op: "updateElement", props })),
  delete: (words) => words.map((id) => ({ op: "deleteElement", id })),
  model: (words) => jsonArguments(words).map((props) => ({ op: "insertModel", props })),
  run: jsonArguments,
};

async function editOnce(file) {
  return withIModel(file, true, (db) => {
    const id = db.elements.insertElement({
      classFullName: "BisCore:Subject",
      model: "0x1",
      code: { spec: "0x1", scope: "0x1", value: "" },
      parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
      userLabel: "by the official backend",
    });
    db.saveChanges("edit by the official backend");
    return { id };
  });
}

/** What ChangesetECAdaptor and PartialECChangeUnifier tell. */
async function instances(file, changesets) {
  return withIModel(file, false, (db) => {
    if (changesets.length > 0) return instancesOfFiles(db, changesets);
    return pendingTxns(db).map(({ txnId }) => ({ txnId, instances: instancesOfTxn(db, txnId) }));
  });
}

async function command(name, file, rest, keep) {
  if (EDITS[name] !== undefined) return runOps(inputFile(file, keep), EDITS[name](rest));
  switch (name) {
    case "dump": return withIModel(copyToScratch(file), false, dumpIModel);
    case "txns": return withIModel(copyToScratch(file), false, pendingTxns);
    case "check": return checkIModel(copyToScratch(file));
    case "instances": return instances(copyToScratch(file), rest);
    case "edit": return editOnce(file);
    case "create": return createEmpty(file, rest[0]);
    case "push": return pushThroughHub(file, rest[0]);
    default: throw new Error(`unknown command ${name}\n${USAGE}`);
  }
}

function printable(key, value) {
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

const words = process.argv.slice(2);
const keep = words.includes("--keep");
const [name, file, ...rest] = words.filter((w) => w !== "--keep");
if (file === undefined) {
  console.error(USAGE);
  process.exit(2);
}
try {
  const answer = await withHost(() => command(name, file, rest, keep));
  console.log(JSON.stringify(answer, printable, 1));
} catch (e) {
  console.log(JSON.stringify({ error: describeError(e) }, printable, 1));
  process.exitCode = 1;
}
