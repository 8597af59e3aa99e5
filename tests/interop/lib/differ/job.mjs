// The worker process of differ.mjs: one daemon, one official backend, one script after another, told by messages.
// A process of its own, because the official backend ends its process on some faults.
import { mkdtempSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Daemon } from "../daemon.mjs";
import { start, stop } from "../host.mjs";
import { minimise } from "./minimise.mjs";
import { Runner } from "./runner.mjs";
import { spoils } from "./spoil.mjs";

const data = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "data");

/** How often each step was played, and with which outcome. */
function countSteps({ script, answers }) {
  const out = {};
  for (const [i, op] of script.entries()) {
    const answer = answers[i];
    const outcome = answer === undefined ? "ours alone" : "number" in answer ? `refused ${answer.number}` : "done";
    const key = `${op.op} ${outcome}`;
    out[key] = (out[key] ?? 0) + 1;
  }
  return out;
}

function classesOf({ script, answers }) {
  const made = script.filter((op, i) => op.op === "insertElement" && answers[i] !== undefined && !("number" in answers[i]));
  return [...new Set(made.map((op) => op.props.classFullName.replace(".", ":")))];
}

async function play(runner, job) {
  const began = performance.now();
  const done = await runner.run({ ...job, spoil: spoils[job.spoil] });
  const [failure] = done.failures;
  const out = { failure, kinds: done.failures.map((f) => f.kind), steps: done.script.length, counts: countSteps(done), classes: classesOf(done), ms: performance.now() - began };
  if (failure === undefined) return out;
  out.script = done.script;
  if (job.minimiseMs > 0) {
    const again = async (script) => (await runner.run({ script, base: job.base, seed: job.seed })).failures.find((f) => f.kind === failure.kind);
    out.script = await minimise(again, done.script, failure, job.minimiseMs);
    out.minimised = await again(out.script);
  }
  return out;
}

/** Serve the parent process until it says {end}. */
export async function serveJobs(program) {
  const memory = "/dev/shm";
  const dir = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), "weh-differ-"));
  const daemon = new Daemon(program, dir);
  let closed = () => {};
  const end = new Promise((done) => { closed = done; });
  await start();
  try {
    await daemon.start();
    const runner = new Runner(daemon, (name) => join(data, `${name}.bim`), dir);
    await runner.connect();
    process.on("message", async (job) => {
      if (job.end) return closed();
      try {
        process.send({ ...(await play(runner, job)), number: job.number });
      } catch (e) {
        process.send({ number: job.number, failure: { kind: "harness", text: `${e.stack ?? e}\n${daemon.log.slice(-20).join("\n")}` }, script: job.script });
      }
    });
    process.send({ ready: true, missing: runner.missing });
    await end;
    await runner.client.close();
    const { code, signal } = await daemon.stop();
    process.send({ ended: code ?? signal, log: daemon.log });
  } finally {
    if (daemon.process !== undefined && daemon.process.exitCode === null && daemon.process.signalCode === null) await daemon.kill();
    await stop();
    rmSync(dir, { recursive: true, force: true });
    process.disconnect();
  }
}
