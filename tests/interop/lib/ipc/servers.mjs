// The two servers that a stock frontend can be pointed at: ours and the official backend. Both are started and ended the same
// way, and both tell how a file is named to them: a path for the official backend, a name for ours.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Daemon, daemonPath } from "../daemon.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const OFFICIAL = join(here, "..", "official-ipc.mjs");
const DATA = join(here, "..", "..", "..", "data");

/** Of iModels that have to be made or unpacked first: done once. */
const made = new Map();
const scratch = mkdtempSync(join(tmpdir(), "weh-interop-made-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** Where tests/data/@data.bim is, which may be packed, or "kinds", which has geometry of every kind. */
function fileOf(data) {
  const from = join(DATA, `${data}.bim`);
  if (existsSync(from)) return from;
  if (!made.has(data)) {
    const to = join(scratch, `${data}.bim`);
    if (data === "kinds") execFileSync(process.execPath, [join(here, "make_kinds.mjs"), to], { stdio: ["ignore", "inherit", "inherit"] });
    else writeFileSync(to, execFileSync("xz", ["-dc", `${from}.xz`], { maxBuffer: 1 << 28 }));
    made.set(data, to);
  }
  return made.get(data);
}

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

  /** A fresh copy of the iModel @data; what the frontend calls it. */
  place(data, name = `${data}-${this.#names += 1}`) {
    const file = this.daemon.file(name);
    copyFileSync(fileOf(data), file);
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

  /** The files stay. */
  end() {
    return this.daemon.stop();
  }

  remove() {
    rmSync(this.daemon.dir, { recursive: true, force: true });
  }

  async stop() {
    const end = await this.end();
    this.remove();
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
