// One stock frontend in a process of its own: starts it against a server, runs a scenario, sends the log to the parent process.
// Arguments: the URL of the server, the file of the scenario, the files of the iModels as JSON (by the scenario's names for them); for
// a page that speaks through IpcSocket of the JavaScript client also its file, and the token.
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import * as packages from "../frontend.mjs";
import { Recorder, writtenError } from "./recorder.mjs";

const [url, scenario, files, client, token] = process.argv.slice(2);

/** Errors in handlers of pushes are nobody's to catch in a page; a test must not overlook them. */
function tellUncaught(recorder) {
  process.on("unhandledRejection", (e) => recorder.log.push({ unhandled: writtenError(e) }));
}

/** What the page speaks through; undefined: the stock socket. */
async function openSocket() {
  if (client === undefined) return undefined;
  const { IpcSocket } = await import(pathToFileURL(client));
  return IpcSocket.connect({ url, credentials: { token }, WebSocket });
}

const { run } = await import(pathToFileURL(scenario));
const recorder = new Recorder();
tellUncaught(recorder);
await recorder.step("startup", async () => packages.startFrontend(url, await openSocket()));
const page = { ...packages, files: JSON.parse(files), recorder, step: recorder.step.bind(recorder) };
let failed;
try {
  await run(page);
} catch (e) {
  failed = e.stack;
}
process.send({ log: recorder.log, failed }, () => process.exit(0));
