#!/usr/bin/env node
// The interop test: our server and the official backend on the same files. See README.md.
// usage: node run.mjs [--only TEXT] [--rounds N] [--keep] [--reference] [DAEMON]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { copyIModel, copyToScratch, scratchDir, start, stop } from "./lib/host.mjs";
import { Daemon, daemonPath } from "./lib/daemon.mjs";
import { Report, ok } from "./lib/tap.mjs";
import { tests as edits } from "./cases/edits.mjs";
import { tests as files } from "./cases/files.mjs";
import { tests as geometry } from "./cases/geometry.mjs";
import { tests as history } from "./cases/history.mjs";
import { tests as links } from "./cases/links.mjs";
import { tests as models } from "./cases/models.mjs";
import { tests as schemas } from "./cases/schema.mjs";
import { tests as summaries } from "./cases/summary.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    only: { type: "string" }, rounds: { type: "string" }, keep: { type: "boolean" }, reference: { type: "boolean" },
  },
  allowPositionals: true,
});

/** What a test gets: the server, and where its files are. */
class Context {
  #names = 0;

  constructor(daemon) {
    this.daemon = daemon;
    this.ready = daemon.ready;
    /** How many seeds the tests with random scripts take. */
    this.rounds = Number(values.rounds ?? 1);
  }

  data(name) {
    return join(here, "..", "data", `${name}.bim`);
  }

  newName() {
    this.#names += 1;
    return `t${this.#names}`;
  }

  /** Copy @file to where the server finds it; tells its name there. */
  place(file) {
    const imodel = this.newName();
    copyIModel(file, this.file(imodel));
    return imodel;
  }

  file(imodel) {
    return this.daemon.file(imodel);
  }

  /** A copy of what the server has under that name. */
  take(imodel) {
    return copyToScratch(this.file(imodel));
  }

  scratchCopy(file) {
    return copyToScratch(file, basename(file));
  }

  folder() {
    return mkdtempSync(join(scratchDir(), "made-"));
  }
}

const program = values.reference ? join(here, "lib", "reference.mjs") : daemonPath(positionals[0]);
const dir = mkdtempSync(join(tmpdir(), "weh-interop-data-"));
const daemon = new Daemon(program, dir);
const report = new Report();
await start();
try {
  await daemon.start();
  const ctx = new Context(daemon);
  // The reference has not the last: it would compare the official backend with itself.
  const last = values.reference ? [] : [...models, ...schemas, ...history, ...summaries];
  for (const test of [...edits, ...links, ...files, ...geometry, ...last]) {
    if (values.only === undefined || test.name.includes(values.only)) await report.test(test.name, () => test.run(ctx));
  }
  await report.test("the server ends cleanly on SIGTERM", async () => {
    const { code, signal } = await daemon.stop();
    ok(code === 0, `exit ${code ?? signal}\n${daemon.log.join("\n")}`);
  });
} catch (e) {
  await report.test("start", () => { throw e; });
} finally {
  if (daemon.process !== undefined && daemon.process.exitCode === null && daemon.process.signalCode === null) await daemon.kill();
  await stop();
  if (values.keep) console.log(`# files kept in ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
process.exitCode = report.end();
