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

const NOTIFICATIONS: readonly NotificationName[] = [
  "session.onMessage", "txns.onAfterUndoRedo", "txns.onBeforeUndoRedo", "txns.onChangesApplied", "txns.onCommit", "txns.onCommitted",
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

  public constructor(private readonly _client: Client) {
    for (const name of NOTIFICATIONS) _client.on(name, (params: unknown) => this.add("Notifications", name, "", params));
  }

  /** Any method with any params: what is wrong with them the server says. */
  public async call(method: MethodName, params: object = {}): Promise<Record<string, never>> {
    const call = this._client.call.bind(this._client) as (m: string, p: object) => Promise<Record<string, never>>;
    const result = await call(method, params);
    this.add("Methods", method, `["result"]`, result);
    return result;
  }

  private add(table: string, name: string, member: string, value: unknown): void {
    this.seen.add(name);
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

test("what the server answers fits the types", async (t) => {
  const daemon = await Daemon.start(["small"]);
  t.after(async () => daemon.remove());
  const client = await daemon.connect();
  const recorder = new Recorder(client);
  await look(recorder);
  await edit(recorder);
  await operate(recorder, client);
  await client.close();
  assert.deepEqual(NOTIFICATIONS.filter((name) => !recorder.seen.has(name)), []);

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
