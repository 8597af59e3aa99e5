// The worker process of run.mjs: one server, one official backend, one test after another, told by messages.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyIModel, copyToScratch, scratchDir, start, stop } from "./host.mjs";
import { Daemon } from "./daemon.mjs";
import { Report, ok } from "./tap.mjs";
import { tests as beside } from "../cases/beside.mjs";
import { tests as edits } from "../cases/edits.mjs";
import { tests as files } from "../cases/files.mjs";
import { tests as geometry } from "../cases/geometry.mjs";
import { tests as history } from "../cases/history.mjs";
import { tests as links } from "../cases/links.mjs";
import { tests as models } from "../cases/models.mjs";
import { tests as pushed } from "../cases/pushed.mjs";
import { tests as schemas } from "../cases/schema.mjs";
import { tests as summaries } from "../cases/summary.mjs";
import { tests as turns } from "../cases/turns.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** What a test gets: the server, and where its files are. */
class Context {
  #names = 0;

  /** @rounds: how many seeds the tests with random scripts take. */
  constructor(daemon, rounds) {
    this.daemon = daemon;
    this.ready = daemon.ready;
    this.rounds = rounds;
  }

  data(name) {
    return join(here, "..", "..", "data", `${name}.bim`);
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

  /** Where a briefcase of the server lies. */
  briefcaseFile(briefcase) {
    return this.daemon.file(briefcase, "briefcases");
  }

  /** A copy of what the server has under that name. */
  take(imodel) {
    return copyToScratch(this.file(imodel));
  }

  scratchCopy(file) {
    return copyToScratch(file, basename(file));
  }

  /** A server of the test's own, which it starts and ends. */
  newDaemon(...settings) {
    return new Daemon(this.daemon.program, mkdtempSync(join(scratchDir(), "server-")), settings);
  }

  folder() {
    return mkdtempSync(join(scratchDir(), "made-"));
  }
}

/** The tests of this run, always in the same order. Without --full each is there in one encoding. */
function chosen(values) {
  // The reference has not the last: it would compare the official backend with itself.
  const last = values.reference ? [] : [...models, ...schemas, ...history, ...summaries, ...turns, ...pushed, ...beside];
  return [...edits, ...links, ...files, ...geometry, ...last]
    .filter((t) => (values.full || t.repetition !== true) && (values.only === undefined || t.name.includes(values.only)));
}

/** Run the tests that the parent process names by number, until it ends it; @values are the options of run.mjs. */
export async function work(program, values) {
  const dir = mkdtempSync(join(tmpdir(), "weh-interop-data-"));
  const daemon = new Daemon(program, dir);
  const report = new Report((outcome) => process.send(outcome));
  const tests = chosen(values);
  await start();
  try {
    await daemon.start();
    const ctx = new Context(daemon, Number(values.rounds));
    process.send({ names: tests.map((t) => t.name) });
    for await (const number of numbers()) await report.test(tests[number].name, () => tests[number].run(ctx));
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
  process.disconnect();
}

/** What the parent process sends, until it sends the end. */
async function* numbers() {
  const waiting = [];
  let wake = () => {};
  process.on("message", (m) => { waiting.push(m); wake(); });
  for (;;) {
    while (waiting.length === 0) await new Promise((done) => { wake = done; });
    const { number } = waiting.shift();
    if (number === undefined) return;
    yield number;
  }
}
