// Transactions as changed EC instances: by the official backend's ChangesetECAdaptor and PartialECChangeUnifier, and
// whether those of changes.summary are the same. The official backend tells no arrays; these are compared by their columns.
import { backend } from "./host.mjs";
import { Classes } from "./differ/classes.mjs";
import { plain } from "./tap.mjs";

const { ChangesetECAdaptor, PartialECChangeUnifier, SqliteChangesetReader } = backend;
const TYPE = { binary: 0x101, boolean: 0x201, date: 0x301, double: 0x401, int: 0x501, long: 0x601 };
const JULIAN_UNIX = 2440587.5;
const MS_PER_DAY = 86400000;

const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);
const keyOf = (id, cls) => `${id} ${cls}`;

/** The changes of one transaction of an open iModel. */
export function instancesOfTxn(db, txnId) {
  return instancesOf(db, SqliteChangesetReader.openTxn({ txnId, db, disableSchemaCheck: true }));
}

/** All transactions of an open iModel as one. The official backend counts reversed ones too. */
export function instancesOfAll(db) {
  return instancesOf(db, SqliteChangesetReader.openLocalChanges({ db, disableSchemaCheck: true }));
}

/** Changeset files as one, read with the schema of an open iModel. */
export function instancesOfFiles(db, changesetFiles) {
  return instancesOf(db, SqliteChangesetReader.openGroup({ changesetFiles, db, disableSchemaCheck: true }));
}

/** What the unifier tells, and under "$indirect" whether all rows of the instance are indirect. Closes @reader. */
function instancesOf(db, reader) {
  const adaptor = new ChangesetECAdaptor(reader);
  const unifier = new PartialECChangeUnifier(db);
  const indirect = new Map();
  const arrays = new Map();
  const key = (part) => unifier.buildKey(part).replace(/-(old|new)$/, "");
  try {
    while (adaptor.step()) {
      unifier.appendFrom(adaptor);
      const at = key(adaptor.inserted ?? adaptor.deleted);
      indirect.set(at, (indirect.get(at) ?? true) && reader.isIndirect);
      noteColumns(arrays, at, reader);
    }
    return [...unifier.instances].map((i) => ({ ...i, $indirect: indirect.get(key(i)), $columns: arrays.get(key(i)) }));
  } finally {
    adaptor.close();
  }
}

/** Texts of columns, in which arrays are. */
function noteColumns(all, at, reader) {
  const columns = all.get(at) ?? { Old: {}, New: {} };
  for (const stage of ["Old", "New"]) {
    for (const [column, value] of Object.entries(reader.getChangeValuesObject(stage) ?? {})) {
      if (typeof value === "string" && value.startsWith("[")) columns[stage][`${reader.tableName}.${column}`] = value;
    }
  }
  all.set(at, columns);
}

/** Values of the official adaptor in the form of changes.summary. */
class Forms {
  constructor(db) {
    this.classes = new Classes(db);
  }

  property(cls, name) {
    return this.classes.properties(cls).find((p) => p.name === lowerFirst(name));
  }

  #whole(value) {
    return typeof value === "string" ? Number(BigInt.asIntN(64, BigInt(value))) : value;
  }

  #date(value) {
    if (typeof value === "number") return { $date: (value - JULIAN_UNIX) * MS_PER_DAY };
    return { $date: Date.parse(value) };
  }

  #related(value) {
    if (typeof value.Id !== "string") return undefined;
    const rel = value.RelECClassId && this.classes.byId(Number(value.RelECClassId));
    return { id: value.Id, ...(rel ? { relClassName: rel.name.replace(":", ".") } : {}) };
  }

  #members(property, value) {
    const out = {};
    for (const [name, member] of Object.entries(value)) {
      const inner = property?.members?.find((p) => p.name === lowerFirst(name));
      const turned = this.value(inner, member);
      if (turned !== undefined) out[lowerFirst(name)] = turned;
    }
    return Object.keys(out).length > 0 ? out : undefined;
  }

  value(property, value) {
    if (value === null || value === undefined) return undefined;
    if (property?.kind === "navigation") return this.#related(value);
    if (value instanceof Uint8Array) return property?.extended === "BeGuid" ? ChangesetECAdaptor.convertBinaryToGuid(value) : plain(value);
    if (typeof value === "object") return this.#members(property, value);
    switch (property?.primitive) {
      case TYPE.boolean: return this.#whole(value) !== 0;
      case TYPE.date: return this.#date(value);
      case TYPE.double: return this.#whole(value);
      case TYPE.int: return this.#whole(value);
      case TYPE.long: return property.extended === "Id" ? value : this.#whole(value);
      default: return value;
    }
  }
}

/** The official @instances by id and class: {op, indirect, fallback, properties: {NAME: {old, new}}, columns}. */
function expectedChanges(forms, instances) {
  const out = new Map();
  for (const { ECInstanceId: id, ECClassId, $meta: meta, $indirect: indirect, $columns: columns, ...values } of instances) {
    // A row of something that is gone, in a table that the class taken for it has no key in: only other rows tell which.
    if (id === "" && meta.fallbackClassId !== undefined) continue;
    const key = keyOf(id, meta.classFullName);
    const change = out.get(key) ?? { id, cls: meta.classFullName, op: meta.op, indirect, columns, properties: {}, fallback: meta.fallbackClassId !== undefined };
    for (const [name, value] of Object.entries(values)) {
      const turned = forms.value(forms.property(change.cls, name), value);
      if (turned === undefined) continue;
      change.properties[name] ??= {};
      change.properties[name][meta.stage.toLowerCase()] = turned;
    }
    out.set(key, change);
  }
  return out;
}

/** The texts of a date of ours by its component; the backend cuts to the millisecond and we round. */
function sameDate(text, ms) {
  if (typeof text !== "string") return false;
  const day = (at) => new Date(at).toISOString().replace(/T.*/, "");
  if (/^\d+-\d\d-\d\d$/.test(text)) return text === day(ms) || text === day(ms + 1);
  if (/^\d\d:/.test(text)) return Math.abs(Date.parse(`1970-01-01T${text}Z`) - (((ms % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY)) <= 1;
  return Math.abs(Date.parse(text.endsWith("Z") ? text : `${text}Z`) - ms) <= 1;
}

function sameValue(ours, theirs) {
  if (theirs?.$date !== undefined) return sameDate(ours, theirs.$date);
  if (typeof theirs !== "object" || theirs === null) return ours === theirs || (ours === 0 && theirs === 0);
  if (typeof ours !== "object" || ours === null) return false;
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].every((n) => sameValue(ours[n], theirs[n]));
}

const shown = (v) => (JSON.stringify(v) ?? "absent").slice(0, 300);

/** Each array that we tell is as long as one in a column of the change. */
function arrayFault(ours, columns) {
  for (const stage of ["old", "new"]) {
    const value = ours[stage];
    if (value === undefined) continue;
    const texts = Object.values(columns[stage === "old" ? "Old" : "New"]);
    if (!texts.some((t) => JSON.parse(t).length === value.length)) return `${stage} ${shown(value)} is in no column`;
  }
  return undefined;
}

function compareOne(forms, ours, theirs, counts) {
  const said = `${ours.op} ${ours.indirect}`;
  if (said !== `${theirs.op} ${theirs.indirect}`) return `is ${said}, official ${theirs.op} ${theirs.indirect}`;
  for (const name of new Set([...Object.keys(ours.properties), ...Object.keys(theirs.properties)])) {
    const [a, b] = [ours.properties[name], theirs.properties[name]];
    const property = forms.property(ours.classFullName, name);
    // By the class of the table the official backend knows less of it.
    if (b === undefined && theirs.fallback) continue;
    if (b === undefined && ["array", "structArray"].includes(property?.kind)) {
      counts.arrays += 1;
      const fault = arrayFault(a, theirs.columns);
      if (fault !== undefined) return `${name}: ${fault}`;
      continue;
    }
    counts.values += 1;
    if (!sameValue(a, b)) return `${name}: ours ${shown(a)}, official ${shown(b)}`;
  }
  return undefined;
}

/** @theirs by a class of the table: the one of @left that it can be. */
function ofFallback(forms, left, theirs) {
  for (const [key, ours] of left) {
    if (ours.id === theirs.id && forms.classes.is(ours.classFullName, theirs.cls)) return key;
  }
  return undefined;
}

/**
 * Compare @changes of changes.summary with what the official backend tells of the same transactions.
 * @counts {instances, values, arrays, fallbacks} are added to. Tells what differs, or undefined.
 */
export function compareInstances(db, changes, instances, counts) {
  const forms = new Forms(db);
  const left = new Map(changes.filter((c) => c.fileProperty === undefined).map((c) => [keyOf(c.id, c.classFullName), plain(c)]));
  const seen = new Set();
  for (const [key, theirs] of expectedChanges(forms, instances)) {
    const ours = left.has(key) ? key : theirs.fallback ? ofFallback(forms, left, theirs) : undefined;
    if (ours === undefined) return `${key}: not told; official ${theirs.op} ${shown(theirs.properties)}`;
    const fault = compareOne(forms, left.get(ours), theirs, counts);
    if (fault !== undefined) return `${key}: ${fault}`;
    counts.instances += 1;
    if (theirs.fallback) counts.fallbacks += 1;
    seen.add(ours);
  }
  const [more] = [...left].filter(([key]) => !seen.has(key));
  return more === undefined ? undefined : `${more[0]}: only ours, ${shown(more[1])}`;
}
