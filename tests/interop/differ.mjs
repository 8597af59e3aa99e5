#!/usr/bin/env node
// The differential test: seeded random edit scripts on a copy with our server and on a copy with the official backend; rows,
// transactions, refusals and what both read must be the same. See README.md.
import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { daemonPath } from "./lib/daemon.mjs";
import { serveJobs } from "./lib/differ/job.mjs";
import { Runner } from "./lib/differ/runner.mjs";
import { SPOIL_SCRIPT, spoils } from "./lib/differ/spoil.mjs";

const USAGE = `usage: node differ.mjs [OPTION]... DAEMON
  --scripts N      so many scripts (default 200)
  --steps M        of so many steps (default 100)
  --seed S         seeds S, S+1, ... (default 1)
  --seconds T      begin no script after so many seconds
  --jobs J         worker processes (default: one per core)
  --minimise T     seconds to shorten each failing script (default 20; 0: leave it)
  --failures N     stop after so many failures (default 10)
  --replay         first the scripts of seeds.json, which failed once
  --self-test      instead: damage what our side left, one way after the other; each must be noticed
  --script FILE    instead: one script, {base, script} as a failure prints it
  --keep           add the failing scripts to seeds.json
  --allow-missing  methods that the server does not offer are left out; else they are a failure`;

const here = dirname(fileURLToPath(import.meta.url));
const SEEDS = join(here, "seeds.json");
const PROGRESS_MS = 10000;
const self = fileURLToPath(import.meta.url);

function options() {
  const text = (d) => ({ type: "string", default: d });
  const flag = { type: "boolean", default: false };
  const { values, positionals } = parseArgs({
    options: {
      scripts: text("200"), steps: text("100"), seed: text("1"), seconds: text("1e9"), minimise: text("20"), failures: text("10"),
      jobs: text(`${availableParallelism()}`), replay: flag, "self-test": flag, script: { type: "string" }, keep: flag,
      "allow-missing": flag, job: flag, help: flag,
    },
    allowPositionals: true,
  });
  return { ...values, daemon: positionals[0] };
}

/** Worker processes that take jobs from one queue; one that dies is replaced, and its job has failed. */
class Pool {
  #queue = [];
  #working = new Map();

  constructor(program, size, done) {
    this.program = program;
    this.done = done;
    this.missing = undefined;
    this.logs = [];
    this.finished = new Promise((resolve) => { this.resolve = resolve; });
    this.alive = 0;
    for (let i = 0; i < size; i += 1) this.#spawn();
  }

  add(job) {
    this.#queue.push(job);
  }

  clear() {
    this.#queue = [];
  }

  #spawn() {
    const child = fork(self, ["--job", this.program], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.alive += 1;
    child.on("message", (m) => {
      if (m.ready) this.missing = m.missing;
      else if (m.ended !== undefined) this.#ended(m);
      else this.#answered(child, m);
      if (m.ended === undefined) this.#give(child);
    });
    child.once("exit", (code, signal) => {
      this.alive -= 1;
      const job = this.#working.get(child);
      this.#working.delete(child);
      if (job !== undefined) {
        this.done(job, { failure: { kind: "crash", text: `the worker process ended: ${code ?? signal}` }, steps: 0, counts: {}, classes: [], ms: 0 });
        if (this.#queue.length > 0) this.#spawn();
      }
      if (this.alive === 0) this.resolve();
    });
  }

  #ended({ ended, log }) {
    if (ended !== 0) this.done({ seed: "end" }, { failure: { kind: "end", text: `the server ended with ${ended}\n${log.join("\n")}` }, steps: 0, counts: {}, classes: [], ms: 0 });
  }

  #answered(child, m) {
    const job = this.#working.get(child);
    this.#working.delete(child);
    this.done(job, { steps: 0, counts: {}, classes: [], ms: 0, ...m });
  }

  #give(child) {
    const job = this.#queue.shift();
    if (job === undefined) return child.send({ end: true });
    this.#working.set(child, job);
    return child.send(job);
  }
}

class Tally {
  constructor(o) {
    this.o = o;
    this.began = Date.now();
    this.scripts = 0;
    this.steps = 0;
    this.counts = {};
    this.classes = {};
    this.kinds = {};
    this.failures = [];
  }

  add(job, r) {
    this.scripts += 1;
    this.steps += r.steps;
    for (const [k, n] of Object.entries(r.counts)) this.counts[k] = (this.counts[k] ?? 0) + n;
    for (const c of r.classes) this.classes[c] = (this.classes[c] ?? 0) + 1;
    for (const k of new Set(r.kinds ?? (r.failure === undefined ? [] : [r.failure.kind]))) this.kinds[k] = (this.kinds[k] ?? 0) + 1;
    if (r.failure !== undefined) this.fail(job, r);
  }

  fail(job, r) {
    const { kind, text } = r.minimised ?? r.failure;
    this.failures.push({ seed: job.seed, base: job.base, kind, text, script: r.script });
    console.log(`not ok seed ${job.seed} (${job.base}): ${kind}\n  # ${text.slice(0, 1500).replaceAll("\n", "\n  # ")}`);
    if (r.script !== undefined) console.log(`  # ${JSON.stringify({ base: job.base, seed: job.seed, why: kind, script: r.script })}`);
  }

  summary(missing) {
    const sorted = (o) => Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      scripts: this.scripts, steps: this.steps, seconds: Math.round((Date.now() - this.began) / 1000), failed: this.failures.length,
      failures: this.failures.map(({ seed, base, kind }) => ({ seed, base, kind })), kinds: sorted(this.kinds), missing,
      classes: Object.keys(this.classes).length, insertedBy: sorted(this.classes), steps_by_outcome: sorted(this.counts),
    };
  }
}

function jobsOf(o) {
  const minimiseMs = Number(o.minimise) * 1000;
  if (o.script !== undefined) return [{ minimiseMs: 0, ...JSON.parse(readFileSync(o.script, "utf8")) }];
  if (o["self-test"]) {
    return ["", ...Object.keys(spoils)].map((spoil) => ({ base: "empty", seed: 1, script: SPOIL_SCRIPT, spoil, minimiseMs: 0 }));
  }
  const jobs = o.replay ? JSON.parse(readFileSync(SEEDS, "utf8")).map((s) => ({ ...s, minimiseMs: 0 })) : [];
  for (let i = 0; i < Number(o.scripts); i += 1) {
    const seed = Number(o.seed) + i;
    jobs.push({ seed, base: Runner.baseOf(seed), steps: Number(o.steps), minimiseMs });
  }
  return jobs;
}

/** The verdict over the self test: every damage noticed, and nothing without damage. */
function selfTestDone(noticed) {
  return (job, r) => {
    noticed.push((r.failure !== undefined) === (job.spoil !== ""));
    console.log(`${noticed.at(-1) ? "ok" : "not ok"} ${noticed.length} - ${job.spoil || "nothing spoilt"}: ${r.failure?.kind ?? "no difference"}`);
    if (!noticed.at(-1) && r.failure !== undefined) console.log(`  # ${r.failure.text}`);
  };
}

function keepFailures(failures) {
  const kept = JSON.parse(readFileSync(SEEDS, "utf8"));
  for (const f of failures.filter((x) => x.script !== undefined)) kept.push({ seed: f.seed, base: f.base, why: f.kind, script: f.script });
  writeFileSync(SEEDS, `[\n${kept.map((k) => JSON.stringify(k)).join(",\n")}\n]\n`);
}

async function main(o) {
  const jobs = jobsOf(o);
  const tally = new Tally(o);
  const noticed = [];
  const selfTest = selfTestDone(noticed);
  const pool = new Pool(daemonPath(o.daemon), Math.min(Number(o.jobs), jobs.length), (job, r) => {
    if (o["self-test"]) return selfTest(job, r);
    tally.add(job, r);
    if (tally.failures.length >= Number(o.failures)) pool.clear();
    return undefined;
  });
  for (const [number, job] of jobs.entries()) pool.add({ ...job, number });
  const progress = setInterval(() => {
    if (!o["self-test"]) console.log(`# ${tally.scripts} of ${jobs.length} scripts, ${tally.steps} steps, ${tally.failures.length} failed, ${Math.round((Date.now() - tally.began) / 1000)} s`);
    if (Date.now() - tally.began > Number(o.seconds) * 1000) pool.clear();
  }, Math.min(PROGRESS_MS, Number(o.seconds) * 1000));
  await pool.finished;
  clearInterval(progress);
  if (o["self-test"]) return noticed.length === jobs.length && noticed.every((n) => n);
  if (o.keep) keepFailures(tally.failures);
  console.log(JSON.stringify(tally.summary(pool.missing), null, 1));
  const complete = o["allow-missing"] || pool.missing?.length === 0;
  if (!complete) console.log(`not ok: the server does not offer what answers ${pool.missing?.join(" ")}`);
  return complete && tally.failures.length === 0 && tally.scripts > 0;
}

const chosen = options();
if (chosen.help || chosen.daemon === undefined) {
  console.log(USAGE);
  process.exitCode = chosen.help ? 0 : 2;
} else if (chosen.job) {
  await serveJobs(daemonPath(chosen.daemon));
} else {
  process.exitCode = await main(chosen) ? 0 : 1;
}
