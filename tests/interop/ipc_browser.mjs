#!/usr/bin/env node
// The stock frontend in headless Chromium: two pages of two users at once on two briefcases of one server, which lose their connections and
// are loaded anew; then the official backend reads both files. And one page against both servers, whose logs must be equal. See README.md.
// usage: node ipc_browser.mjs [--official-twice] DAEMON
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Cable } from "./lib/ipc/cable.mjs";
import { Client } from "./lib/client.mjs";
import { Meeting, PageServer, chromium } from "./lib/ipc/browser.mjs";
import { Report, equal, ok } from "./lib/tap.mjs";
import { bentley, briefcaseIdOf, start, stop, withIModel } from "./lib/host.mjs";
import { compareLogs } from "./lib/ipc/compare.mjs";
import { integrityErrors } from "./lib/differ/judge.mjs";
import { startServer } from "./lib/ipc/servers.mjs";

const SKIPPED = 77;
const { values, positionals } = parseArgs({ options: { "official-twice": { type: "boolean", default: false } }, allowPositionals: true });
const daemon = positionals[0] ?? process.env.WEH_DAEMON;
const USERS = ["ann", "ben"];
/** Both pages choose the same: a label is the user's own. */
const RESUME_LABEL = "tab";

/** A token of that user, as an operator mints it. */
function tokenOf(server, user) {
  const weh = join(dirname(daemon), "..", "tools", "weh");
  return execFileSync(weh, ["token", "--data-dir", server.daemon.dir, "--user", user, "--scope", "weh:view weh:edit"], { encoding: "utf8" }).trim();
}

/** A user with a briefcase of @iModel and a page, which loads three times; .logs are those of its visits. */
class User {
  logs = [];

  constructor(server, name) {
    this.server = server;
    this.name = name;
    this.token = tokenOf(server, name);
  }

  async begin(iModel) {
    const client = await Client.connect({ ...this.server.ready, token: this.token }, "json");
    ({ briefcase: this.briefcase } = await client.call("briefcase.checkout", { imodel: iModel }));
    await client.close();
    this.cable = await new Cable().start(new URL(this.server.url).port);
    return this;
  }

  /** What its page may ask. */
  answers(meeting) {
    const visits = ["first", "second", "third"];
    return {
      task: async () => ({
        url: this.cable.lead(`${await this.server.pageUrl(this.token)}&session.resume=${RESUME_LABEL}`),
        scenario: visits[this.logs.length], isLast: this.logs.length === visits.length - 1, user: this.name, files: { iModel: this.briefcase },
      }),
      meet: (at) => meeting.at(at),
      cut: () => this.cable.cut(),
      log: (log) => { this.logs.push(log); },
    };
  }
}

/** The names and arguments of what was pushed in @log before the step @name, since the step before. */
function pushesBefore(log, name) {
  const end = log.findIndex(({ step }) => step === name);
  const begin = log.slice(0, end).findLastIndex(({ step }) => step !== undefined);
  return log.slice(begin + 1, end).map(({ push, args }) => [push, ...args]);
}

function resultOf(log, name) {
  const entry = log.find(({ step }) => step === name);
  ok(entry !== undefined && entry.error === undefined, `${name}: ${JSON.stringify(entry?.error)}`);
  return entry.result;
}

const CHANNEL = "itwinjs-core/txns/briefcase";
const EDITED = ["notifyCommit", "notifyGeometryGuidsChanged", "notifyElementsChanged", "notifyCommitted"];
const undone = (isUndo) => [["notifyBeforeUndoRedo", isUndo], "notifyElementsChanged", "notifyChangesApplied", "notifyGeometryGuidsChanged", ["notifyAfterUndoRedo", isUndo]];

/** @expected: names of notifications, or names with arguments. What has changed must be @id alone. */
function checkPushes(log, step, expected, id) {
  const pushes = pushesBefore(log, step);
  equal(pushes.map(([channel, name, ...args], i) => [channel, ...(Array.isArray(expected[i]) ? [name, ...args] : [name])]),
    expected.map((e) => [CHANNEL, ...[e].flat()]), `pushes before ${step}`);
  const { inserted, updated, deleted } = pushes.find(([, name]) => name === "notifyElementsChanged")[2];
  equal([inserted, updated, deleted].filter((set) => set !== undefined).flatMap((set) => [...bentley.CompressedId64Set.decompressSet(set)]), [id], `changed before ${step}`);
}

/** What the page of @user has seen: all that it did, and nothing of the other. */
function checkLogs({ name, logs: [first, second, third] }, briefcaseId) {
  const saved = [1, 2, 3, 4, 5].map((n) => `${name} ${n}`);
  for (const log of [first, second, third]) {
    equal(log.filter((entry) => entry.unhandled !== undefined || entry.error !== undefined), [], `${name}: faults`);
  }
  saved.forEach((_, i) => {
    const id = resultOf(first, `insert ${i + 1}`);
    equal(bentley.Id64.getBriefcaseId(id), briefcaseId, `${name}: briefcase of ${id}`);
    checkPushes(first, `save ${i + 1}`, EDITED, id);
    equal(resultOf(first, `labels ${i + 1}`), saved.slice(0, i + 1), `${name}: labels ${i + 1}`);
  });
  const last = resultOf(first, "insert 5");
  checkPushes(first, "undo", undone(true), last);
  equal(resultOf(first, "labels after undo"), saved.slice(0, 4), `${name}: labels after undo`);
  checkPushes(first, "redo", undone(false), last);
  equal(resultOf(first, "labels unsaved"), [...saved, `${name} unsaved`], `${name}: labels unsaved`);
  equal(resultOf(first, "the connection is lost"), 1, `${name}: connections of the page`);
  const all = [...saved, `${name} unsaved`, `${name} left`];
  equal(resultOf(second, "labels again"), all.slice(0, 6), `${name}: labels after the loss`);
  equal(resultOf(second, "stack again"), { pending: true, undo: true, redo: false, undoText: `${name} 5`, redoText: "" }, `${name}: stack after the loss`);
  checkPushes(second, "save", EDITED, resultOf(first, "insert unsaved"));
  equal(resultOf(third, "labels again"), all, `${name}: labels after the reload`);
  checkPushes(third, "save", EDITED, resultOf(second, "insert left"));
  checkPushes(third, "undo", undone(true), resultOf(second, "insert left"));
  equal(resultOf(third, "labels after undo"), all.slice(0, 6), `${name}: labels after undo`);
  equal(resultOf(third, "labels"), all, `${name}: labels in the end`);
  equal(resultOf(third, "stack"), { pending: true, undo: true, redo: false, undoText: `${name} left`, redoText: "" }, `${name}: stack in the end`);
  return all;
}

/** The official backend finds in @file what its user has saved. */
async function checkFile(file, labels) {
  await withIModel(file, false, (db) => {
    equal(integrityErrors(db), [], `${file}: integrity`);
    equal(db.withPreparedStatement("SELECT UserLabel FROM Generic.PhysicalObject WHERE UserLabel LIKE 'ann %' OR UserLabel LIKE 'ben %' ORDER BY ECInstanceId",
      (s) => [...s].map(({ userLabel }) => userLabel)), labels, `${file}: labels`);
    equal(db.elements.getElementProps(db.queryEntityIds({ from: "Generic.PhysicalObject", where: `UserLabel='${labels.at(-1)}'` }).values().next().value).userLabel, labels.at(-1), file);
  });
}

async function twoUsers(pages) {
  const server = await startServer(daemon);
  const iModel = server.place("small");
  const users = await Promise.all(USERS.map((name) => new User(server, name).begin(iModel)));
  try {
    const meeting = new Meeting(users.length);
    const said = await pages.runAll(users.map((user) => user.answers(meeting)));
    users.forEach((user, i) => user.logs.push(said[i].log));
  } finally {
    for (const { cable } of users) cable.stop();
    const { code, signal } = await server.end();
    ok(code === 0, `exit ${code ?? signal}\n${server.daemon.log.join("\n")}`);
  }
  for (const user of users) {
    const file = server.daemon.file(user.briefcase, "briefcases");
    await checkFile(file, checkLogs(user, briefcaseIdOf(file)));
  }
  ok(briefcaseIdOf(server.daemon.file(users[0].briefcase, "briefcases")) !== briefcaseIdOf(server.daemon.file(users[1].briefcase, "briefcases")), "one briefcase id for both");
  server.remove();
}

/** The log of a scenario in a page against @which server. */
async function logOf(pages, which) {
  const server = await startServer(which);
  const iModel = server.place("small");
  try {
    const [{ log }] = await pages.runAll([{ task: async () => ({ url: await server.pageUrl(), scenario: "undo", isLast: true, files: { iModel } }) }]);
    return { log, names: [[iModel, "file iModel"]] };
  } finally {
    await server.stop();
  }
}

async function bothServers(pages) {
  const [ours, official] = [await logOf(pages, values["official-twice"] ? "official" : daemon), await logOf(pages, "official")];
  const { differences } = compareLogs("undo", ours, official);
  console.log(`# ${ours.log.length} entries`);
  ok(differences.length === 0, `${differences.length} lines of differences\n${differences.join("\n")}`);
}

async function main() {
  if (chromium === undefined) {
    const isWanted = process.env.WEH_REQUIRE_CHROMIUM === "1";
    console.log(`${isWanted ? "not ok 1 -" : "1..0 # SKIP"} there is no Chromium: install the package chromium (tools/packages test)`);
    return isWanted ? 1 : SKIPPED;
  }
  const report = new Report();
  const pages = await new PageServer().start();
  await start();
  if (!values["official-twice"]) await report.test("two pages of two users at once", () => twoUsers(pages));
  await report.test("a page against both servers", () => bothServers(pages));
  await stop();
  pages.stop();
  return report.end();
}

process.exitCode = await main();
