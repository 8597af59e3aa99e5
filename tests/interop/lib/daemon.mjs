// Starts and ends our server: one process on a folder of its own, known by its ready line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

const READY_TIMEOUT_MS = 20000;
const LOG_LINES_KEPT = 200;

/** The program to test: an argument, else WEH_DAEMON. */
export function daemonPath(argument) {
  const path = argument ?? process.env.WEH_DAEMON;
  if (path === undefined) throw new Error("name the daemon: an argument or WEH_DAEMON");
  if (!existsSync(path)) throw new Error(`no such program: ${path}`);
  return resolve(path);
}

export class Daemon {
  /** What its standard input is: nothing, or a pipe for a program that ends with it. */
  stdin = "ignore";

  /** @dir is data.dir; imodels/ in it is made. @settings are further KEY=VALUE. */
  constructor(program, dir, settings = []) {
    this.program = program;
    this.dir = dir;
    this.settings = settings;
    this.log = [];
    mkdirSync(join(dir, "imodels"), { recursive: true });
  }

  /** Where an iModel (or a briefcase) of that name lies. */
  file(name, folder = "imodels") {
    return join(this.dir, folder, `${name}.bim`);
  }

  arguments() {
    const words = ["listen.port=0", `data.dir=${this.dir}`, "log.level=warn", ...this.settings];
    return words.flatMap((w) => ["--set", w]);
  }

  async start() {
    this.process = spawn(this.program, this.arguments(), { stdio: [this.stdin, "pipe", "pipe"] });
    this.exit = new Promise((done) => {
      this.process.once("error", (e) => done({ code: -1, signal: e.message }));
      this.process.once("exit", (code, signal) => done({ code, signal }));
    });
    createInterface({ input: this.process.stderr }).on("line", (line) => {
      this.log.push(line);
      if (this.log.length > LOG_LINES_KEPT) this.log.shift();
    });
    this.ready = await this.#readyLine();
    return this.ready;
  }

  #readyLine() {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no ready line in ${READY_TIMEOUT_MS} ms\n${this.log.join("\n")}`)),
        READY_TIMEOUT_MS);
      createInterface({ input: this.process.stdout }).on("line", (line) => {
        let value;
        try {
          value = JSON.parse(line);
        } catch {
          return;
        }
        if (value.event !== "ready") return;
        clearTimeout(timer);
        done(value);
      });
      this.exit.then(({ code, signal }) => {
        clearTimeout(timer);
        fail(new Error(`the daemon ended before it was ready: ${code ?? signal}\n${this.log.join("\n")}`));
      });
    });
  }

  /** SIGKILL, at once. */
  async kill() {
    this.process.kill("SIGKILL");
    return this.exit;
  }

  /** SIGTERM; tells {code, signal}. */
  async stop() {
    if (this.process === undefined) return { code: 0 };
    this.process.kill("SIGTERM");
    return this.exit;
  }
}
