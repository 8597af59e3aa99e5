// The official backend (core-backend 5.1.9, native library 5.1.72) as a library: start, stop, open, read errors.
// Not a test, and it knows nothing of our server.
import { createRequire } from "node:module";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

// The CommonJS build, because HubMock is reachable there under a stable path.
const require = createRequire(import.meta.url);
export const backend = require("@itwin/core-backend");
export const bentley = require("@itwin/core-bentley");
export const common = require("@itwin/core-common");
export const geometry = require("@itwin/core-geometry");
export const { deleteElementTree } = require("@itwin/core-backend/lib/cjs/ElementTreeWalker");
export const { HubMock } = require("@itwin/core-backend/lib/cjs/internal/HubMock");
export const { IModelNative } = require("@itwin/core-backend/lib/cjs/internal/NativePlatform");
export const { _hubAccess, _nativeDb } = require("@itwin/core-backend/lib/cjs/internal/Symbols");

const { IModelHost, BriefcaseDb, StandaloneDb, SQLiteDb, SettingsPriority } = backend;

/** One temporary folder of this process; removed by stop(). */
let scratch;
export function scratchDir() {
  scratch ??= mkdtempSync(join(tmpdir(), "weh-interop-"));
  return scratch;
}

export async function start() {
  // Without this the first open looks for coordinate databases on the network for 15 seconds.
  IModelHost.onWorkspaceStartup.addOnce(() => {
    IModelHost.appWorkspace.settings.addDictionary({
      name: "interop",
      priority: SettingsPriority.application,
    }, { "itwin/core/gcs/disableWorkspaces": true });
  });
  await IModelHost.startup({ cacheDir: join(scratchDir(), "cache"), profileName: "interop" });
}

export async function stop() {
  await IModelHost.shutdown();
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  scratch = undefined;
}

/** Run @work with the backend started; whatever happens, it is stopped again. */
export async function withHost(work) {
  await start();
  try {
    return await work();
  } finally {
    await stop();
  }
}

/** Copy an iModel with its write-ahead log into the scratch folder. */
export function copyToScratch(file, name = basename(file)) {
  const target = join(mkdtempSync(join(scratchDir(), "copy-")), name);
  copyIModel(file, target);
  return target;
}

export function copyIModel(from, to) {
  copyFileSync(from, to);
  rmSync(`${to}-shm`, { force: true });
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
  else rmSync(`${to}-wal`, { force: true });
}

/** Open a file as plain SQLite by the backend's own engine. */
export function openSqlite(file, write = false) {
  const db = new SQLiteDb();
  db.openDb(file, {
    openMode: write ? bentley.OpenMode.ReadWrite : bentley.OpenMode.Readonly,
    rawSQLite: true,
  });
  return db;
}

export function briefcaseIdOf(file) {
  const db = openSqlite(file);
  try {
    return db.withPreparedSqliteStatement("SELECT Val FROM be_Local WHERE Name='be_repositoryid'", (s) => {
      s.step();
      return Number(Buffer.from(s.getValue(0).getBlob()).readBigUInt64LE(0));
    });
  } finally {
    db.closeDb();
  }
}

/** Open an iModel as what it is: a standalone file or a briefcase. */
export async function openIModel(file, write = false) {
  if (briefcaseIdOf(file) >= 2) return BriefcaseDb.open({ fileName: file, readonly: !write });
  return StandaloneDb.openFile(file, write ? bentley.OpenMode.ReadWrite : bentley.OpenMode.Readonly);
}

/** @work with an open iModel, which is closed (unsaved changes dropped) in the end. */
export async function withIModel(file, write, work) {
  const db = await openIModel(file, write);
  try {
    return await work(db);
  } finally {
    if (write && db.txns.hasUnsavedChanges) db.abandonChanges();
    db.close();
  }
}

export function describeError(e) {
  const number = e.errorNumber ?? e.iTwinErrorId?.key;
  return {
    number,
    name: typeof number === "number" ? (bentley.IModelStatus[number] ?? bentley.DbResult[number]) : undefined,
    message: e.message,
  };
}
