// The two servers that a stock frontend can be pointed at: ours and the official backend. Both are started and ended the same
// way, and both tell how a file is named to them: a path for the official backend, a name for ours.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Daemon, daemonPath } from "../daemon.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const OFFICIAL = join(here, "..", "official-ipc.mjs");
const DATA = join(here, "..", "..", "..", "data");

/** The official backend takes no settings, only an end of its standard input or SIGTERM. */
class Official extends Daemon {
  stdin = "pipe";

  arguments() {
    return [];
  }
}

class Server {
  #names = 0;

  constructor(kind, daemon) {
    this.kind = kind;
    this.daemon = daemon;
  }

  async start() {
    this.ready = await this.daemon.start();
    this.url = this.ready.ipcUrl;
    return this;
  }

  /** A fresh copy of tests/data/@data.bim; what the frontend calls it. */
  place(data, name = `${data}-${this.#names += 1}`) {
    const file = this.daemon.file(name);
    copyFileSync(join(DATA, `${data}.bim`), file);
    return this.nameOf(name);
  }

  /** What the frontend calls a file of that name, there or not. */
  nameOf(name) {
    return this.kind === "official" ? this.daemon.file(name) : name;
  }

  /** What a new page connects to: with a ticket of its own where the server wants one, for the user of @token. */
  async pageUrl(token = this.ready.token) {
    if (token === undefined) return this.url;
    const reply = await fetch(new URL("/v1/tickets", this.ready.httpUrl), {
      method: "POST", headers: { Authorization: `Bearer ${token}` },
    });
    if (!reply.ok) throw new Error(`no ticket: ${reply.status} ${await reply.text()}`);
    return `${this.url}?ticket=${(await reply.json()).ticket}`;
  }

  async stop() {
    const end = await this.daemon.stop();
    rmSync(this.daemon.dir, { recursive: true, force: true });
    return end;
  }
}

/** @which: "official", or the path of our daemon. @settings are for ours. */
export async function startServer(which, settings = []) {
  const dir = mkdtempSync(join(tmpdir(), "weh-interop-ipc-"));
  mkdirSync(join(dir, "imodels"), { recursive: true });
  const server = which === "official"
    ? new Server("official", new Official(OFFICIAL, dir))
    : new Server("ours", new Daemon(daemonPath(which), dir, settings));
  return server.start();
}
