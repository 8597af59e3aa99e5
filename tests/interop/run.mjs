#!/usr/bin/env node
// The interop test: our server and the official backend on the same files. See README.md.
// usage: node run.mjs [--full] [--only TEXT] [--rounds N] [--jobs J] [--keep] [--reference] [DAEMON]
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { daemonPath } from "./lib/daemon.mjs";
import { Report } from "./lib/tap.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const flag = { type: "boolean", default: false };
const { values, positionals } = parseArgs({
  options: {
    only: { type: "string" }, rounds: { type: "string", default: "1" }, full: flag, keep: flag, reference: flag, worker: flag,
    jobs: { type: "string", default: `${availableParallelism()}` },
  },
  allowPositionals: true,
});

/** Give the tests to @jobs processes, the next to whoever is free. A process that dies has failed its test and is not replaced. */
async function lead(jobs) {
  const report = new Report();
  let names;
  let next = 0;
  await Promise.all(Array.from({ length: jobs }, () => new Promise((done) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), "--worker"]);
    let current = "start";
    const give = () => {
      current = names[next] ?? "end";
      child.send(next < names.length ? { number: next } : {});
      next += 1;
    };
    child.on("message", (m) => {
      names ??= m.names;
      if (m.name !== undefined) report.tell(m);
      if (m.name === "start" || current === "end") current = undefined;
      else give();
    });
    child.once("exit", (code, signal) => {
      if (current !== undefined) report.tell({ name: current, ms: 0, error: `the process ended: ${code ?? signal}` });
      done();
    });
  })));
  const left = (names?.length ?? 1) - next;
  if (names?.length === 0) report.tell({ name: "there are tests of that name", ms: 0, error: "no" });
  if (left > 0) report.tell({ name: "all tests were run", ms: 0, error: `${left} were not` });
  return report.end();
}

const program = values.reference ? join(here, "lib", "reference.mjs") : daemonPath(positionals[0]);
if (values.worker) {
  // Only here, because loading the official backend takes seconds.
  const { work } = await import("./lib/worker.mjs");
  await work(program, values);
} else {
  process.exitCode = await lead(Number(values.jobs));
}
