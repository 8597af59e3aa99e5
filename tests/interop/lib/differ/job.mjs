// The worker process of differ.mjs: one daemon, one official backend, one script after another, told by messages.
// A process of its own, because the official backend ends its process on some faults.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { answerJobs, withServer } from "../pooled.mjs";
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
  await withServer({ program, name: "differ" }, async (daemon, dir) => {
    const runner = new Runner(daemon, (name) => join(data, `${name}.bim`), dir);
    await runner.connect();
    await answerJobs({
      daemon, dir, ready: { missing: runner.missing },
      play: (job) => (job.failure === undefined ? play(runner, job) : shorten(runner, job)),
      broken: (text, job) => ({ failures: [{ kind: "harness", text }], script: job.script }),
    });
    await runner.client.close();
  });
}
