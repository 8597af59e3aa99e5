// Runs a scenario in a process of its own, against a server that runs.
import { fork } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = join(dirname(fileURLToPath(import.meta.url)), "page.mjs");
const TIMEOUT_MS = 120000;

/** Run the scenario in @file against @server, over the stock socket or that of the file @client; tells {log, names}, with how the server's names of files are to be read. A page that ends otherwise than by its own will is an error. */
export async function runPage(server, file, client) {
  const { files = {} } = await import(file);
  const placed = Object.fromEntries(Object.entries(files).map(([name, data]) => [name,
    data === null ? server.nameOf(`no-such-${name}`) : server.place(data)]));
  const way = client === undefined ? { url: await server.pageUrl(), more: [] } : { url: server.url, more: [client, server.ready.token] };
  const child = fork(PAGE, [way.url, file, JSON.stringify(placed), ...way.more]);
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  const outcome = await new Promise((done) => {
    child.once("message", done);
    child.once("exit", (code, signal) => done({ failed: `the page ended: ${code ?? signal}`, log: [] }));
  });
  clearTimeout(timer);
  if (outcome.failed !== undefined) throw new Error(`${outcome.failed}\n${JSON.stringify(outcome.log.slice(-3), null, 1)}`);
  return { log: outcome.log, names: Object.entries(placed).map(([name, given]) => [given, `file ${name}`]) };
}
