// What a scenario did and what came of it, as a list: steps with their results or errors, and between them the pushes of the
// server in the order in which the page got them. All values are plain JSON.
import { bentley, common, frontend } from "../frontend.mjs";

const { IpcApp } = frontend;

/** In a browser as in Node.js. */
function base64({ buffer, byteOffset, byteLength }) {
  return btoa([...new Uint8Array(buffer, byteOffset, byteLength)].map((byte) => String.fromCharCode(byte)).join(""));
}

/** As the value would be written in JSON, with bytes and typed arrays kept apart by their kind. */
export function written(value) {
  if (value === undefined) return undefined;
  return JSON.parse(JSON.stringify(value, (_key, v) => {
    if (ArrayBuffer.isView(v)) return { [v.constructor.name]: base64(v) };
    if (v instanceof Set) return { Set: [...v] };
    if (v instanceof Map) return { Map: [...v] };
    return v;
  }));
}

/** Where an error was thrown, and what is told another way. */
const HIDDEN = new Set(["stack", "response", "request", "_metaData"]);

/** What a page can see of an error; not where in which source it was thrown. */
export function writtenError(e) {
  if (e === null || typeof e !== "object") return { thrown: written(e) };
  const kind = e instanceof common.BackendError ? "BackendError" : e instanceof bentley.BentleyError ? "BentleyError" : "Error";
  const own = Object.fromEntries(Object.entries(e).filter(([k]) => !HIDDEN.has(k)));
  const { stats, ...response } = e.response ?? {};
  return written({
    ...own, kind, name: e.name, message: e.message, errorNumber: e.errorNumber, iTwinErrorId: e.iTwinErrorId, loggingMetadata: e.response === undefined ? e.loggingMetadata : undefined,
    response: stats === undefined ? undefined : { ...response, stats: Object.keys(stats).sort() },
  });
}

export class Recorder {
  log = [];

  /** Do @work and write down how it ended; tells the result, and undefined after an error. */
  async step(name, work) {
    try {
      const result = await work();
      this.log.push({ step: name, result: written(result) });
      return result;
    } catch (e) {
      this.log.push({ step: name, error: writtenError(e) });
      return undefined;
    }
  }

  /** From now on write down each push on @channel; the channel of the notifications of an iModel has its key at the end. */
  watch(channel) {
    IpcApp.addListener(channel, (_event, ...args) => this.log.push({ push: channel, args: written(args) }));
  }

  /** The pushes of the iModel that is opened with @key. */
  watchIModel(key) {
    this.watch(`itwinjs-core/txns/${key}`);
    this.watch(`itwinjs-core/editing-scope/${key}`);
  }

  /** Write down an event that the frontend raises itself. */
  event(name, ...args) {
    this.log.push({ event: name, args: written(args) });
  }
}
