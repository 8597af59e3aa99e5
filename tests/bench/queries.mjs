#!/usr/bin/env node
// The same queries through one WebSocket each: our server, the official backend behind the smallest server that can be,
// and SQLite alone (bare_queries). Prints one JSON value; nothing is judged here. Rounds alternate; the best of each counts.
//
//   node queries.mjs DAEMON BARE_QUERIES IMODEL [ROUNDS]
//
// Needs tests/interop/node_modules. The client decodes one answer of each query, to count its rows; when it measures it
// only looks whether more pages follow, so that its own work, which is no server's, stays small.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { Client } from "../interop/lib/client.mjs";
import { Daemon } from "../interop/lib/daemon.mjs";
import { backend, common, start, stop, _nativeDb } from "../interop/lib/host.mjs";

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), "../interop/package.json"));
const { WebSocket, WebSocketServer } = require("ws");
const { ConcurrentQuery } = require("@itwin/core-backend/lib/cjs/ConcurrentQuery");
const LOOKUPS = 3000;

const QUERIES = [
  { name: "scan", ecsql: "SELECT ECInstanceId, ECClassId, Model.Id, Category.Id, CodeValue, UserLabel, Origin, Yaw, BBoxLow, BBoxHigh FROM Generic.PhysicalObject" },
  { name: "scanWide", ecsql: "SELECT * FROM Generic.PhysicalObject" },
  { name: "polymorphic", ecsql: "SELECT ECInstanceId, ECClassId, Model.Id, CodeValue, UserLabel, LastMod FROM BisCore.Element" },
  { name: "lookup", ecsql: "SELECT ECInstanceId, ECClassId, UserLabel, CodeValue FROM BisCore.Element WHERE ECInstanceId=?", lookups: true },
  { name: "aggregate", ecsql: "SELECT ECClassId, COUNT(*), MAX(LastMod) FROM BisCore.Element GROUP BY ECClassId" },
  { name: "join", ecsql: "SELECT e.ECInstanceId, c.CodeValue FROM BisCore.GeometricElement3d e JOIN BisCore.Category c ON e.Category.Id=c.ECInstanceId" },
  { name: "spatial", ecsql: "SELECT i.ECInstanceId FROM BisCore.SpatialElement e, BisCore.SpatialIndex i WHERE i.ECInstanceId MATCH iModel_spatial_overlap_aabb(iModel_bbox(0,0,-10,2000,2000,50)) AND e.ECInstanceId=i.ECInstanceId",
    bare: "SELECT i.ElementId FROM dgn_SpatialIndex i JOIN bis_GeometricElement3d e ON e.ElementId=i.ElementId WHERE i.MaxX>=0 AND i.MaxY>=0 AND i.MaxZ>=-10 AND i.MinX<=2000 AND i.MinY<=2000 AND i.MinZ<=50" },
];

// ---- the official backend behind a WebSocket: a thread of its own, as a host would have it ----

async function serveOfficial() {
  await start();
  const db = backend.SnapshotDb.openFile(workerData.file);
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("message", async (data) => {
    const { id, ecsql, args, offset } = JSON.parse(data);
    const request = { query: ecsql, limit: { offset, count: -1 }, rowFormat: common.QueryRowFormat.UseECSqlPropertyIndexes,
      valueFormat: common.DbValueFormat?.ECSqlNames ?? 0, includeMetaData: offset === 0 };
    if (args !== undefined) request.args = new common.QueryBinder().bindId(1, args[0]).serialize();
    const { data: rows, status, error, meta, rowCount } = await ConcurrentQuery.executeQueryRequest(db[_nativeDb], request);
    socket.send(JSON.stringify({ id, meta, rows, rowCount, error, status }));
  }));
  server.once("listening", () => parentPort.postMessage({ port: server.address().port }));
  parentPort.once("message", async () => {
    server.close();
    for (const client of server.clients) client.terminate();
    db.close();
    await stop();
    process.exit(0);
  });
}

// ---- one question, all its pages ----

function asker(socket) {
  let take;
  socket.on("message", (data) => take(data));
  return (message) => new Promise((done) => {
    take = done;
    socket.send(message);
  });
}

const tail = (data, n = 200) => data.toString("latin1", Math.max(0, data.length - n));

class Official {
  static async open(file) {
    const side = new Official();
    side.name = "official";
    side.worker = new Worker(fileURLToPath(import.meta.url), { workerData: { file } });
    const { port } = await new Promise((done, fail) => { side.worker.once("message", done); side.worker.once("error", fail); });
    side.worker.on("error", (e) => { console.error(e); process.exit(1); });
    side.socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await new Promise((done, fail) => { side.socket.once("open", done); side.socket.once("error", fail); });
    side.ask = asker(side.socket);
    return side;
  }

  /** Status 3 is a partial answer, 1 the end. */
  async run(ecsql, args) {
    let rows = 0;
    for (;;) {
      const end = tail(await this.ask(JSON.stringify({ id: 1, ecsql, args, offset: rows })));
      const status = Number(/"status":(\d+)\}$/.exec(end)[1]);
      rows += Number(/"rowCount":(\d+)/.exec(end)?.[1] ?? NaN);
      if (status === 1) return rows;
      if (status !== 3) throw new Error(end);
    }
  }

  async close() {
    this.socket.terminate();
    this.worker.postMessage("end");
    await new Promise((done) => { this.worker.once("exit", done); });
  }
}

class Ours {
  static async open(program, dir, encoding) {
    const side = new Ours();
    side.name = encoding;
    side.daemon = new Daemon(program, dir);
    side.client = await Client.connect(await side.daemon.start(), encoding);
    await side.client.call("briefcase.open", { imodel: "bench" });
    side.client.socket.removeAllListeners("message");
    side.ask = asker(side.client.socket);
    return side;
  }

  /** @count: decode the pages, and tell the rows. */
  async run(ecsql, args, count = false) {
    let message = this.client.codec.pack(7, "query.ecsql", { ecsql, args, rowFormat: "array" });
    let rows = 0;
    for (;;) {
      const data = await this.ask(message);
      if (count) rows += this.client.codec.unpack(data, this.name === "msgpack").result.rows.length;
      const cursor = /cursor[^c]*(c\d+)/.exec(tail(data, 60))?.[1];
      if (cursor === undefined) return rows;
      message = this.client.codec.pack(7, "query.next", { cursor });
    }
  }

  async explain(ecsql) {
    const data = await this.ask(this.client.codec.pack(8, "query.explain", { ecsql }));
    return this.client.codec.unpack(data, this.name === "msgpack").result.sql;
  }

  async close() {
    this.client.socket.terminate();
    await this.daemon.stop();
  }
}

async function time(side, query, ids) {
  const started = performance.now();
  if (query.lookups) for (const id of ids) await side.run(query.ecsql, [id]);
  else await side.run(query.ecsql);
  return performance.now() - started;
}

async function bench(query, sides, { bareQueries, file, dir, rounds, ids }) {
  const [ours, , official] = sides;
  const count = query.lookups ? ids.length : await ours.run(query.ecsql, undefined, true);
  if (!query.lookups && await official.run(query.ecsql) !== count) throw new Error(`${query.name}: the rows differ`);
  const best = Object.fromEntries(sides.map((s) => [s.name, Infinity]));
  let bare = Infinity;
  const bareArgs = [file, "1", query.bare ?? await ours.explain(query.ecsql), ...(query.lookups ? [join(dir, "ids")] : [])];
  const perRound = query.lookups ? 1 : Math.min(50, Math.max(1, Math.ceil(20000 / (count + 1))));
  for (let round = 0; round < rounds * perRound; round++) {
    for (const side of sides) best[side.name] = Math.min(best[side.name], await time(side, query, ids));
    if (round % perRound === 0) {
      bareArgs[1] = String(perRound);
      bare = Math.min(bare, JSON.parse(execFileSync(bareQueries, bareArgs)).ms);
    }
  }
  const round2 = (x) => Math.round(x * 100) / 100;
  return { query: query.name, rows: count, ms: { bare: round2(bare), ...Object.fromEntries(Object.entries(best).map(([k, v]) => [k, round2(v)])) },
    rowsPerSecond: Object.fromEntries([["bare", bare], ...Object.entries(best)].map(([k, v]) => [k, Math.round(count / v * 1000)])),
    timesOfficial: round2(best.official / best.msgpack), timesBare: round2(best.msgpack / bare) };
}

async function main([program, bareQueries, imodel, rounds = "5"]) {
  if (imodel === undefined) throw new Error("usage: node queries.mjs DAEMON BARE_QUERIES IMODEL [ROUNDS]");
  const dir = mkdtempSync(join(tmpdir(), "weh-queries-"));
  const folders = ["msgpack", "json"].map((name) => join(dir, name));
  const file = join(dir, "bare.bim");
  for (const folder of folders) {
    mkdirSync(join(folder, "imodels"), { recursive: true });
    copyFileSync(imodel, join(folder, "imodels", "bench.bim"));
  }
  for (const name of ["bare.bim", "official.bim"]) copyFileSync(imodel, join(dir, name));
  const sides = [await Ours.open(program, folders[0], "msgpack"), await Ours.open(program, folders[1], "json"),
    await Official.open(join(dir, "official.bim"))];
  const found = sides[0].client.codec.unpack(await sides[0].ask(sides[0].client.codec.pack(1, "query.ecsql",
    { ecsql: `SELECT ECInstanceId FROM BisCore.Element WHERE ECInstanceId>0x1000 LIMIT ${LOOKUPS}`, rowFormat: "array" })), true);
  const ids = found.result.rows.map(([id]) => id);
  writeFileSync(join(dir, "ids"), ids.map((id) => `${BigInt(id)}\n`).join(""));
  const results = [];
  for (const query of QUERIES) results.push(await bench(query, sides, { bareQueries, file, dir, rounds: Number(rounds), ids }));
  for (const side of sides) await side.close();
  rmSync(dir, { recursive: true, force: true });
  console.log(JSON.stringify({ bench: "queries", cores: availableParallelism(), rounds: Number(rounds), results }, undefined, 1));
}

if (isMainThread) await main(process.argv.slice(2));
else await serveOfficial();
