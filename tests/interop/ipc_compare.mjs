#!/usr/bin/env node
// The stock frontend against two servers: the same scenarios, and logs that must be equal. See README.md.
// usage: node ipc_compare.mjs [--only NAME,...] [--client FILE] [--official-twice] [--print] [--self-test] [DAEMON]
import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compareLogs } from "./lib/ipc/compare.mjs";
import { unexplained } from "./lib/ipc/explained.mjs";
import { runPage } from "./lib/ipc/run_page.mjs";
import { startServer } from "./lib/ipc/servers.mjs";
import { spoils } from "./lib/ipc/spoil.mjs";
import { Report, ok } from "./lib/tap.mjs";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "ipc_scenarios");
const flag = { type: "boolean", default: false };
const { values, positionals } = parseArgs({
  options: { only: { type: "string" }, client: { type: "string" }, "official-twice": flag, print: flag, "self-test": flag },
  allowPositionals: true,
});

async function compare(ours) {
  const report = new Report();
  const servers = await Promise.all([startServer(ours), startServer("official")]);
  const client = values.client === undefined ? undefined : resolve(values.client);
  for (const name of scenarios()) {
    await report.test(name, async () => {
      const [a, b] = await Promise.all(servers.map((server) => runPage(server, join(FOLDER, `${name}.mjs`),
        server.kind === "ours" ? client : undefined)));
      if (values.print) for (const entry of a.log) console.log(JSON.stringify(entry));
      const { differences, explained } = compareLogs(name, a, b);
      if (explained > 0) console.log(`# ${name}: ${explained} differences with a reason`);
      for (const line of differences) console.log(`# ${line}`);
      ok(differences.length === 0, `${differences.length} lines of differences (ours <> official), above`);
    });
  }
  for (const server of servers) {
    const { code, signal } = await server.stop();
    await report.test(`${server.kind}: ends cleanly`, () => ok(code === 0, `exit ${code ?? signal}\n${server.daemon.log.join("\n")}`));
  }
  return report.end();
}

/** The names of the scenarios that are to be run. */
function scenarios() {
  const all = readdirSync(FOLDER).filter((f) => f.endsWith(".mjs") && f !== "shared.mjs").map((f) => basename(f, ".mjs"));
  const wanted = values.only?.split(",") ?? all;
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no such scenarios: ${unknown}; there are ${all}`);
  return wanted;
}

/** A log of the official backend is equal to itself, and to none of its damaged copies. */
async function selfTest() {
  const report = new Report();
  const server = await startServer("official");
  const page = await runPage(server, join(FOLDER, "undo.mjs"));
  await server.stop();
  await report.test("nothing damaged", () => ok(compareLogs("undo", page, page).differences.length === 0, "differs from itself"));
  await report.test("another difference beside one with a reason", () => {
    const lines = unexplained("errors", "insert with a code", { result: "0x1", events: [1] }, { result: "0x2", events: [2] });
    ok(lines.length === 1 && lines[0].startsWith("/events/0"), `${lines}`);
  });
  for (const [name, spoil] of Object.entries(spoils)) {
    await report.test(name, () => {
      const damaged = structuredClone(page);
      spoil(damaged.log);
      ok(compareLogs("undo", damaged, page).differences.length > 0, "was not noticed");
    });
  }
  return report.end();
}

if (values["self-test"]) {
  process.exitCode = await selfTest();
} else {
  const ours = values["official-twice"] ? "official" : positionals[0] ?? process.env.WEH_DAEMON;
  if (ours === undefined) throw new Error("name the daemon: an argument or WEH_DAEMON");
  process.exitCode = await compare(ours);
}
