#!/usr/bin/env node
// The official backend behind our protocol, just enough to run the interop tests against: it proves that a failing test
// means our server and not the test. Not a product, not complete, one session a file.
import { mkdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { decode, encode } from "@msgpack/msgpack";
import { backend, openIModel, start } from "./host.mjs";
import { apply } from "./ops.mjs";

const settings = Object.fromEntries(process.argv.filter((w) => w.includes("=")).map((w) => w.split(/=(.*)/s)));
const dir = settings["data.dir"];
const file = (imodel) => join(dir, "imodels", `${imodel}.bim`);

function fromWire(value) {
  if (typeof value === "string" && value.startsWith("encoding=base64;")) return new Uint8Array(Buffer.from(value.slice(16), "base64"));
  if (Array.isArray(value)) return value.map(fromWire);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fromWire(v)]));
}

function status(number, result) {
  if (number !== 0) throw Object.assign(new Error("undo"), { errorNumber: number });
  return result;
}

/** Undo or redo by @work; the transactions that changed their state. */
function moved(db, work) {
  const before = new Map(rows(db));
  const number = work();
  return status(number, rows(db).filter(([id, deleted]) => before.get(id) !== deleted).map(([id]) => id));
}

function rows(db) {
  return db.withPreparedSqliteStatement("SELECT Id, Deleted FROM dgn_Txns", (s) => [...s].map((r) => [`0x${BigInt(r.id).toString(16)}`, r.deleted]));
}

const id = (result) => ({ id: result });

/** Without classes: a Point3d would write itself as an array. */
function membersOf(value) {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(membersOf);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, membersOf(v)]));
}

const METHODS = {
  "session.hello": () => ({}),
  "session.close": () => ({}),
  "imodel.create": (s, p) => {
    backend.StandaloneDb.createEmpty(file(p.imodel), { rootSubject: p.rootSubject, allowEdit: "{\"txns\":true}" }).close();
    return {};
  },
  "briefcase.open": async (s, p) => {
    s.db = await openIModel(file(p.imodel), p.mode !== "readonly");
    return { briefcaseId: s.db.briefcaseId };
  },
  "briefcase.close": (s) => {
    if (s.db.txns.hasUnsavedChanges) throw new Error("unsaved");
    s.db.close();
    s.db = undefined;
    return {};
  },
  "elements.getElementProps": (s, p) => s.db.elements.getElementProps(p),
  "elements.insertElement": (s, p) => id(apply(s.db, { op: "insertElement", props: p.props })),
  "elements.updateElement": (s, p) => (s.db.elements.updateElement(p.props), {}),
  "elements.deleteElement": (s, p) => (s.db.elements.deleteElement(p.ids ?? p.id), {}),
  "elements.getAspects": (s, p) => s.db.elements.getAspects(p.id, p.classFullName).map((a) => membersOf(a.toJSON())),
  "elements.insertAspect": (s, p) => id(s.db.elements.insertAspect(p.props)),
  "elements.updateAspect": (s, p) => (s.db.elements.updateAspect(p.props), {}),
  "elements.deleteAspect": (s, p) => (s.db.elements.deleteAspect(p.ids ?? p.id), {}),
  "relationships.getInstanceProps": (s, p) => s.db.relationships.getInstanceProps(p.classFullName, p.id ?? p),
  "relationships.insertInstance": (s, p) => id(s.db.relationships.insertInstance(p.props)),
  "relationships.updateInstance": (s, p) => (s.db.relationships.updateInstance(p.props), {}),
  "relationships.deleteInstance": (s, p) => (s.db.relationships.deleteInstance(p.props), {}),
  "codeSpecs.list": (s) => s.db.withPreparedSqliteStatement("SELECT Id AS id, Name AS name, JsonProperties AS json FROM bis_CodeSpec ORDER BY Id",
    (q) => [...q].map((r) => ({ id: `0x${BigInt(r.id).toString(16)}`, name: r.name, properties: JSON.parse(r.json) }))),
  "codeSpecs.getById": (s, p) => METHODS["codeSpecs.list"](s).find((c) => c.id === p.id),
  "codeSpecs.getByName": (s, p) => METHODS["codeSpecs.list"](s).find((c) => c.name.toUpperCase() === p.name.toUpperCase()),
  "codeSpecs.insert": (s, p) => id(s.db.codeSpecs.insert(p.name, p.properties)),
  "models.insertModel": (s, p) => id(s.db.models.insertModel(p.props)),
  "models.getModelProps": (s, p) => s.db.models.getModelProps(p.id),
  "txns.saveChanges": (s, p) => {
    const txnId = s.db.txns.getCurrentTxnId();
    s.db.saveChanges(p.description);
    return { saved: s.db.txns.getCurrentTxnId() !== txnId, txnId };
  },
  "txns.abandonChanges": (s) => (s.db.abandonChanges(), {}),
  "txns.reverseTxns": (s, p) => ({ reversed: moved(s.db, () => s.db.txns.reverseTxns(p.count ?? 1)) }),
  "txns.reinstateTxn": (s) => ({ reinstated: moved(s.db, () => s.db.txns.reinstateTxn()) }),
  "txns.restartTxnSession": (s) => (s.db.txns.restartSession(), {}),
  "txns.state": (s) => ({
    hasUnsavedChanges: s.db.txns.hasUnsavedChanges, hasPendingTxns: s.db.txns.hasPendingTxns,
    isUndoPossible: s.db.txns.isUndoPossible, isRedoPossible: s.db.txns.isRedoPossible,
    undoString: s.db.txns.getUndoString(), redoString: s.db.txns.getRedoString(),
    currentTxnId: s.db.txns.getCurrentTxnId(), depth: 0,
  }),
};

async function answer(session, method, params) {
  try {
    return { result: await METHODS[method](session, fromWire(params)) };
  } catch (e) {
    return { error: { code: 1000, message: e.message, data: { name: "Reference", iTwin: e.errorNumber } } };
  }
}

function jsonValue(key, value) {
  return value instanceof Uint8Array ? `encoding=base64;${Buffer.from(value).toString("base64")}` : value;
}

function serve(socket) {
  const session = {};
  const json = socket.protocol !== "weh.v1.msgpack";
  let queue = Promise.resolve();
  socket.on("message", (data) => {
    queue = queue.then(async () => {
      const m = json ? JSON.parse(data) : decode(data);
      const [number, method, params] = json ? [m.id, m.method, m.params] : m.slice(1);
      const a = await answer(session, method, params);
      socket.send(json ? JSON.stringify({ jsonrpc: "2.0", id: number, ...a }, jsonValue)
        : encode([1, number, a.error ?? null, a.result ?? null], { ignoreUndefined: true }));
      if (method === "session.close") socket.close(1000);
    });
  });
  socket.on("close", () => session.db?.close());
}

mkdirSync(join(dir, "imodels"), { recursive: true });
if (!existsSync(dir)) process.exit(2);
await start();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: (p) => [...p][0] });
server.on("connection", serve);
server.on("listening", () => {
  const { port } = server.address();
  console.log(JSON.stringify({ event: "ready", port, pid: process.pid, token: "t", sessionUrl: `ws://127.0.0.1:${port}/v1/session` }));
});
process.on("SIGTERM", () => process.exit(0));
