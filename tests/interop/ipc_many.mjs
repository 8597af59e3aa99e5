#!/usr/bin/env node
// Many stock clients at once in one server, each with an iModel of its own: each gets its own answers and pushes, and no frame of
// another's. See README.md.
// usage: node ipc_many.mjs [--clients N] [--rounds N] [--edits-only] DAEMON
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { startServer } from "./lib/ipc/servers.mjs";
import { StockClient } from "./lib/ipc/stock_client.mjs";
import { Report, equal, ok } from "./lib/tap.mjs";

const { values, positionals } = parseArgs({
  options: { clients: { type: "string", default: "200" }, rounds: { type: "string", default: "5" }, "edits-only": { type: "boolean", default: false } },
  allowPositionals: true,
});
const CLIENTS = Number(values.clients);
const ROUNDS = Number(values.rounds);
const which = positionals[0] ?? process.env.WEH_DAEMON;
if (which === undefined) throw new Error("name the daemon: an argument or WEH_DAEMON");

const keyOf = (i) => `key-of-${i}-only`;
const labelOf = (i, round) => `label-of-${i}-only round ${round}`;

/** Anything that belongs to one client alone, in any of the texts it is sent. */
const OWNED = /(?:key|label)-of-(\d+)-only/g;

/** One page: all that it is sent must be its own. */
class Page {
  strange = [];

  constructor(number, url, file) {
    this.number = number;
    this.file = file;
    this.key = keyOf(number);
    this.client = new StockClient(url);
    this.client.onMessage = (message) => {
      for (const [text, owner] of JSON.stringify(message).matchAll(OWNED)) if (Number(owner) !== number) this.strange.push(text);
    };
  }

  async open() {
    const { client, key, file } = this;
    await client.opened;
    const props = await client.app("openStandalone", file, 2, { key });
    this.token = { key, iTwinId: props.iTwinId, iModelId: props.iModelId, changeset: props.changeset };
    if (!values["edits-only"]) equal(await client.invoke("itwinjs-core/editor", "startCommand", "basicManipulation", key), "basicManipulation", "command");
  }

  /** The methods pushed since the last call, all on this page's own channel. */
  told() {
    return this.client.takePushes().map(([channel, method]) => {
      equal(channel, `itwin.itwinjs-core/txns/${this.key}`, "channel");
      return method;
    });
  }

  webEdit(method, ...args) {
    return this.client.invoke("webedit/edit", method, this.key, ...args);
  }

  async round(n) {
    const { client, key, number } = this;
    const userLabel = labelOf(number, n);
    const subject = {
      classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" }, userLabel,
      parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
    };
    const id = await (values["edits-only"] ? this.webEdit("insertElement", subject) : client.edit("insertGeometricElement", subject));
    // The same ids come in all iModels, so an answer that went to another page would show by its label.
    const props = await this.webEdit("getElementProps", id);
    equal(props.userLabel, userLabel, "what was inserted");
    equal(this.told(), [], "pushes before the save");
    await client.app("saveChanges", key, userLabel);
    equal(this.told(), ["notifyCommit", "notifyElementsChanged", "notifyCommitted"], "pushes of the save");
    equal(await client.app("getUndoString", key), userLabel, "what can be undone");
    const bytes = new Uint8Array(randomBytes(1 + ((number * 37 + n) % 2000)));
    const back = await this.webEdit("ping", { bytes, label: userLabel });
    ok(isDeepStrictEqual(back, { bytes, label: userLabel }), "bytes come back as they were");
    if (!values["edits-only"]) await this.read(id, userLabel);
    if (n % 2 === 1) await this.undoAndRedo();
  }

  async read(id, userLabel) {
    const read = (operation, argument) => this.client.rpc("IModelReadRpcInterface", "3.7.0", operation, this.token, argument);
    const [[props], rows] = await Promise.all([read("getElementProps", [id]), read("queryRows", {
      kind: 1, query: "SELECT UserLabel FROM BisCore.Subject WHERE ECInstanceId=?", args: { 1: { type: 2, value: id } }, limit: { offset: 0, count: -1 },
      includeMetaData: false, valueFormat: 0, rowFormat: 1,
    })]);
    equal([props.userLabel, rows.data], [userLabel, [[userLabel]]], "what is read");
  }

  async undoAndRedo() {
    for (const [method, isUndo] of [["reverseTxns", true], ["reinstateTxn", false]]) {
      equal(await this.client.app(method, this.key, ...(isUndo ? [1] : [])), 0, method);
      equal(this.told(), ["notifyBeforeUndoRedo", "notifyElementsChanged", "notifyChangesApplied", "notifyAfterUndoRedo"], method);
    }
  }

  async close() {
    await this.client.app("closeIModel", this.key);
    equal(await this.client.close(), 1000, "the end");
  }
}

const report = new Report();
const server = await startServer(which);
await report.test(`${CLIENTS} clients at once, ${ROUNDS} rounds each: none sees another's frames`, async () => {
  const pages = [];
  for (let i = 0; i < CLIENTS; i += 1) pages.push(new Page(i, await server.pageUrl(), server.place("empty", `of-${i}`)));
  await Promise.all(pages.map((page) => page.open()));
  await Promise.all(pages.map(async (page) => {
    for (let n = 1; n <= ROUNDS; n += 1) await page.round(n);
  }));
  equal(pages.flatMap((page) => page.strange), [], "frames of others");
  equal(pages.flatMap((page) => page.client.strays), [], "answers to nobody's question");
  console.log(`# ${pages.reduce((sum, page) => sum + page.client.frames, 0)} frames`);
  await Promise.all(pages.map((page) => page.close()));
});
const { code, signal } = await server.stop();
await report.test("the server ends cleanly", () => ok(code === 0, `exit ${code ?? signal}\n${server.daemon.log.join("\n")}`));
process.exitCode = report.end();
