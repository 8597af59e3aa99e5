// A client that speaks as a stock page does, with the stock frontend's own transport, without the rest of the page: many of them
// can be in one process.
import { createRequire } from "node:module";
import { WebSocket } from "ws";

const require = createRequire(import.meta.url);
const { IpcWebSocketMessage } = require("@itwin/core-common/lib/cjs/ipc/IpcWebSocket");
const { IpcWebSocketTransport } = require("@itwin/core-common/lib/cjs/ipc/IpcWebSocketTransport");

const INVOKE = 2;
const PUSH = 1;

class Transport extends IpcWebSocketTransport {}

export class IpcError extends Error {
  constructor(error) {
    super(error?.message ?? String(error));
    Object.assign(this, typeof error === "object" ? error : {});
  }
}

export class StockClient {
  #transport = new Transport();
  #sequence = 0;
  #requests = 0;
  #waiting = new Map();

  constructor(url) {
    this.socket = new WebSocket(url);
    this.pushes = [];
    this.strays = [];
    this.frames = 0;
    this.socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    this.closed = new Promise((done) => { this.socket.once("close", (code) => this.#end(code, done)); });
    this.opened = new Promise((done, fail) => { this.socket.once("open", done).once("error", fail); });
  }

  /** In strays: answers to no question of this page, which a page drops. onMessage(message) sees all that comes, in the order of delivery. */
  onMessage = () => {};

  invoke(channel, method, ...data) {
    const request = (this.#requests += 1);
    const answer = new Promise((done, fail) => { this.#waiting.set(request, { done, fail }); });
    this.#send({ type: INVOKE, channel: `itwin.${channel}`, method, data, request });
    return answer;
  }

  app(method, ...args) {
    return this.invoke("itwinjs-core/ipc-app", method, ...args);
  }

  edit(method, ...args) {
    return this.invoke("itwinjs-core/editor", "callMethod", method, ...args);
  }

  rpc(interfaceName, interfaceVersion, operation, ...parameters) {
    return this.invoke("itwinjs-core/rpc-over-ipc", "request", {
      definition: { interfaceName, interfaceVersion }, operation, parameters,
      context: { applicationId: "2686", applicationVersion: "1.0.0", id: `${this.#requests}`, sessionId: "", protocolVersion: "2" },
    });
  }

  /** What came since the last call, as [channel, ...data]. */
  takePushes() {
    return this.pushes.splice(0);
  }

  close() {
    this.socket.close(1000);
    return this.closed;
  }

  #send(message) {
    for (const part of this.#transport.serialize({ ...message, sequence: this.#sequence })) this.socket.send(part);
    this.#sequence += 1;
  }

  async #receive(data, isBinary) {
    this.frames += 1;
    const bytes = isBinary ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data.toString("utf8");
    const message = await this.#transport.notifyIncoming(bytes, this.socket);
    if (IpcWebSocketMessage.skip(message)) return;
    this.onMessage(message);
    if (message.type === PUSH) {
      this.pushes.push([message.channel, ...message.data]);
      return;
    }
    const waiting = this.#waiting.get(message.response);
    this.#waiting.delete(message.response);
    if (waiting === undefined) {
      this.strays.push(message);
      return;
    }
    if (message.data.error === undefined) waiting.done(message.data.result);
    else waiting.fail(new IpcError(message.data.error));
  }

  #end(code, done) {
    for (const { fail } of this.#waiting.values()) fail(new Error(`the connection ended: ${code}`));
    this.#waiting.clear();
    done(code);
  }
}
