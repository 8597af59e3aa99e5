// Sends recorded requests to a server, one after the other, and collects what comes back in the form of lib/ipc/recording.mjs.
import { WebSocket } from "ws";

const ANSWER_TIMEOUT_MS = 30000;

/** A GUID, or the key of a snapshot, which is a GUID and a changeset. */
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:?$/;

export class Player {
  #sequence = -1;
  #next = 0;
  #pushes = [];
  #waiting;
  #open;

  /** @names: [recorded, this server's] names of files; GUIDs are learned from the answers. */
  constructor(url, names) {
    this.names = new Map(names);
    this.socket = new WebSocket(url);
    this.socket.on("message", (data, isBinary) => this.#frame(data, isBinary));
    this.socket.on("close", (code) => this.#waiting?.fail(new Error(`the server closed with ${code}`)));
    this.opened = new Promise((done, fail) => { this.socket.once("open", done).once("error", fail); });
  }

  /** Send @request with what is called otherwise here in its place; tells {pushes, answer}. One that was never answered is not waited for. */
  async play(request) {
    await this.opened;
    const { message, parts, answer } = request;
    const text = this.#translate(JSON.stringify({ ...message, sequence: (this.#sequence += 1) }));
    const answered = answer === undefined ? undefined : this.#answerTo(message.request);
    this.socket.send(JSON.stringify([text, parts.length]));
    for (const part of parts) this.socket.send(Buffer.isBuffer(part) ? part : this.#likeLast(part));
    if (answered === undefined) return { pushes: [], answer: undefined };
    const got = await answered;
    this.#learn(answer.data, got.data);
    const pushes = this.#pushes;
    this.#pushes = [];
    return { pushes, answer: got };
  }

  close() {
    this.socket.close(1000);
  }

  #translate(text) {
    let out = text;
    for (const [recorded, here] of this.names) out = out.replaceAll(JSON.stringify(recorded), JSON.stringify(here));
    return out;
  }

  /** GUIDs and keys of iModels that were made anew: what stands at the same place of the same answer is the same. */
  #learn(recorded, got) {
    if (typeof recorded === "string" && typeof got === "string") {
      if (recorded !== got && GUID.test(recorded) && GUID.test(got) && !this.names.has(recorded)) this.names.set(recorded, got);
    } else if (recorded !== null && got !== null && typeof recorded === "object" && typeof got === "object") {
      for (const key of Object.keys(recorded)) this.#learn(recorded[key], got[key]);
    }
  }

  /** A recorded frame that is known by its size only was what the page had got before. */
  #likeLast({ bytes }) {
    return this.lastParts?.find((p) => p.length === bytes) ?? Buffer.alloc(bytes);
  }

  #answerTo(number) {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => this.#waiting.end(fail, new Error(`request ${number} was not answered`)), ANSWER_TIMEOUT_MS);
      const end = (how, value) => {
        clearTimeout(timer);
        this.#waiting = undefined;
        how(value);
      };
      this.#waiting = { number, end, done: (a) => end(done, a), fail: (e) => end(fail, e) };
    });
  }

  #frame(data, isBinary) {
    if (isBinary !== (this.#open !== undefined)) {
      this.#waiting?.fail(new Error(isBinary ? "a binary frame without text" : "a text frame where bytes were due"));
      return;
    }
    if (isBinary) {
      this.#open.parts.push(data);
      if (this.#open.parts.length === this.#open.due) this.#message(this.#open);
      return;
    }
    const [text, due] = JSON.parse(data.toString("utf8"));
    this.#open = { message: JSON.parse(text), due, parts: [] };
    if (due === 0) this.#message(this.#open);
  }

  #message({ message, parts }) {
    this.#open = undefined;
    if (message.sequence !== this.#next) this.#waiting?.fail(new Error(`sequence ${message.sequence} in place of ${this.#next}`));
    this.#next += 1;
    if (parts.length > 0) this.lastParts = parts;
    if (message.type === 1) this.#pushes.push(message);
    else if (message.response === this.#waiting?.number) this.#waiting.done({ ...message, parts });
  }
}
