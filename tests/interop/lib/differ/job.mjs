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
  const done = await runner.run({ ...job, spoil: spoils[job.spoil] });
  const failures = done.failures.map(({ kind, text, step }) => ({ kind, text, step }));
  return { failures, counts: countSteps(done), classes: classesOf(done), steps: done.script.length, script: failures.length > 0 ? done.script : undefined };
}

/** Shorten @job.script while it fails as @job.failure. */
async function shorten(runner, job) {
  const again = async (script) => {
    const { failures } = await runner.run({ script, base: job.base, seed: job.seed });
    return failures.find((f) => f.kind === job.failure.kind);
  };
  const script = await minimise(again, job.script, job.failure, job.shortenMs);
  const { kind, text } = await again(script) ?? job.failure;
  return { shortened: { kind, text, script } };
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
        process.send(job.failure === undefined ? await play(runner, job) : await shorten(runner, job));
      } catch (e) {
        process.send({ failures: [{ kind: "harness", text: `${e.stack ?? e}\n${daemon.log.slice(-20).join("\n")}` }], script: job.script });
      }
    });
    process.send({ ready: true, missing: runner.missing, leaves: { pid: daemon.process.pid, dir } });
    await end;
    await runner.client.close();
    const { code, signal } = await daemon.stop();
    process.send({ ended: code ?? signal, log: daemon.log });
  } finally {
    if (daemon.process !== undefined && daemon.process.exitCode === null && daemon.process.signalCode === null) await daemon.kill();
    await stop();
    rmSync(dir, { recursive: true, force: true });
    if (process.connected) process.disconnect();
  }
}
