// A server that does what a test says: tickets, session.hello with resuming, and for all else what the test has set.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { encode as encodeWith } from "@msgpack/msgpack";
import { type WebSocket, WebSocketServer } from "ws";
import { WebSocket as NodeWebSocket } from "ws";
import { unpacked } from "../src/codec.js";
import { Client, type ClientOptions } from "../src/index.js";
import { extensions } from "../src/values.js";

/** Written as they are; else numbers would become floats. */
const hasBigint = (value: unknown): boolean => typeof value === "bigint" ||
  (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && Object.values(value).some(hasBigint));
const encode = (value: unknown): Uint8Array => encodeWith(value, { extensionCodec: extensions, useBigInt64: hasBigint(value) });
const decode = (bytes: Uint8Array): unknown => unpacked(Uint8Array.from(bytes), { exactIntegers: true });

export const LIMITS = {
  messageBytes: 100_000, messageValues: 1000, messageDepth: 32, mailboxMessages: 4, mailboxBytes: 50_000, outboxBytes: 100_000,
  lingerSeconds: 30, resumeBytes: 1_000_000,
};

export interface Request {
  readonly id: number | undefined;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

type Answer = (request: Request, server: FakeServer) => unknown;

/** Thrown by an answer: an error of the protocol. */
export class Refusal extends Error {
  public constructor(public readonly errorName: string, public readonly code = 1000, public readonly more: object = {}) {
    super(`refused: ${errorName}`);
  }
}

/** Given by an answer: there is none (yet). */
export const NO_ANSWER = Symbol("no answer");

export class FakeServer {
  /** All requests that were carried out, in order, but for session.hello. */
  public readonly requests: Request[] = [];
  public readonly hellos: Record<string, unknown>[] = [];
  public readonly tickets: string[] = [];
  /** Codes of close frames of the client. */
  public readonly closeCodes: number[] = [];
  public readonly urls: string[] = [];
  public answer: Answer = (request) => request.params;
  public hello: (params: Record<string, unknown>) => object | symbol = () => ({});
  public ticketStatus = 200;
  public ticketHeaders: Record<string, string> = {};
  /** Messages of the client are not looked at: the network has swallowed them. */
  public isDeaf = false;
  /** What is sent goes nowhere. */
  public isMute = false;
  public socket: WebSocket | undefined;
  /** That says hello just now. */
  public greeting: WebSocket | undefined;
  private readonly _http: Server;
  private readonly _sockets = new Set<WebSocket>();
  private readonly _clients = new Set<Client>();
  private _sent: Uint8Array[] = [];
  private _received = 0;

  private constructor() {
    this._http = createServer((request, response) => this.ticket(request, response));
    const server = new WebSocketServer({ server: this._http, handleProtocols: () => "weh.v1.msgpack" });
    server.on("connection", (socket, request) => this.connected(socket, request));
  }

  public static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise<void>((done) => { server._http.listen(0, "127.0.0.1", done); });
    return server;
  }

  public get url(): string {
    return `ws://127.0.0.1:${(this._http.address() as AddressInfo).port}/v1/session`;
  }

  public get received(): number {
    return this._received;
  }

  public async stop(): Promise<void> {
    for (const client of this._clients) client.abandon();
    for (const socket of this._sockets) socket.terminate();
    await new Promise((done) => { this._http.close(done); this._http.closeAllConnections(); });
  }

  public async connect(options: Partial<ClientOptions> = {}): Promise<Client> {
    const client = await Client.connect({
      url: this.url, credentials: { token: "the-token" }, WebSocket: NodeWebSocket,
      backoff: { firstMs: 10, mostMs: 40 }, ...options,
    });
    this._clients.add(client);
    return client;
  }

  /** Without a close frame. */
  public cut(): void {
    this.socket?.terminate();
  }

  public notify(method: string, params: unknown): void {
    this.send([2, method, params]);
  }

  public reply(id: number | undefined, result: unknown): void {
    this.send([1, id, null, result]);
  }

  public refuse(id: number | undefined, refusal: Refusal): void {
    this.send([1, id, { code: refusal.code, message: refusal.message, data: { name: refusal.errorName, ...refusal.more } }, null]);
  }

  /** As after a restart: a session of which nothing is known. */
  public forget(): void {
    this._sent = [];
    this._received = 0;
  }

  public send(message: unknown): void {
    const bytes = encode(message);
    this._sent.push(bytes);
    if (!this.isMute) this.socket?.send(bytes);
  }

  private ticket(request: IncomingMessage, response: ServerResponse): void {
    this.tickets.push(request.headers.authorization ?? "");
    response.writeHead(this.ticketStatus, this.ticketHeaders);
    response.end(JSON.stringify({ ticket: `t${this.tickets.length}`, expiresIn: 30 }));
  }

  private connected(socket: WebSocket, request: IncomingMessage): void {
    let hasHello = false;
    this._sockets.add(socket);
    this.urls.push(`${request.url} ${request.headers["sec-websocket-protocol"]}`);
    socket.on("close", (code) => { this.closeCodes.push(code); });
    socket.on("message", (data: Buffer) => {
      if (this.isDeaf) return;
      if (hasHello) this.message(data);
      else if (this.greet(socket, decode(data) as [number, number, string, Record<string, unknown>])) hasHello = true;
    });
  }

  private greet(socket: WebSocket, [, id, method, params]: [number, number, string, Record<string, unknown>]): boolean {
    if (method !== "session.hello") throw new Error(`${method} before session.hello`);
    this.hellos.push(params);
    this.greeting = socket;
    const more = this.hello(params);
    if (typeof more === "symbol") return false;
    if (more instanceof Refusal) {
      socket.send(encode([1, id, { code: more.code, message: more.message, data: { name: more.errorName, ...more.more } }, null]));
      return false;
    }
    const resume = params.resume as { received: number } | undefined;
    this.socket = socket;
    socket.send(encode([1, id, null, {
      sessionId: "s1", resumeToken: `r${this.hellos.length}`, user: "ann", access: "edit", server: { name: "fake", version: "1" },
      protocol: "weh.v1", limits: LIMITS, resumed: resume !== undefined, received: resume === undefined ? 0 : this._received, ...more,
    }]));
    if (resume !== undefined) for (const bytes of this._sent.slice(resume.received)) socket.send(bytes);
    return true;
  }

  private message(data: Buffer): void {
    const message = decode(data) as unknown[];
    const request = message[0] === 0
      ? { id: message[1] as number, method: message[2] as string, params: message[3] as Record<string, unknown> }
      : { id: undefined, method: message[1] as string, params: message[2] as Record<string, unknown> };
    this._received += 1;
    this.requests.push(request);
    try {
      const result = this.answer(request, this);
      if (result !== NO_ANSWER && request.id !== undefined) this.reply(request.id, result);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      this.refuse(request.id, e);
    }
  }
}
