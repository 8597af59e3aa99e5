#!/usr/bin/env node
// The behaviours that the test suites of iTwin.js ask of a backend, through the stock frontend: ipc_suites/*.test.mjs, each in a
// process of its own. See README.md.
// usage: node ipc_suites.mjs [--only NAME,...] official|DAEMON
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "ipc_suites");
const { values, positionals } = parseArgs({ options: { only: { type: "string" } }, allowPositionals: true });
const server = positionals[0] ?? process.env.WEH_DAEMON;
if (server === undefined) throw new Error('name the server: "official", or the daemon');

const SUFFIX = ".test.mjs";
const all = readdirSync(FOLDER).filter((f) => f.endsWith(SUFFIX)).map((f) => f.slice(0, -SUFFIX.length));
const wanted = values.only?.split(",") ?? all;
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) throw new Error(`no such suites: ${unknown}; there are ${all}`);
const files = wanted.map((name) => join(FOLDER, `${name}${SUFFIX}`));
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], {
  env: { ...process.env, WEH_IPC_SERVER: server === "official" ? server : resolve(server) }, stdio: "inherit",
});
process.exitCode = status ?? 1;
