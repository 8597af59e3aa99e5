// Starts and ends the real server on a folder of its own; WEH_DAEMON says where it is, WEH_TOP where the repository is.
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { Client, type ClientOptions } from "../src/index.js";

export interface Ready {
  readonly sessionUrl: string;
  readonly ipcUrl: string;
  readonly token: string;
}

export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} must be set`);
  return value;
}

export class Daemon {
  public readonly dir = mkdtempSync(join(tmpdir(), "weh-client-"));
  private _ready: Ready | undefined;
  private _process: ChildProcess | undefined;
  private readonly _log: string[] = [];

  private constructor(private readonly _settings: readonly string[]) {
    mkdirSync(join(this.dir, "imodels"));
  }

  public get ready(): Ready {
    if (this._ready === undefined) throw new Error("the daemon is not ready");
    return this._ready;
  }

  /** With the iModels @names, copies of small.bim. @settings are KEY=VALUE. */
  public static async start(names: readonly string[], settings: readonly string[] = []): Promise<Daemon> {
    const daemon = new Daemon(settings);
    for (const name of names) {
      copyFileSync(join(variable("WEH_TOP"), "tests", "data", "small.bim"), join(daemon.dir, "imodels", `${name}.bim`));
    }
    await daemon.run();
    return daemon;
  }

  /** Start it; also anew, after stop(), at the same port. */
  public async run(): Promise<void> {
    const port = this._ready === undefined ? "0" : new URL(this._ready.sessionUrl).port;
    const settings = [`listen.port=${port}`, `data.dir=${this.dir}`, "log.level=warn", ...this._settings];
    const child = spawn(variable("WEH_DAEMON"), settings.flatMap((s) => ["--set", s]), { stdio: ["ignore", "pipe", "pipe"] });
    this._process = child;
    createInterface({ input: child.stderr }).on("line", (line) => this._log.push(line));
    this._ready = await new Promise((done, fail) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const told = JSON.parse(line) as Ready & { event: string };
        if (told.event === "ready") done(told);
      });
      child.once("exit", (code) => fail(new Error(`the daemon ended before it was ready: ${code}\n${this._log.join("\n")}`)));
    });
  }

  /** Like the one of the ready line, but good for @seconds, signed with the server's own key. */
  public token(seconds: number): string {
    const [head, claims = ""] = this.ready.token.split(".");
    const changed = { ...JSON.parse(Buffer.from(claims, "base64url").toString()) as object, exp: Math.floor(Date.now() / 1000) + seconds };
    const text = `${head ?? ""}.${Buffer.from(JSON.stringify(changed)).toString("base64url")}`;
    return `${text}.${createHmac("sha256", readFileSync(join(this.dir, "auth.key"))).update(text).digest("base64url")}`;
  }

  /** Its exit status: 0 if all was well, which the sanitizers say too. */
  public async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
    const child = this._process;
    this._process = undefined;
    if (child === undefined) return 0;
    if (child.exitCode !== null) return child.exitCode;
    const exit = new Promise<number | null>((done) => { child.once("exit", done); });
    child.kill(signal);
    return exit;
  }

  /** Stop it and remove its folder; throws when it did not end well. */
  public async remove(): Promise<void> {
    const status = await this.stop();
    rmSync(this.dir, { recursive: true });
    if (status !== 0) throw new Error(`the daemon's exit status is ${status}\n${this._log.join("\n")}`);
  }

  public async connect(options: Partial<ClientOptions> = {}): Promise<Client> {
    return Client.connect({
      url: this.ready.sessionUrl,
      credentials: { token: this.ready.token },
      WebSocket: WebSocket,
      ...options,
    });
  }
}
