// Pushing and pulling through the backend's own mock hub.
import { join } from "node:path";
import {
  HubMock, IModelNative, _hubAccess, backend, bentley, copyIModel, copyToScratch, openSqlite, scratchDir, withIModel,
} from "./host.mjs";
import { dumpIModel } from "./dump.mjs";
import { differenceOfFiles, select } from "./tables.mjs";

const { BriefcaseDb, BriefcaseManager, IModelHost, StandaloneDb } = backend;
const TOKEN = "interop";

/** @work with a running mock hub. */
export async function withHub(work) {
  HubMock.startup("interop", scratchDir());
  try {
    return await work();
  } finally {
    HubMock.shutdown();
  }
}

/** Make an iModel in the hub from @baseline (a .bim file without pending transactions). @locks: edits by the official backend need them. */
export async function createHubIModel(baseline, iModelName, locks = false) {
  return IModelHost[_hubAccess].createNewIModel({
    accessToken: TOKEN, iTwinId: HubMock.iTwinId, iModelName, version0: baseline, noLocks: locks ? undefined : true,
  });
}

/** A new briefcase at the tip of the timeline; tells {fileName, briefcaseId}. */
export async function downloadBriefcase(iModelId) {
  return BriefcaseManager.downloadBriefcase({ accessToken: TOKEN, iTwinId: HubMock.iTwinId, iModelId });
}

/** The next briefcase id of that iModel. */
export async function acquireBriefcaseId(iModelId) {
  return IModelHost[_hubAccess].acquireNewBriefcaseId({ accessToken: TOKEN, iModelId });
}

/** Give @file that briefcase id, as the backend does with what it has downloaded; 0 makes it a checkpoint. */
export function setBriefcaseId(file, id) {
  const db = new IModelNative.platform.DgnDb();
  db.openIModel(file, bentley.OpenMode.ReadWrite);
  try {
    db.enableWalMode();
    db.resetBriefcaseId(id);
    db.saveChanges();
  } finally {
    db.closeFile();
  }
}

export async function push(file, description) {
  const db = await BriefcaseDb.open({ fileName: file });
  try {
    await db.pushChanges({ accessToken: TOKEN, description });
    return db.changeset;
  } finally {
    db.close();
  }
}

export async function pull(file) {
  const db = await BriefcaseDb.open({ fileName: file });
  try {
    await db.pullChanges({ accessToken: TOKEN });
    return db.changeset;
  } finally {
    db.close();
  }
}

/** Undo by the official backend of all that was pushed from changeset @toIndex on; tells the changeset that does it. */
export async function revertAndPush(file, toIndex) {
  const db = await BriefcaseDb.open({ fileName: file });
  try {
    await db.revertAndPushChanges({ accessToken: TOKEN, toIndex });
    return db.changeset;
  } finally {
    db.close();
  }
}

/** A copy of @file without transactions, for version 0. */
export function asBaseline(file) {
  const copy = copyToScratch(file, "baseline.bim");
  const db = StandaloneDb.openFile(copy, bentley.OpenMode.ReadWrite);
  db.txns.deleteAllTxns();
  db.saveChanges();
  db.close();
  return copy;
}

/** Give @file the identity of the briefcase @model, past change recording: iModel, iTwin, briefcase id, no locks. */
function rebadge(file, model) {
  const from = openSqlite(model);
  const to = openSqlite(file, true);
  const set = (sql, blob) => to.withPreparedSqliteStatement(sql, (s) => {
    if (blob !== undefined) s.bindValue(1, blob);
    s.step();
  });
  try {
    for (const [column, at] of [
      ["Data", "be_Prop WHERE Namespace='be_Db' AND Name='DbGuid'"],
      ["Data", "be_Prop WHERE Namespace='be_Db' AND Name='ProjectGuid'"],
      ["Val", "be_Local WHERE Name='be_repositoryid'"],
    ]) {
      const [row] = select(from, `SELECT ${column} AS value FROM ${at}`);
      set(`UPDATE ${at.replace(" ", ` SET ${column}=? `)}`, row.value);
    }
    set("INSERT OR REPLACE INTO be_Local(Name,Val) VALUES('NoLocking','true')");
    to.closeDb(true);
  } finally {
    from.closeDb();
  }
}

/** Push @file's pending transactions, which were made on a copy of @baseline; pull them elsewhere; compare all. */
export async function pushThroughHub(file, baseline) {
  return withHub(async () => {
    const iModelId = await createHubIModel(asBaseline(baseline), "push");
    const first = await downloadBriefcase(iModelId);
    const second = await downloadBriefcase(iModelId);
    const copy = join(scratchDir(), "pushed.bim");
    copyIModel(file, copy);
    rebadge(copy, first.fileName);
    const pending = (await withIModel(copy, false, dumpIModel)).pending;
    const pushed = await push(copy, "interop");
    const pulled = await pull(second.fileName);
    return { pending, pushed, pulled, differences: differenceOfFiles(copy, second.fileName) };
  });
}
