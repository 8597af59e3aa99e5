// What the page runs: the scenario that its address names, and the log goes back to where the page came from.
import * as packages from "./frontend.mjs";
import { Recorder, writtenError } from "../lib/ipc/recorder.mjs";
import * as editing from "../ipc_scenarios/editing.mjs";
import * as undo from "../ipc_scenarios/undo.mjs";

const scenarios = { editing, undo };

async function run() {
  const { url, scenario, files } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const recorder = new Recorder();
  addEventListener("unhandledrejection", (e) => recorder.log.push({ unhandled: writtenError(e.reason) }));
  let failed;
  try {
    await recorder.step("startup", () => packages.startFrontend(url));
    await scenarios[scenario].run({ ...packages, files, recorder, step: recorder.step.bind(recorder) });
  } catch (e) {
    failed = `${e.stack}`;
  }
  await fetch("/log", { method: "POST", body: JSON.stringify({ log: recorder.log, failed }) });
}

run();
