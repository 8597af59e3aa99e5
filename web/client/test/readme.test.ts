// The example of the README does what it says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Daemon, variable } from "./daemon.js";

test("the example of the README runs and prints what it says", async (t) => {
  const readme = readFileSync(join(variable("WEH_TOP"), "README.md"), "utf8");
  const [, code, output] = /## JavaScript client\n.*?```js\n(.*?)```.*?```\n(.*?)```/s.exec(readme) ?? [];
  assert.ok(code !== undefined && output !== undefined);
  const daemon = await Daemon.start(["demo"]);
  t.after(async () => daemon.remove());
  // Beside this file, so that it finds the package by its name.
  const file = join(import.meta.dirname, "readme_example.mjs");
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, WEH_URL: daemon.ready.sessionUrl, WEH_TOKEN: daemon.ready.token }, stdio: ["ignore", "pipe", "inherit"],
  });
  assert.equal(await text(child.stdout), output);
  rmSync(file);
});
