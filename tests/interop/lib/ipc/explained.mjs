// What of a log may differ between two servers, and why. Everything else is compared as it is.
import { differencesOf } from "../tap.mjs";

const GUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** Values that are made anew in each run: named by the order of their appearance, so that equal ones stay equal. */
class Names {
  #seen = new Map();

  constructor(kind, known) {
    this.kind = kind;
    this.known = known;
  }

  of(value) {
    if (this.known(value)) return value;
    if (!this.#seen.has(value)) this.#seen.set(value, `${this.kind}#${this.#seen.size + 1}`);
    return this.#seen.get(value);
  }
}

/** Fixed in the test data, so they must be told as they are. */
const fixedGuid = (g) => /^[0-9a-f]0{7}-0000-4000-8000-/.test(g) || g === "00000000-0000-0000-0000-000000000000";

/** Of an interface each server tells the operations in an order of its own, but for this one, which pages want first. */
const FIRST_OPERATION = "getConnectionProps";
const inOneOrder = (names) => (names[0] === FIRST_OPERATION ? [FIRST_OPERATION, ...names.slice(1).sort()] : names.toSorted());

/** Times in the test data are from before this run began. */
const began = new Date().toISOString();

/**
 * The text of an error with a number or an id is each server's own: pages go by number, scope and key. So is what a query's answer says
 * of a fault. Errors without either are known by their text alone, which is compared.
 */
function withoutText(error) {
  if (error?.errorNumber === undefined && error?.iTwinErrorId === undefined) return error;
  const { response } = error;
  return {
    ...error, message: typeof error.message,
    ...(response === undefined ? {} : { response: { ...response, error: typeof response.error } }),
  };
}

/** By which name a request stands in the server's log, our server alone tells. */
function withoutActivity(error) {
  const { activityId, ...metadata } = error?.loggingMetadata ?? {};
  if (activityId === undefined) return error;
  return { ...error, loggingMetadata: Object.keys(metadata).length > 0 ? metadata : undefined };
}

/**
 * A log without what must differ: GUIDs made in the run, times of the run, what files are called (@names: by the server's name for
 * them), and texts of errors.
 */
export function normalise(log, names) {
  const guids = new Names("guid", fixedGuid);
  const text = (s) => {
    let out = s;
    for (const [given, name] of names) out = out.replaceAll(given, name);
    return out.replace(GUID, (g) => guids.of(g)).replace(TIME, (t) => (t < began ? t : "time"));
  };
  const walk = (v) => {
    if (typeof v === "string") return text(v);
    if (Array.isArray(v)) return v.map(walk);
    if (v === null || typeof v !== "object") return v;
    if (Array.isArray(v.operationNames)) return { ...v, operationNames: inOneOrder(v.operationNames) };
    // Properties of a connection have it in newer releases; older frontends leave it alone.
    if (v.iModelId !== undefined && v.briefcaseId !== undefined) return walk({ ...v, briefcaseId: undefined });
    return Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined).map(([k, x]) => [k, walk(x)]));
  };
  return log.map((entry) => {
    const out = walk({ ...entry, error: withoutText(withoutActivity(entry.error)) });
    if (out.args?.[0] === "notifyCommitted") out.args[2] = "ms";
    return out;
  });
}

const NO_HUB = "this server has no hub and says so by a number of its own (NotEnabled)";
const OTHER_SCOPE = "the number is the same; in which of iTwin.js' two scopes it is told goes by the number with us, there by who raised it";
const NEWER = "the newest version is offered, so that frontends of all 5.x releases are served";
const UNUSED_ID = "a refused insert uses no id; there some do";
const RANGE_BEFORE = "while undoing the official backend still tells the model's range from before";
const NO_IMODEL = "the official command runs into an undefined of JavaScript; ours says what is missing";

const MISSING = "an argument that is missing is told by the number of a bad one; there it is of a wrong type";

const NO_TILES = "there is no tile generator";

/** Paths of an error that is another one: by its number, by who raised it; and of an answer that is another. */
const WHO_RAISED = [/^\/error\/(kind|name)$/, /^\/error\/iTwinErrorId(\/(scope|key))?$/];
const NUMBER = [/^\/error\/(errorNumber|name|iTwinErrorId\/key)$/];
const NO_RESULT = [/^\/(error|result)$/, /^\/parts\/\d+$/];

/** What of steps differs on purpose: by scenario or recording and step, the reason and what the paths of the differences match. */
const DIFFERENT = {
  rpc_control: { describeAvailableEndpoints: [NEWER, /^\/result\/0\/1$/] },
  viewing: {
    "schema that is not there": [OTHER_SCOPE, ...WHO_RAISED], "schema by its alias": [OTHER_SCOPE, ...WHO_RAISED],
    "model range of one without": [OTHER_SCOPE, ...WHO_RAISED],
  },
  errors: { "insert with a code": [UNUSED_ID, /^\/result$/] },
  scope: { undo: [RANGE_BEFORE, /^\/events\/3\/args\/1\/0\/range\//, /^\/events\/4\/args\/0\/0\/range\//] },
  geometry: {
    'id "138"': ["an id is written with 0x here; the official backend takes digits alone, too", /^\/result$/],
    "id null": [MISSING, ...WHO_RAISED, ...NUMBER], "id undefined": [MISSING, ...WHO_RAISED, ...NUMBER], "no arguments": [MISSING, ...WHO_RAISED, ...NUMBER],
  },
  session: {
    "but cannot edit": [NO_IMODEL, /^\/error\/(errorNumber|message)$/, ...WHO_RAISED],
    "error pullChanges": [NO_HUB, ...NUMBER],
    "error open not a db": ["what is no iModel is told apart from what is no database nowhere", ...NUMBER],
  },
  transcript: {
    describeEndpoints: [NEWER, /^\/result\/0\/interfaceVersion$/],
    "view: dev tools": [NEWER, /^\/result\/(application|availableRpcs\/.*|0\/interfaceVersion|(os|process)\/.*)$/],
    "error: rpc on an unknown key": ["the official backend's answer leaves a page waiting for ever; an error ends the call", ...NO_RESULT],
    "view: tile tree": [NO_TILES, ...NO_RESULT], "view: tile content": [NO_TILES, ...NO_RESULT], "view: element graphics": [NO_TILES, ...NO_RESULT],
    "view: geometry summary, mass, containment": ["geometry is not evaluated", ...NO_RESULT, /^\/result\//],
  },
};

/** The differences of @mine and @theirs, which are not equal, at @step that have no reason: as a dozen lines of text at most. */
export function unexplained(scenario, step, mine, theirs) {
  const [, ...paths] = DIFFERENT[scenario]?.[step] ?? [];
  return differencesOf(mine, theirs, Infinity).filter(({ path }) => !paths.some((p) => p.test(path))).slice(0, 12).map(({ line }) => line);
}
