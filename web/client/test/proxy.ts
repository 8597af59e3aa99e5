// A TCP proxy that cuts connections where it is told to: between any two bytes, in either direction, without a word to either end.
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

export class Proxy {
  public cuts = 0;
  private readonly _server: Server;
  private readonly _pairs = new Set<readonly [Socket, Socket]>();

  /** @allowance tells how many bytes a new connection may carry both ways until it is cut; nothing: as many as it likes. */
  private constructor(targetPort: number, private readonly _allowance: () => number | undefined) {
    this._server = createServer((client) => {
      const pair = [client, connect(targetPort, "127.0.0.1")] as const;
      let left = this._allowance() ?? Infinity;
      this._pairs.add(pair);
      for (const [from, to] of [pair, [pair[1], pair[0]]] as const) {
        from.on("data", (bytes) => {
          to.write(bytes.subarray(0, left));
          left -= bytes.length;
          if (left <= 0) this.cut(pair);
        });
        from.on("error", () => this.drop(pair));
        from.on("close", () => this.drop(pair));
      }
    });
  }

  public static async start(targetPort: number, allowance: () => number | undefined = () => undefined): Promise<Proxy> {
    const proxy = new Proxy(targetPort, allowance);
    await new Promise<void>((done) => { proxy._server.listen(0, "127.0.0.1", done); });
    return proxy;
  }

  public get port(): number {
    return (this._server.address() as AddressInfo).port;
  }

  public cutAll(): void {
    for (const pair of this._pairs) this.cut(pair);
  }

  public async stop(): Promise<void> {
    this.cutAll();
    await new Promise((done) => { this._server.close(done); });
  }

  private cut(pair: readonly [Socket, Socket]): void {
    if (!this._pairs.has(pair)) return;
    this.cuts += 1;
    this.drop(pair);
  }

  private drop(pair: readonly [Socket, Socket]): void {
    this._pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }
}
