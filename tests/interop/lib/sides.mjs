// The same edit script on two sides: the official backend on an open iModel, and a session of our server.
// Both take the ops of ops.mjs and answer {result} or {number, name} of the error.
import { Client, MINUS_ZERO } from "./client.mjs";
import { apply, remember, resolve } from "./ops.mjs";

const METHODS = {
  insertElement: (o) => ["elements.insertElement", { props: o.props }],
  updateElement: (o) => ["elements.updateElement", { props: o.props }],
  deleteElement: (o) => ["elements.deleteElement", o.ids !== undefined ? { ids: o.ids } : { id: o.id }],
  deleteElementTree: (o) => ["elements.deleteElementTree", { id: o.id }],
  deleteDefinitionElements: (o) => ["elements.deleteDefinitionElements", { ids: o.ids }],
  queryChildren: (o) => ["elements.queryChildren", { id: o.id }],
  insertAspect: (o) => ["elements.insertAspect", { props: o.props }],
  updateAspect: (o) => ["elements.updateAspect", { props: o.props }],
  deleteAspect: (o) => ["elements.deleteAspect", { id: o.id }],
  insertModel: (o) => ["models.insertModel", { props: o.props }],
  updateModel: (o) => ["models.updateModel", { props: o.props }],
  queryExtents: (o) => ["models.queryExtents", { ids: o.ids }],
  deleteModel: (o) => ["models.deleteModel", { id: o.id }],
  insertRelationship: (o) => ["relationships.insertInstance", { props: o.props }],
  updateRelationship: (o) => ["relationships.updateInstance", { props: o.props }],
  deleteRelationship: (o) => ["relationships.deleteInstance", { props: o.props }],
  insertCodeSpec: (o) => ["codeSpecs.insert", { name: o.name, properties: o.properties }],
  readElement: (o) => ["elements.getElementProps", { id: o.id, ...(o.wantGeometry ? { wantGeometry: true } : {}) }],
  readModel: (o) => ["models.getModelProps", { id: o.id }],
  readAspects: (o) => ["elements.getAspects", { id: o.id }],
  getElementProps: (o) => ["elements.getElementProps", o.props ?? { id: o.id }],
  getModelProps: (o) => ["models.getModelProps", { id: o.id }],
  saveFileProperty: (o) => ["briefcase.saveFileProperty", { ...o.prop, string: o.string, blob: o.blob }],
  deleteFileProperty: (o) => ["briefcase.deleteFileProperty", o.prop],
  queryFileProperty: (o) => ["briefcase.queryFileProperty", o.prop],
  updateProjectExtents: (o) => ["briefcase.updateProjectExtents", { projectExtents: o.projectExtents }],
  updateGlobalOrigin: (o) => ["briefcase.updateGlobalOrigin", { globalOrigin: o.globalOrigin }],
  updateEcefLocation: (o) => ["briefcase.updateEcefLocation", { ecefLocation: o.ecefLocation }],
  save: (o) => ["txns.saveChanges", o.description === undefined ? {} : { description: o.description }],
  abandon: () => ["txns.abandonChanges", {}],
  undo: (o) => ["txns.reverseTxns", { count: o.count ?? 1 }],
  redo: () => ["txns.reinstateTxn", {}],
  begin: () => ["txns.beginMultiTxnOperation", {}],
  end: () => ["txns.endMultiTxnOperation", {}],
};

/** Binary values in the form of the encoding, and -0 (which JSON cannot send). */
function forWire(value, encoding) {
  if (Object.is(value, -0) && encoding === "msgpack") return MINUS_ZERO;
  if (value instanceof Uint8Array) {
    return encoding === "json" ? `encoding=base64;${Buffer.from(value).toString("base64")}` : value;
  }
  if (Array.isArray(value)) return value.map((v) => forWire(v, encoding));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, forWire(v, encoding)]));
}

/** The method and parameters of our protocol for a resolved op. */
export function requestOf(op, encoding) {
  const [method, params] = METHODS[op.op](op);
  return [method, forWire(params, encoding)];
}

/** The method that answers @name, or undefined if no method does. */
export function methodOf(name) {
  return METHODS[name]?.({})[0];
}

/** Times in the file are in milliseconds; two edits within one would look like one. */
export function nextMillisecond() {
  const now = Date.now();
  while (Date.now() <= now + 1);
}

export class OfficialSide {
  constructor(db) {
    this.db = db;
    this.results = {};
  }

  async run(op) {
    nextMillisecond();
    try {
      const result = await apply(this.db, resolve(op, this.results));
      // The transaction manager answers undo and redo with a status.
      const status = (op.op === "undo" || op.op === "redo") && result !== 0 ? result : undefined;
      remember(this.results, op, result);
      return status === undefined ? { result } : { number: status };
    } catch (e) {
      remember(this.results, op, undefined);
      return { number: e.errorNumber, name: e.message };
    }
  }
}

export class OurSide {
  /** A session without a briefcase. @ready the ready line. */
  static async connect(ready, encoding) {
    const side = new OurSide();
    side.client = await Client.connect(ready, encoding);
    side.encoding = encoding;
    side.results = {};
    return side;
  }

  /** @options of briefcase.open. */
  static async open(ready, encoding, imodel, mode = "readwrite", keepHistory = false, options = {}) {
    const side = await OurSide.connect(ready, encoding);
    side.opened = await side.client.call("briefcase.open", { imodel, mode, ...options });
    // Undo of the official backend ends where the file was opened.
    if (mode === "readwrite" && !keepHistory) await side.client.call("txns.restartTxnSession");
    return side;
  }

  call(method, params) {
    return this.client.call(method, params);
  }

  async run(op) {
    nextMillisecond();
    try {
      const [method, params] = METHODS[op.op](resolve(op, this.results));
      const result = await this.client.call(method, forWire(params, this.encoding));
      remember(this.results, op, op.op.startsWith("insert") ? result.id : result);
      return { result };
    } catch (e) {
      if (e.data === undefined) throw e;
      remember(this.results, op, undefined);
      return { number: e.iTwin, name: `${e.errorName}: ${e.message}` };
    }
  }

  /** Close the briefcase and the session, so that another process may have the file. */
  async close() {
    await this.client.call("briefcase.close");
    await this.client.close();
  }
}

/** All of @script, where a failure is an error. */
export async function runScript(side, script) {
  for (const op of script) {
    const answer = await side.run(op);
    if ("number" in answer) throw new Error(`${op.op} ${op.as ?? ""}: ${answer.number} ${answer.name}`);
  }
}
