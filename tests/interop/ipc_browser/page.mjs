// What a page runs: the task that it is given where it came from. A page that is loaded anew asks for the next one.
import * as packages from "./frontend.mjs";
import { Recorder, writtenError } from "../lib/ipc/recorder.mjs";
import * as undo from "../ipc_scenarios/undo.mjs";
import * as visits from "./visits.mjs";

const scenarios = { undo, ...visits };

/** Ask the place that the page came from. */
async function ask(name, value = null) {
  return (await fetch(`/${name}`, { method: "POST", body: JSON.stringify(value) })).json();
}

async function run() {
  const task = await ask("task");
  const recorder = new Recorder();
  addEventListener("unhandledrejection", (e) => recorder.log.push({ unhandled: writtenError(e.reason) }));
  let failed;
  try {
    await recorder.step("startup", () => packages.startFrontend(task.url));
    await scenarios[task.scenario].run({ ...packages, files: task.files, task, ask, recorder, step: recorder.step.bind(recorder) });
  } catch (e) {
    failed = `${e.stack}`;
  }
  if (failed !== undefined || task.isLast) {
    await ask("done", { log: recorder.log, failed });
    return;
  }
  await ask("log", recorder.log);
  location.reload();
}

run();
