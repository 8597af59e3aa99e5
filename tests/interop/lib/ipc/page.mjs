// One stock frontend in a process of its own: starts it against a server, runs a scenario, sends the log to the parent process.
// Arguments: the URL of the server, the file of the scenario, the files of the iModels as JSON (by the scenario's names for them).
import { pathToFileURL } from "node:url";
import * as packages from "../frontend.mjs";
import { Recorder, writtenError } from "./recorder.mjs";

const [url, scenario, files] = process.argv.slice(2);

/** Errors in handlers of pushes are nobody's to catch in a page; a test must not overlook them. */
function tellUncaught(recorder) {
  process.on("unhandledRejection", (e) => recorder.log.push({ unhandled: writtenError(e) }));
}

const { run } = await import(pathToFileURL(scenario));
const recorder = new Recorder();
tellUncaught(recorder);
await recorder.step("startup", () => packages.startFrontend(url));
const page = { ...packages, files: JSON.parse(files), recorder, step: recorder.step.bind(recorder) };
let failed;
try {
  await run(page);
} catch (e) {
  failed = e.stack;
}
process.send({ log: recorder.log, failed }, () => process.exit(0));
