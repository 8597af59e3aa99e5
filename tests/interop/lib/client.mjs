// A client of our protocol in both encodings, on the ws library; no knowledge of iModels beyond names of methods.
import { WebSocket } from "ws";
import { decode, encode } from "@msgpack/msgpack";

export class RequestError extends Error {
  constructor(method, error) {
    super(`${method}: ${error.message} (${error.data?.name ?? error.code})`);
    this.code = error.code;
    this.errorName = error.data?.name;
    this.iTwin = error.data?.iTwin;
    this.data = error.data;
  }
}

/** Stands for -0, which the encoder would send as the integer 0; a double that no test uses otherwise. */
export const MINUS_ZERO = -1.2345678901234567e-307;
const MINUS_ZERO_BYTES = encode(MINUS_ZERO);
const MINUS_ZERO_ON_WIRE = Uint8Array.of(0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0);

function withMinusZero(bytes) {
  const out = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = out.indexOf(MINUS_ZERO_BYTES); at >= 0; at = out.indexOf(MINUS_ZERO_BYTES, at)) out.set(MINUS_ZERO_ON_WIRE, at);
  return out;
}

const CODECS = {
  json: {
    subprotocol: "weh.v1.json",
    pack: (id, method, params) => JSON.stringify({ jsonrpc: "2.0", id, method, params }),
    unpack(data, isBinary) {
      if (isBinary) throw new Error("binary frame on a JSON session");
      const m = JSON.parse(data.toString("utf8"));
      if (m.jsonrpc !== "2.0") throw new Error("not JSON-RPC 2.0");
      return m.method === undefined ? { id: m.id, error: m.error, result: m.result } : m;
    },
  },
  msgpack: {
    subprotocol: "weh.v1.msgpack",
    pack: (id, method, params) => withMinusZero(encode([0, id, method, params])),
    unpack(data, isBinary) {
      if (!isBinary) throw new Error("text frame on a MessagePack session");
      const m = decode(data);
      if (m[0] === 1) return { id: m[1], error: m[2] ?? undefined, result: m[3] };
      if (m[0] === 2) return { method: m[1], params: m[2] };
      throw new Error(`unexpected kind ${m[0]}`);
    },
  },
};

export const ENCODINGS = Object.keys(CODECS);

/**
 * The tests that @make(encoding) makes, in both encodings. Of each the one is marked as a repetition of the other, which only
 * long runs have; they take turns, so that both encodings are always there.
 */
export function inBothEncodings(make) {
  const [json, msgpack] = ENCODINGS.map(make);
  return json.flatMap((test, i) => {
    const pair = [test, msgpack[i]];
    pair[i % 2 === 0 ? 1 : 0].repetition = true;
    return pair;
  });
}

export class Client {
  #next = 1;
  #waiting = new Map();

  /** @ready is the ready line. */
  static async connect(ready, encoding) {
    const client = new Client();
    client.codec = CODECS[encoding];
    client.encoding = encoding;
    client.notifications = [];
    const socket = new WebSocket(ready.sessionUrl, [client.codec.subprotocol], {
      headers: { Authorization: `Bearer ${ready.token}` },
      perMessageDeflate: false,
    });
    client.socket = socket;
    client.closed = new Promise((done) => { socket.once("close", (code, reason) => done({ code, reason: `${reason}` })); });
    socket.on("message", (data, isBinary) => client.#message(data, isBinary));
    await new Promise((done, fail) => {
      socket.once("open", done);
      socket.once("error", fail);
    });
    // From here an error is told by the close that follows it.
    socket.on("error", () => {});
    client.closed.then(({ code, reason }) => client.#failAll(new Error(`closed: ${code} ${reason}`)));
    await client.call("session.hello", { client: { name: "interop", version: "1" } });
    return client;
  }

  #failAll(error) {
    for (const { fail } of this.#waiting.values()) fail(error);
    this.#waiting.clear();
  }

  #message(data, isBinary) {
    let m;
    try {
      m = this.codec.unpack(data, isBinary);
    } catch (e) {
      this.#failAll(e);
      this.socket.terminate();
      return;
    }
    if (m.method !== undefined) {
      this.notifications.push(m);
      return;
    }
    const waiter = this.#waiting.get(m.id);
    this.#waiting.delete(m.id);
    if (waiter === undefined) return;
    if (m.error !== undefined && m.error !== null) waiter.fail(new RequestError(waiter.method, m.error));
    else waiter.done(m.result);
  }

  call(method, params = {}) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("closed"));
    const id = this.#next;
    this.#next += 1;
    return new Promise((done, fail) => {
      this.#waiting.set(id, { method, done, fail });
      this.socket.send(this.codec.pack(id, method, params));
    });
  }

  /** End the session as the protocol wants it. */
  async close() {
    await this.call("session.close");
    return this.closed;
  }
}
