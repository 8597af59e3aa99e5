// The types against the truth: what the real server answers is written down as TypeScript and compiled with the types of its
// method. A member that the types do not have is an error there too.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, type MethodName, type NotificationName } from "../src/index.js";
import { Daemon } from "./daemon.js";

/** But for those that tell of failures (of storage, of what others do to a file), and of requests that take long. */
const NOTIFICATIONS: readonly NotificationName[] = [
  "session.onDrain", "session.onMessage", "session.onTokenExpiring", "txns.onAfterUndoRedo", "txns.onBeforeUndoRedo", "txns.onChangesApplied", "txns.onCommit", "txns.onCommitted",
  "txns.onElementsChanged", "txns.onModelGeometryChanged", "txns.onModelsChanged",
];

/** JSON, with what JSON has not. */
function literal(value: unknown): string {
  if (value instanceof Uint8Array) return `Uint8Array.of(${[...value.subarray(0, 8)].join()})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, v]) => `${JSON.stringify(key)}: ${literal(v)}`).join(", ")} }`;
}

class Recorder {
  public readonly lines: string[] = [];
  public readonly seen = new Set<string>();
  /** Of the notifications. */
  private readonly _told = new Map<string, () => void>();

  public constructor(private readonly _client: Client) {
    for (const name of NOTIFICATIONS) _client.on(name, (params: unknown) => this.add("Notifications", name, "", params));
  }

  /** Any method with any params: what is wrong with them the server says. */
  public async call(method: MethodName, params: object = {}): Promise<Record<string, never>> {
    const call = this._client.call.bind(this._client) as (m: string, p: object) => Promise<Record<string, never>>;
    const result = await call(method, params);
    this.addResult(method, result);
    return result;
  }

  public addResult(method: MethodName, result: unknown): void {
    this.add("Methods", method, `["result"]`, result);
  }

  /** Resolves when it has been told. */
  public async told(name: NotificationName): Promise<void> {
    if (!this.seen.has(name)) await new Promise<void>((done) => { this._told.set(name, done); });
  }

  private add(table: string, name: string, member: string, value: unknown): void {
    this.seen.add(name);
    this._told.get(name)?.();
    this.lines.push(`export const r${this.lines.length}: ${table}["${name}"]${member} = ${literal(value)};`);
  }
}

const ROOT = { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" };
const element = (classFullName: string, spec: string, value: string, more: object = {}): object =>
  ({ props: { classFullName, model: "0x1", code: { spec, scope: "0x1", value }, parent: ROOT, ...more } });

async function look(r: Recorder): Promise<void> {
  await r.call("session.info");
  await r.call("session.ping", { data: [1, "a", null] });
  await r.call("host.describe");
  await r.call("imodel.list");
  await r.call("imodel.create", { imodel: "made", rootSubject: { name: "Made" } });
  await r.call("briefcase.checkout", { imodel: "small" });
  await r.call("briefcase.list");
  await r.call("briefcase.open", { imodel: "small" });
  await r.call("briefcase.info");
  await r.call("session.info");
  await r.call("schema.list", { items: true });
  for (const classFullName of ["BisCore:PhysicalElement", "BisCore:ElementOwnsChildElements", "WebEditTest:Widget"]) {
    await r.call("schema.getClass", { classFullName });
  }
  await r.call("codeSpecs.list");
  await r.call("codeSpecs.getById", { id: "0x1" });
  await r.call("codeSpecs.getByName", { name: "bis:Subject" });
  await r.call("elements.queryChildren", { id: "0x1" });
  await r.call("query.ecsql", { ecsql: "SELECT * FROM bis.Element", limit: { count: 3 } });
}

async function edit(r: Recorder): Promise<void> {
  const { id } = await r.call("elements.insertElement", element("BisCore:Subject", "bis:Subject", "types")) as unknown as { id: string };
  const part = await r.call("elements.insertElement", element("BisCore:PhysicalPartition", "bis:InformationPartitionElement", "types",
    { parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsPartitionElements" } })) as unknown as { id: string };
  await r.call("models.insertModel", { props: { classFullName: "BisCore:PhysicalModel", modeledElement: { id: part.id } } });
  await r.call("models.getModelProps", { id: part.id });
  const category = await r.call("elements.insertElement", { props: { classFullName: "BisCore:SpatialCategory", model: "0x10", code: { spec: "bis:SpatialCategory", scope: "0x10", value: "types" } } });
  await r.call("elements.insertElement", { props: {
    classFullName: "Generic:PhysicalObject", model: part.id, category: category.id, code: { spec: "0x1", scope: "0x1", value: "" },
    placement: { origin: [1, 2, 3], angles: {}, bbox: { low: [0, 0, 0], high: [1, 1, 1] } },
  } });
  await r.call("elements.updateElement", { props: { id, userLabel: "label" } });
  await r.call("elements.getElementProps", { id });
  await r.call("elements.getMany", { ids: ["0x1", id] });
  await r.call("elements.insertAspect", { props: { classFullName: "BisCore:ExternalSourceAspect", element: { id }, identifier: "1", kind: "k", scope: { id: "0x1" } } });
  await r.call("elements.getAspects", { id });
  await r.call("models.queryExtents", { ids: [part.id, "0x1"] });
  await r.call("edit.batch", { ops: [{ method: "elements.getElementProps", params: { id } }] });
  await r.call("briefcase.saveFileProperty", { namespace: "n", name: "n", string: "s", blob: Uint8Array.of(1) });
  await r.call("briefcase.queryFileProperty", { namespace: "n", name: "n" });
  await r.call("briefcase.listFileProperties");
  await r.call("txns.savepoint", { name: "s" });
  await r.call("txns.release", { name: "s" });
  await r.call("txns.state");
  await r.call("txns.beginMultiTxnOperation");
  await r.call("txns.saveChanges", { description: "types" });
  await r.call("txns.endMultiTxnOperation");
  await r.call("txns.saveChanges");
  await r.call("txns.list");
  await r.call("changes.summary");
  await r.call("txns.reverseTxns");
  await r.call("txns.state");
  await r.call("txns.reinstateTxn");
  await r.call("elements.deleteElementTree", { id: part.id });
  await r.call("elements.deleteElement", { id });
  await r.call("txns.saveChanges", { description: "gone" });
}

/** Ids of what there is to work with: a subject, a model, elements in it. */
async function editMore(r: Recorder): Promise<void> {
  const insert = async (method: MethodName, params: object): Promise<string> => (await r.call(method, params) as unknown as { id: string }).id;
  const model = await insert("elements.insertElement", element("BisCore:PhysicalPartition", "bis:InformationPartitionElement", "more",
    { parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsPartitionElements" } }));
  await r.call("models.insertModel", { props: { classFullName: "BisCore:PhysicalModel", modeledElement: { id: model } } });
  await r.call("models.updateModel", { props: { id: model, isPrivate: true } });
  await r.call("models.deleteModel", { id: model });
  const aspect = await insert("elements.insertAspect", { props: { classFullName: "BisCore:ExternalSourceAspect", element: { id: "0x1" }, identifier: "1", kind: "k", scope: { id: "0x1" } } });
  await r.call("elements.updateAspect", { props: { id: aspect, classFullName: "BisCore:ExternalSourceAspect", element: { id: "0x1" }, kind: "other" } });
  await r.call("elements.deleteAspect", { id: aspect });
  const category = await insert("elements.insertElement", { props: { classFullName: "BisCore:SpatialCategory", model: "0x10", code: { spec: "bis:SpatialCategory", scope: "0x10", value: "more" } } });
  const [source, target] = [await insert("elements.insertElement", element("BisCore:Subject", "bis:Subject", "source")), await insert("elements.insertElement", element("BisCore:Subject", "bis:Subject", "target"))];
  const relationship = { classFullName: "BisCore:ElementDrivesElement", sourceId: source, targetId: target };
  const id = await insert("relationships.insertInstance", { props: relationship });
  await r.call("relationships.getInstanceProps", { classFullName: relationship.classFullName, id });
  await r.call("relationships.updateInstance", { props: { ...relationship, id } });
  await r.call("relationships.deleteInstance", { props: { ...relationship, id } });
  await r.call("elements.deleteDefinitionElements", { ids: [category] });
  await r.call("codeSpecs.insert", { name: "types", properties: { scopeSpec: { type: 1 } } });
  await r.call("briefcase.updateGlobalOrigin", { globalOrigin: [1, 2, 3] });
  await r.call("briefcase.updateProjectExtents", { projectExtents: { low: [-10, -10, -10], high: [10, 10, 10] } });
  await r.call("briefcase.updateEcefLocation", { ecefLocation: { origin: [1, 2, 3], orientation: { pitch: 0, roll: 0, yaw: 0 } } });
  await r.call("briefcase.deleteFileProperty", { namespace: "n", name: "n" });
  await r.call("txns.savepoint", { name: "s" });
  await r.call("txns.rollbackTo", { name: "s" });
}

async function undoAll(r: Recorder): Promise<void> {
  await r.call("txns.saveChanges", { description: "more" });
  const txnId = (await r.call("txns.list") as unknown as { txnId: string }[]).at(-1)?.txnId;
  await r.call("txns.reverseTo", { txnId });
  await r.call("txns.reinstateTxn");
  await r.call("txns.cancelTo", { txnId });
  await r.call("txns.restartTxnSession");
  await r.call("session.restartTxnSession");
}

/** An iModel of which another session has left something unsaved. */
async function recover(r: Recorder, daemon: Daemon, how: "briefcase.restoreUnsaved" | "briefcase.dropUnsaved"): Promise<void> {
  const other = await daemon.connect();
  const operator = await daemon.connect();
  await other.call("briefcase.open", { imodel: "small" });
  await other.call("elements.insertElement", element("BisCore:Subject", "bis:Subject", how) as { props: object });
  await operator.call("admin.end", { session: other.session.sessionId });
  await other.ended;
  await operator.close();
  await r.call("briefcase.open", { imodel: "small" });
  await r.call(how);
  await r.call("briefcase.close", { unsaved: "abandon" });
}

async function query(r: Recorder): Promise<void> {
  const ecsql = "SELECT ECInstanceId FROM bis.Element";
  const page = async (): Promise<string> => (await r.call("query.ecsql", { ecsql, quota: { rows: 2 } }) as unknown as { cursor: string }).cursor;
  await r.call("query.next", { cursor: await page() });
  await r.call("query.close", { cursor: await page() });
  await r.call("query.explain", { ecsql });
  await r.call("schema.getEnumeration", { enumeration: "BisCore:AutoHandledPropertyStatementType" });
}

async function operate(r: Recorder, client: Client): Promise<void> {
  await r.call("admin.sessions");
  await r.call("admin.counters");
  await r.call("admin.message", { session: client.session.sessionId, text: "hello" });
  await r.call("admin.reload");
  await r.call("admin.logLevel", { level: "warn" });
  await r.call("session.ack", { received: 0 });
  await r.call("session.cancel", { id: 999_999 });
  await r.call("txns.abandonChanges");
  await r.call("briefcase.close");
}

async function end(r: Recorder, daemon: Daemon): Promise<void> {
  await r.call("briefcase.open", { imodel: "made" });
  await r.call("elements.insertElement", element("BisCore:Subject", "bis:Subject", "undone"));
  await r.call("txns.saveChanges");
  await r.call("txns.reverseAll");
  await r.call("briefcase.close");
  const { briefcase } = await r.call("briefcase.checkout", { imodel: "small" }) as unknown as { briefcase: string };
  await r.call("briefcase.delete", { briefcase });
  const [other, operator] = [await daemon.connect(), await daemon.connect()];
  await r.call("admin.end", { session: other.session.sessionId });
  await r.call("session.renewToken", { token: daemon.token(30) });
  await r.told("session.onTokenExpiring");
  r.addResult("session.close", await operator.call("session.close"));
  await r.call("admin.drain", { seconds: 30 });
  await r.told("session.onDrain");
}

test("what the server answers fits the types", async (t) => {
  const daemon = await Daemon.start(["small"]);
  t.after(async () => daemon.remove());
  const client = await daemon.connect();
  t.after(() => client.abandon());
  const recorder = new Recorder(client);
  recorder.addResult("session.hello", client.session);
  await look(recorder);
  await query(recorder);
  await edit(recorder);
  await editMore(recorder);
  await undoAll(recorder);
  await operate(recorder, client);
  await recover(recorder, daemon, "briefcase.restoreUnsaved");
  await recover(recorder, daemon, "briefcase.dropUnsaved");
  const { methods } = await client.call("host.describe");
  await end(recorder, daemon);
  assert.deepEqual(NOTIFICATIONS.filter((name) => !recorder.seen.has(name)), []);
  assert.deepEqual((methods as readonly { name: string }[]).map(({ name }) => name).filter((name) => !recorder.seen.has(name)), []);

  const dir = mkdtempSync(join(tmpdir(), "weh-types-"));
  const types = join(import.meta.dirname, "..", "src", "api.js");
  const file = join(dir, "answers.ts");
  writeFileSync(file, [`import type { Methods, Notifications } from ${JSON.stringify(types)};`, ...recorder.lines].join("\n"));
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", file], { encoding: "utf8" });
  const wrong = stdout.replace(/answers\.ts\((\d+),\d+\)/g, (_, line: string) => (recorder.lines[Number(line) - 2] ?? "").slice(0, 90));
  rmSync(dir, { recursive: true });
  assert.equal(wrong, "");
});
