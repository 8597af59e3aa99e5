#!/usr/bin/env node
// The differential test: seeded random edit scripts on a copy with our server and on a copy with the official backend; rows,
// transactions, refusals and what both read must be the same. See README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { daemonPath } from "./lib/daemon.mjs";
import { serveJobs } from "./lib/differ/job.mjs";
import { Runner } from "./lib/differ/runner.mjs";
import { SPOIL_SCRIPT, spoils } from "./lib/differ/spoil.mjs";
import { Pool } from "./lib/pool.mjs";

const USAGE = `usage: node differ.mjs [OPTION]... DAEMON
  --scripts N      so many scripts (default 200)
  --steps M        of so many steps (default 100)
  --seed S         seeds S, S+1, ... (default 1)
  --seconds T      begin no script after so many seconds
  --jobs J         worker processes (default: one per core)
  --minimise T     seconds to shorten a script of each kind of failure (default 20; 0: leave it)
  --failures N     stop after so many failures (default 10)
  --replay         first the scripts of seeds.json, which failed once
  --self-test      instead: damage what our side left, one way after the other; each must be noticed
  --script FILE    instead: one script, {base, script} as a failure prints it
  --keep           add the shortened scripts to seeds.json
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

const broken = (kind, text) => ({ failures: [{ kind, text }], steps: 0, counts: {}, classes: [] });

const poolOf = (o, size, done) => new Pool({ self, args: ["--job", daemonPath(o.daemon)], size, done, broken });

class Tally {
  constructor() {
    this.began = Date.now();
    this.scripts = 0;
    this.steps = 0;
    this.counts = {};
    this.classes = {};
    this.kinds = {};
    this.failed = [];
    this.shortened = [];
  }

  /** The kinds of failure that were not seen before. */
  add(job, r) {
    this.scripts += 1;
    this.steps += r.steps;
    for (const [k, n] of Object.entries(r.counts)) this.counts[k] = (this.counts[k] ?? 0) + n;
    for (const c of r.classes) this.classes[c] = (this.classes[c] ?? 0) + 1;
    if (r.failures.length === 0) return [];
    this.failed.push(job.seed);
    const fresh = r.failures.filter((f, i) => this.kinds[f.kind] === undefined && r.failures.findIndex((g) => g.kind === f.kind) === i);
    for (const kind of new Set(r.failures.map((f) => f.kind))) this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
    for (const f of fresh) print(`not ok seed ${job.seed} (${job.base}): ${f.kind}`, f.text);
    return fresh;
  }

  keep(job, { kind, text, script }) {
    this.shortened.push({ seed: job.seed, base: job.base, why: kind, script });
    print(`shortened seed ${job.seed} (${job.base}): ${kind}`, `${text}\n${JSON.stringify(this.shortened.at(-1))}`);
  }

  summary(missing) {
    const sorted = (o) => Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      scripts: this.scripts, steps: this.steps, seconds: Math.round((Date.now() - this.began) / 1000), failed: this.failed.length,
      failedSeeds: this.failed, kinds: sorted(this.kinds), missing,
      classes: Object.keys(this.classes).length, scriptsByClass: sorted(this.classes), stepsByOutcome: sorted(this.counts),
    };
  }
}

function print(title, text) {
  console.log(`${title}\n  # ${text.slice(0, 8000).replaceAll("\n", "\n  # ")}`);
}

function jobsOf(o) {
  if (o.script !== undefined) return [JSON.parse(readFileSync(o.script, "utf8"))];
  if (o["self-test"]) return ["", ...Object.keys(spoils)].map((spoil) => ({ base: "empty", seed: 1, script: SPOIL_SCRIPT, spoil }));
  const jobs = o.replay ? JSON.parse(readFileSync(SEEDS, "utf8")) : [];
  for (let i = 0; i < Number(o.scripts); i += 1) {
    const seed = Number(o.seed) + i;
    jobs.push({ seed, base: Runner.baseOf(seed), steps: Number(o.steps) });
  }
  return jobs;
}

/** Every damage must be noticed, and nothing may be found without damage. */
async function selfTest(o) {
  const jobs = jobsOf(o);
  let passed = 0;
  const pool = poolOf(o, Number(o.jobs), (job, r) => {
    const good = (r.failures.length > 0) === (job.spoil !== "") && r.failures[0]?.kind !== "harness";
    passed += good ? 1 : 0;
    console.log(`${good ? "ok" : "not ok"} - ${job.spoil || "nothing spoilt"}: ${r.failures[0]?.kind ?? "no difference"}`);
    if (!good && r.failures.length > 0) print("", r.failures[0].text);
  });
  for (const job of jobs) pool.add(job);
  await pool.finished;
  console.log(`${passed} of ${jobs.length} as they should be`);
  return passed === jobs.length;
}

function keepFailures(shortened) {
  const kept = [...JSON.parse(readFileSync(SEEDS, "utf8")), ...shortened];
  writeFileSync(SEEDS, `[\n${kept.map((k) => JSON.stringify(k)).join(",\n")}\n]\n`);
}

async function run(o) {
  const jobs = jobsOf(o);
  const tally = new Tally();
  const pool = poolOf(o, Math.min(Number(o.jobs), jobs.length), (job, r) => {
    if (r.shortened !== undefined) return tally.keep(job, r.shortened);
    const shortenMs = Number(o.minimise) * 1000;
    for (const failure of tally.add(job, r)) {
      if (shortenMs > 0 && r.script !== undefined) pool.add({ seed: job.seed, base: job.base, script: r.script, failure, shortenMs }, true);
    }
    if (tally.failed.length >= Number(o.failures)) pool.drop((j) => j.failure === undefined);
    return undefined;
  });
  for (const job of jobs) pool.add(job);
  const seconds = () => Math.round((Date.now() - tally.began) / 1000);
  const progress = setInterval(() => {
    console.log(`# ${tally.scripts} of ${jobs.length} scripts, ${tally.steps} steps, ${tally.failed.length} failed, ${seconds()} s`);
    if (seconds() >= Number(o.seconds)) pool.drop((j) => j.failure === undefined);
  }, Math.min(PROGRESS_MS, Number(o.seconds) * 1000));
  await pool.finished;
  clearInterval(progress);
  if (o.keep) keepFailures(tally.shortened);
  console.log(JSON.stringify(tally.summary(pool.missing), null, 1));
  const complete = o["allow-missing"] || pool.missing?.length === 0;
  if (!complete) console.log(`not ok: the server does not offer what answers ${pool.missing?.join(" ")}`);
  return complete && tally.failed.length === 0 && tally.scripts > 0;
}

const chosen = options();
if (chosen.help || chosen.daemon === undefined) {
  console.log(USAGE);
  process.exitCode = chosen.help ? 0 : 2;
} else if (chosen.job) {
  await serveJobs(daemonPath(chosen.daemon));
} else {
  process.exitCode = await (chosen["self-test"] ? selfTest(chosen) : run(chosen)) ? 0 : 1;
}
