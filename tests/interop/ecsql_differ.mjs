#!/usr/bin/env node
// The differential test of queries: random ECSQL, valid and slightly wrong, asked of the official backend and of our server on
// copies of one file. Rows and column metadata must be the same, or both must refuse. See README.md.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { daemonPath } from "./lib/daemon.mjs";
import { serveJobs } from "./lib/ecsql/job.mjs";
import { SPOIL_QUESTION, spoils } from "./lib/ecsql/spoil.mjs";
import { Pool } from "./lib/pool.mjs";

const USAGE = `usage: node ecsql_differ.mjs [OPTION]... DAEMON
  --queries N      so many queries (default 1000)
  --seed S         seeds S, S+1, ... (default 1); "random": one that is printed
  --most N         so many differences are no failure (default 0)
  --file NAME      the iModel, one of ../data (default small)
  --seconds T      begin no query after so many seconds
  --jobs J         worker processes (default: one per core)
  --shrink T       seconds to make a query of each kind of difference smaller (default 5; 0: leave it)
  --kinds N        stop after so many kinds of difference (default 1000)
  --query TEXT     instead: this query, or each line of the file @NAME
  --every          print every difference, not the first of its kind
  --print          instead of less: every query with what came of it
  --self-test      instead: damage our answer, one way after the other; each must be noticed`;

const self = fileURLToPath(import.meta.url);
const PROGRESS_MS = 10000;
/** Of all queries; more would mean that the generator makes nothing that can be answered. */
const MOST_REFUSED = 0.45;
const MOST_SKIPPED = 0.02;

function options() {
  const text = (d) => ({ type: "string", default: d });
  const flag = { type: "boolean", default: false };
  const { values, positionals } = parseArgs({
    options: {
      queries: text("1000"), seed: text("1"), most: text("0"), file: text("small"), seconds: text("1e9"), jobs: text(`${availableParallelism()}`), shrink: text("5"),
      kinds: text("1000"), query: { type: "string" }, every: flag, print: flag, "self-test": flag, job: flag, help: flag,
    },
    allowPositionals: true,
  });
  const seed = values.seed === "random" ? `${Math.floor(Math.random() * 1e9)}` : values.seed;
  return { ...values, seed, daemon: positionals[0] };
}

/** The official backend ends its process on some queries; when our server does, the worker says so itself. */
const broken = (kind, text) => (kind === "crash" ? { skipped: text, crashed: true } : { difference: { kind, text } });
const poolOf = (o, size, done) => new Pool({ self, args: ["--job", "--file", o.file, daemonPath(o.daemon)], size, done, broken });

function print(title, text) {
  console.log(`${title}\n  # ${text.slice(0, 4000).replaceAll("\n", "\n  # ")}`);
}

class Tally {
  /** @every: tell every difference, not the first of its kind only. */
  constructor(every) {
    this.every = every;
    this.began = Date.now();
    this.counts = { queries: 0, answered: 0, withRows: 0, refused: 0, skipped: 0, crashed: 0, explained: 0, different: 0 };
    this.kinds = new Map();
    this.reasons = {};
  }

  /** Is this a difference to tell: the first of its kind? */
  add(job, r) {
    const c = this.counts;
    if (r.crashed) print(`# seed ${job.seed}: the official backend ended its process`, JSON.stringify(job.question ?? ""));
    c.queries += 1;
    c.refused += r.refused !== undefined ? 1 : 0;
    c.answered += r.rows !== undefined ? 1 : 0;
    c.withRows += r.rows > 0 ? 1 : 0;
    c.skipped += r.skipped !== undefined ? 1 : 0;
    c.crashed += r.crashed ? 1 : 0;
    if (r.explained !== undefined) {
      c.explained += 1;
      this.reasons[r.explained] = (this.reasons[r.explained] ?? 0) + 1;
    }
    if (r.difference === undefined) return false;
    c.different += 1;
    const n = this.kinds.get(r.difference.kind) ?? 0;
    this.kinds.set(r.difference.kind, n + 1);
    const told = n === 0 || this.every;
    if (told) print(`not ok seed ${job.seed}: ${r.difference.kind}`, `${r.query}\n${r.difference.text}`);
    return told;
  }

  summary() {
    const kinds = Object.fromEntries([...this.kinds].sort(([, a], [, b]) => b - a));
    return { ...this.counts, seconds: Math.round((Date.now() - this.began) / 1000), kinds, reasons: this.reasons };
  }

  /** Is what was asked a test at all? */
  sound() {
    const { queries, refused, skipped } = this.counts;
    return queries > 0 && refused <= queries * MOST_REFUSED && skipped <= Math.max(1, queries * MOST_SKIPPED);
  }
}

function jobsOf(o) {
  if (o["self-test"]) return ["", ...Object.keys(spoils)].map((spoil) => ({ question: SPOIL_QUESTION, spoil }));
  if (o.query !== undefined) {
    const lines = o.query.startsWith("@") ? readFileSync(o.query.slice(1), "utf8").split("\n").filter((l) => l !== "") : [o.query];
    return lines.map((l) => ({ question: l.startsWith("{") ? JSON.parse(l) : { query: l } }));
  }
  return Array.from({ length: Number(o.queries) }, (_, i) => ({ seed: Number(o.seed) + i }));
}

/** Every damage must be noticed, and nothing may be found without damage. */
async function selfTest(o) {
  const jobs = jobsOf(o);
  let passed = 0;
  const pool = poolOf(o, 1, (job, r) => {
    const good = (r.difference !== undefined) === (job.spoil !== "") && r.difference?.kind !== "harness";
    passed += good ? 1 : 0;
    console.log(`${good ? "ok" : "not ok"} - ${job.spoil || "nothing spoilt"}: ${r.difference?.kind ?? "no difference"}`);
  });
  for (const job of jobs) pool.add(job);
  await pool.finished;
  console.log(`${passed} of ${jobs.length} as they should be`);
  return passed === jobs.length;
}

async function run(o) {
  const jobs = jobsOf(o);
  const tally = new Tally(o.every);
  console.log(`# --seed ${o.seed}`);
  const shortenMs = Number(o.shrink) * 1000;
  const pool = poolOf(o, Math.min(Number(o.jobs), jobs.length), (job, r) => {
    if (job.difference !== undefined && r.shortened === undefined) return undefined;
    if (r.shortened !== undefined) return print(`smaller, seed ${job.seed}: ${r.shortened.difference.kind}`, `${JSON.stringify(r.shortened.question)}\n${r.shortened.difference.text}`);
    if (o.print) console.log(`${r.difference ? `DIFFERENT (${r.difference.kind})` : r.explained ? "explained" : r.skipped ? "skipped" : r.refused !== undefined ? `${r.fault ?? "valid"} refused: ${r.refused}` : `${r.rows} rows`}\t${job.seed ?? ""}\t${r.query}`);
    if (tally.add(job, r) && shortenMs > 0 && r.question !== undefined) pool.add({ seed: job.seed, question: r.question, difference: r.difference, shortenMs }, true);
    if (tally.kinds.size >= Number(o.kinds)) pool.drop((j) => j.difference === undefined);
    return undefined;
  });
  for (const job of jobs) pool.add(job);
  const seconds = () => Math.round((Date.now() - tally.began) / 1000);
  const progress = setInterval(() => {
    console.log(`# ${tally.counts.queries} of ${jobs.length} queries, ${tally.counts.different} different, ${seconds()} s`);
    if (seconds() >= Number(o.seconds)) pool.drop((j) => j.difference === undefined);
  }, Math.min(PROGRESS_MS, Number(o.seconds) * 1000));
  await pool.finished;
  clearInterval(progress);
  console.log(JSON.stringify(tally.summary(), null, 1));
  return tally.counts.different <= Number(o.most) && (o.query !== undefined || tally.sound());
}

const chosen = options();
if (chosen.help || chosen.daemon === undefined) {
  console.log(USAGE);
  process.exitCode = chosen.help ? 0 : 2;
} else if (chosen.job) {
  await serveJobs(daemonPath(chosen.daemon), chosen.file);
} else {
  process.exitCode = await (chosen["self-test"] ? selfTest(chosen) : run(chosen)) ? 0 : 1;
}
