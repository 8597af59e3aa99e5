// Stands before the daemon: serves the built page as the daemon would, hands everything else on, and can cut the network.
import { createReadStream, existsSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { extname, join, normalize } from "node:path";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

export class Front {
  #sockets = new Set();
  #down = false;
  /** Bytes of the page's files that were sent. */
  fileBytes = 0;

  constructor(dist, daemonPort) {
    this.dist = dist;
    this.daemonPort = daemonPort;
    this.server = createServer((req, res) => {
      if (req.url.startsWith("/v1/")) this.#forward(req, res);
      else this.#file(req, res);
    });
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

  #file(req, res) {
    const path = new URL(req.url, "http://x").pathname;
    const file = join(this.dist, normalize(path === "/" ? "/index.html" : path));
    if (!existsSync(file)) {
      res.writeHead(404).end();
      return;
    }
    const headers = {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": CSP,
    };
    res.writeHead(200, headers);
    createReadStream(file)
      .on("data", (d) => (this.fileBytes += d.length))
      .pipe(res);
  }

  #forward(req, res) {
    if (this.#down) {
      req.socket.destroy();
      return;
    }
    const { method, url, headers } = req;
    const on = request({ host: "127.0.0.1", port: this.daemonPort, method, path: url, headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
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
