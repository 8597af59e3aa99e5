// A way to a server that can be cut: what comes in on a port of its own goes there and back.
import { connect, createServer } from "node:net";

export class Cable {
  #sockets = new Set();

  async start(port) {
    this.server = createServer((socket) => {
      const other = connect(port, "127.0.0.1");
      for (const [from, to] of [[socket, other], [other, socket]]) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on("error", () => to.destroy()).on("close", () => { this.#sockets.delete(from); to.destroy(); });
      }
    });
    await new Promise((done) => { this.server.listen(0, "127.0.0.1", done); });
    return this;
  }

  /** @url by this way. */
  lead(url) {
    const led = new URL(url);
    led.port = this.server.address().port;
    return led.href;
  }

  /** All connections end, as when a network fails: neither side says goodbye. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop() {
    this.cut();
    this.server.close();
  }
}
