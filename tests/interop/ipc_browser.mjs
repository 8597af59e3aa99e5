#!/usr/bin/env node
// The stock frontend in headless Chromium: two pages of two users at once on two briefcases of one server, and the same pages
// against an official backend each; the logs must be equal. See README.md.
// usage: node ipc_browser.mjs [--official-twice] DAEMON
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { PageServer, chromium } from "./lib/ipc/browser.mjs";
import { compareLogs } from "./lib/ipc/compare.mjs";
import { startServer } from "./lib/ipc/servers.mjs";
import { Client } from "./lib/client.mjs";
import { Report, ok } from "./lib/tap.mjs";

const { values, positionals } = parseArgs({ options: { "official-twice": { type: "boolean", default: false } }, allowPositionals: true });
const daemon = positionals[0] ?? process.env.WEH_DAEMON;
const USERS = [{ user: "ann", scenario: "editing" }, { user: "ben", scenario: "undo" }];

/** Each page with a backend of its own, because the official one has one active command a process and tells everybody everything. */
async function withOfficial(pages) {
  return Promise.all(USERS.map(async ({ scenario }) => {
    const server = await startServer("official");
    const iModel = server.place("small");
    const log = await pages.run({ url: server.url, scenario, files: { iModel } });
    await server.stop();
    return { log, names: [[iModel, "file iModel"]] };
  }));
}

/** A token of that user, as an operator mints it. */
function tokenOf(server, user) {
  const weh = join(dirname(daemon), "..", "tools", "weh");
  return execFileSync(weh, ["token", "--data-dir", server.daemon.dir, "--user", user, "--scope", "weh:view weh:edit"], { encoding: "utf8" }).trim();
}

/** Both pages at once: each user makes a briefcase of the same iModel and opens that. */
async function withOurs(pages) {
  const server = await startServer(daemon);
  const iModel = server.place("small");
  const logs = await Promise.all(USERS.map(async ({ user, scenario }) => {
    const token = tokenOf(server, user);
    const client = await Client.connect({ ...server.ready, token }, "json");
    const { briefcase } = await client.call("briefcase.checkout", { imodel: iModel });
    await client.close();
    const log = await pages.run({ url: await server.pageUrl(token), scenario, files: { iModel: briefcase } });
    return { log, names: [[briefcase, "file iModel"]] };
  }));
  const { code, signal } = await server.stop();
  ok(code === 0, `exit ${code ?? signal}\n${server.daemon.log.join("\n")}`);
  return logs;
}

if (chromium === undefined) {
  console.log("1..0 # skipped: there is no Chromium");
} else {
  const report = new Report();
  const pages = await new PageServer().start();
  await report.test("two pages of two users at once", async () => {
    const [ours, official] = [await (values["official-twice"] ? withOfficial(pages) : withOurs(pages)), await withOfficial(pages)];
    USERS.forEach(({ scenario }, i) => {
      const { differences } = compareLogs(scenario, ours[i], official[i]);
      console.log(`# ${scenario}: ${ours[i].log.length} entries`);
      ok(differences.length === 0, `${scenario}: ${differences.length} lines of differences\n${differences.join("\n")}`);
    });
  });
  pages.stop();
  process.exitCode = report.end();
}
