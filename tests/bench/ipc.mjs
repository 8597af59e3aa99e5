#!/usr/bin/env node
// Editing over /ipc by stock clients: our server against the official backend, on the same machine in one run. Prints one JSON
// value; nothing is judged here. Each user has an iModel of its own and does the same, one thing after the other, all users at
// once; ours are in one server, the official backend has a process for each, because one process tells every page everything.
//
//   node ipc.mjs [--users 1,10,100] [--rounds N] [--file NAME] [--official-most N] [--edits-only] DAEMON
//
// --edits-only: insert and read by the channel webedit/edit, without the stock command and RPC, and no queries.
//
// Needs tests/interop/node_modules. Memory is the proportional share of all processes of a side while its users are connected
// (smaps_rollup), after the rounds; processor time is what they used in the rounds.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServer } from "../interop/lib/ipc/servers.mjs";
import { StockClient } from "../interop/lib/ipc/stock_client.mjs";

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), "../interop/package.json"));
const { IModelJson, LineSegment3d, Point3d } = require("@itwin/core-geometry");

const { values, positionals } = parseArgs({
  options: {
    users: { type: "string", default: "1,10,100" }, rounds: { type: "string", default: "50" }, file: { type: "string", default: "small" },
    "official-most": { type: "string", default: "100" }, "edits-only": { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const ROUNDS = Number(values.rounds);
const EDITS_ONLY = values["edits-only"];
const WARM_ROUNDS = 3;
const TICKS_PER_SECOND = 100;
const NS_PER_MS = 1e6;

const geom = [IModelJson.Writer.toIModelJson(LineSegment3d.create(Point3d.createZero(), Point3d.create(2, 0, 0)))];
const object = (n) => ({
  classFullName: "Generic:PhysicalObject", model: "0x35", category: "0x16", code: { spec: "0x1", scope: "0x1", value: "" }, userLabel: `bench ${n}`,
  placement: { origin: { x: n, y: 0, z: 0 }, angles: {} }, geom,
});
const query = {
  kind: 1, query: "SELECT ECInstanceId, UserLabel, CodeValue FROM Generic.PhysicalObject WHERE ECInstanceId<?", args: { 1: { type: 2, value: "0xa0" } },
  limit: { offset: 0, count: -1 }, includeMetaData: true, valueFormat: 0, rowFormat: 1,
};

class User {
  constructor(number, server) {
    this.number = number;
    this.server = server;
    this.key = `user-${number}`;
  }

  async open() {
    this.client = new StockClient(await this.server.pageUrl());
    await this.client.opened;
    const props = await this.client.app("openStandalone", this.server.place(values.file, this.key), 2, { key: this.key });
    this.token = { key: this.key, iTwinId: props.iTwinId, iModelId: props.iModelId, changeset: props.changeset };
    if (!EDITS_ONLY) await this.client.invoke("itwinjs-core/editor", "startCommand", "basicManipulation", this.key);
  }

  /** What an editing user does; @times gets how long each took, in milliseconds. */
  async round(n, times) {
    const { client, key, token } = this;
    const timed = async (name, work) => {
      const began = process.hrtime.bigint();
      const result = await work();
      times[name].push(Number(process.hrtime.bigint() - began) / NS_PER_MS);
      return result;
    };
    const webEdit = (method, argument) => client.invoke("webedit/edit", method, key, argument);
    const read = (operation, argument) => client.rpc("IModelReadRpcInterface", "3.7.0", operation, token, argument);
    const id = await timed("insert", () => (EDITS_ONLY ? webEdit("insertElement", object(n)) : client.edit("insertGeometricElement", object(n))));
    await timed("save", () => client.app("saveChanges", key, `round ${n}`));
    await timed("getElementProps", () => (EDITS_ONLY ? webEdit("getElementProps", id) : read("getElementProps", [id])));
    if (!EDITS_ONLY) await timed("queryRows", () => read("queryRows", query));
    await timed("undo", () => client.app("reverseTxns", key, 1));
    client.takePushes();
  }

  async close() {
    await this.client.app("closeIModel", this.key);
    await this.client.close();
  }
}

const OPERATIONS = ["insert", "save", "getElementProps", ...(EDITS_ONLY ? [] : ["queryRows"]), "undo"];
const noTimes = () => Object.fromEntries(OPERATIONS.map((name) => [name, []]));

/** Kilobytes that are a process's share. */
function memoryOf(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);
}

/** Seconds of the processor that a process has used. */
function processorOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function summary(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (p) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))].toFixed(3));
  return { p50: at(0.5), p99: at(0.99) };
}

/** @users at once on as many servers as that side needs. */
async function measure(which, users) {
  const servers = [];
  for (let i = 0; i < (which === "official" ? users : 1); i += 1) servers.push(await startServer(which));
  const all = Array.from({ length: users }, (_, i) => new User(i, servers[i % servers.length]));
  try {
    for (const user of all) await user.open();
    const run = (rounds, times) => Promise.all(all.map(async (user) => {
      for (let n = 0; n < rounds; n += 1) await user.round(n, times);
    }));
    await run(WARM_ROUNDS, noTimes());
    const pids = servers.map((server) => server.daemon.process.pid);
    const sum = (of) => pids.map(of).reduce((a, b) => a + b, 0);
    const used = sum(processorOf);
    const times = noTimes();
    const began = Date.now();
    await run(ROUNDS, times);
    const seconds = (Date.now() - began) / 1000;
    const result = {
      processes: pids.length, seconds, processorSeconds: Number((sum(processorOf) - used).toFixed(2)), memoryKiB: sum(memoryOf),
      milliseconds: Object.fromEntries(OPERATIONS.map((name) => [name, summary(times[name])])),
    };
    for (const user of all) await user.close();
    return result;
  } finally {
    for (const server of servers) await server.stop();
  }
}

const out = { rounds: ROUNDS, file: values.file, users: {} };
for (const users of values.users.split(",").map(Number)) {
  out.users[users] = { ours: await measure(positionals[0], users) };
  if (users <= Number(values["official-most"])) out.users[users].official = await measure("official", users);
}
console.log(JSON.stringify(out, null, 1));
