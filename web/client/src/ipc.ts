// The socket that iTwin.js frontends speak over (IpcSocketFrontend of @itwin/core-common), over a session that outlives its
// connections: IpcApp over it loses no call when the network does.
import type { IpcListener, IpcSocketFrontend, RemoveFunction } from "@itwin/core-common";
import { Client } from "./client.js";
import type { ClientOptions } from "./options.js";

interface Push {
  readonly channel: string;
  readonly args: readonly unknown[];
}

function isPush(params: unknown): params is Push {
  const push = params as Partial<Push> | null;
  return typeof push?.channel === "string" && Array.isArray(push.args);
}

/** Half a surrogate pair is no Unicode, and would be refused; the stock backend has U+FFFD for it. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** What JSON.stringify would make of @value, which is what the stock socket sends, but with binary values as they are. */
function plain(value: unknown, key = ""): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return plain((toJSON as (key: string) => unknown).call(value, key));
  if (Array.isArray(value)) return value.map((item, i) => plain(item, String(i)) ?? null);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [wellFormed(name), plain(member, name)]));
}

/** Other clients, one after the other, may stand behind it, so that an application can go on when a session has ended. */
export class IpcSocket implements IpcSocketFrontend {
  private readonly _listeners = new Map<string, Set<IpcListener>>();
  private _client: Client;
  private _coming: Promise<void> | undefined;

  private constructor(private readonly _options: ClientOptions, client: Client) {
    this._client = this.use(client);
  }

  /** @options.url is the ready line's ipcUrl. */
  public static async connect(options: ClientOptions, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<IpcSocket> {
    // iTwin.js takes the buffers of binary values for the values themselves.
    const all = { ...options, ownBuffers: true };
    return new IpcSocket({ ...all, resume: undefined }, await Client.connect(all, { signal }));
  }

  /** Its state and end; the methods of its types are those of another endpoint. After reconnect() it is another one. */
  public get client(): Client {
    return this._client;
  }

  /**
   * Begin another session when this one has ended, as it has when the server was started anew (notResumed). Listeners stay. Nothing is
   * open in it: the application opens its iModels again, and what was not saved comes with them.
   */
  public async reconnect({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this._client.state.name !== "ended") return;
    this._coming ??= Client.connect(this._options, { signal })
      .then((client) => { this._client = this.use(client); })
      .finally(() => { this._coming = undefined; });
    await this._coming;
  }

  /** Throws when the session has ended. */
  public send(channel: string, ...data: unknown[]): void {
    this._client.notify("ipc.send", { channel, args: plain(data) });
  }

  /** Resolves with {result} or {error}, as iTwin.js wants it. Rejects when the session has ended. */
  public async invoke(channel: string, ...args: unknown[]): Promise<unknown> {
    const [method, ...rest] = args;
    return this._client.request("ipc.invoke", { channel, method, args: plain(rest) });
  }

  public addListener(channel: string, listener: IpcListener): RemoveFunction {
    const listeners = this._listeners.get(channel) ?? new Set();
    this._listeners.set(channel, listeners.add(listener));
    return () => this.removeListener(channel, listener);
  }

  public removeListener(channel: string, listener: IpcListener): void {
    this._listeners.get(channel)?.delete(listener);
  }

  /** End the session; what is not saved is kept by the recovery journal. */
  public async close({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    // One that is just beginning is to end too.
    await this._coming?.catch(() => undefined);
    await this._client.close({ signal });
  }

  private use(client: Client): Client {
    client.listen("ipc.push", (params: unknown) => { if (isPush(params)) this.push(params); });
    return client;
  }

  private push({ channel, args }: Push): void {
    for (const listener of [...this._listeners.get(channel) ?? []]) {
      try {
        listener({} as Event, ...args);
      } catch (e) {
        // As with the client's own: the others are told all the same.
        queueMicrotask(() => { throw e; });
      }
    }
  }
}
