// Stands between browser and daemon: hands everything on, counts, and can cut the network.
import { createServer, request } from "node:http";
import { connect } from "node:net";

export class Front {
  #sockets = new Set();
  #down = false;
  /** Bytes of HTTP bodies that were sent: the page's files, mostly. */
  bodyBytes = 0;

  constructor(daemonPort) {
    this.daemonPort = daemonPort;
    this.server = createServer((req, res) => this.#forward(req, res));
    this.server.on("connection", (socket) => {
      if (this.#down) socket.destroy();
    });
    this.server.on("upgrade", (req, socket, head) => this.#tunnel(req, socket, head));
  }

  async start() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this.url;
  }

  /** Cuts every connection of a session and takes no others until restore(). */
  cut() {
    this.#down = true;
    for (const s of this.#sockets) s.destroy();
    this.server.closeIdleConnections();
  }

  restore() {
    this.#down = false;
  }

  stop() {
    for (const s of this.#sockets) s.destroy();
    this.server.closeAllConnections();
    this.server.close();
  }

  #forward(req, res) {
    if (this.#down) {
      req.socket.destroy();
      return;
    }
    const { method, url, headers } = req;
    const on = request({ host: "127.0.0.1", port: this.daemonPort, method, path: url, headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.on("data", (d) => (this.bodyBytes += d.length));
      answer.pipe(res);
    });
    on.on("error", () => res.destroy());
    req.pipe(on);
  }

  #tunnel(req, socket, head) {
    if (this.#down) {
      socket.destroy();
      return;
    }
    const up = connect(this.daemonPort, "127.0.0.1", () => {
      const lines = [`${req.method} ${req.url} HTTP/1.1`];
      for (let i = 0; i < req.rawHeaders.length; i += 2) lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
      up.write(`${lines.join("\r\n")}\r\n\r\n`);
      up.write(head);
      up.pipe(socket).pipe(up);
    });
    for (const [one, other] of [
      [up, socket],
      [socket, up],
    ]) {
      this.#sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
