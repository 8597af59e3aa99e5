// Builds the page and drives it in a browser: node tests/run.mjs DAEMON [TEST.test.mjs ...]
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [daemon, ...names] = process.argv.slice(2);
if (daemon === undefined) {
  console.error("Usage: node tests/run.mjs DAEMON [TEST.test.mjs ...]");
  process.exit(2);
}

function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: join(here, ".."),
    stdio: "inherit",
    env: { ...process.env, WEH_DAEMON: resolve(daemon) },
  });
  if (status !== 0) process.exit(status ?? 1);
}

const tests = names.length > 0 ? names : readdirSync(here).filter((n) => n.endsWith(".test.mjs"));
run("npx", ["vite", "build", "--logLevel", "warn"]);
run(process.execPath, ["--test", "--test-concurrency=1", ...tests.map((n) => join("tests", n))]);
