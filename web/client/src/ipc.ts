// The socket that iTwin.js frontends speak over (IpcSocketFrontend of @itwin/core-common), over a session that outlives its
// connections: IpcApp over it loses no call when the network does.
import type { IpcListener, IpcSocketFrontend, RemoveFunction } from "@itwin/core-common";
import { Client } from "./client.js";
import type { ClientOptions } from "./options.js";

interface Push {
  readonly channel: string;
  readonly args: readonly unknown[];
}

/** What JSON.stringify would make of @value, which is what the stock socket sends, but with binary values as they are. */
function plain(value: unknown, key = ""): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return plain((toJSON as (key: string) => unknown).call(value, key));
  if (Array.isArray(value)) return value.map((item, i) => plain(item, String(i)) ?? null);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member, name)]));
}

export class IpcSocket implements IpcSocketFrontend {
  private readonly _listeners = new Map<string, Set<IpcListener>>();

  private constructor(
    /** Its state and end; the methods of its types are those of another endpoint. */
    public readonly client: Client,
  ) {
    client.listen("ipc.push", (push: Push) => this.push(push));
  }

  /** @options.url is the ready line's ipcUrl. */
  public static async connect(options: ClientOptions, { signal }: { signal?: AbortSignal } = {}): Promise<IpcSocket> {
    return new IpcSocket(await Client.connect(options, { signal }));
  }

  public send(channel: string, ...data: unknown[]): void {
    this.client.notify("ipc.send", { channel, args: plain(data) });
  }

  /** Resolves with {result} or {error}, as iTwin.js wants it. Rejects when the session has ended. */
  public async invoke(channel: string, ...args: unknown[]): Promise<unknown> {
    const [method, ...rest] = args;
    return this.client.request("ipc.invoke", { channel, method, args: plain(rest) });
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
  public async close(): Promise<void> {
    await this.client.close();
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
