// The examples of the READMEs do what they say.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { Daemon, variable } from "./daemon.js";

let daemon: Daemon;

before(async () => {
  daemon = await Daemon.start(["demo"]);
});

after(async () => daemon.remove());

const readme = (...path: string[]): string => readFileSync(join(variable("WEH_TOP"), ...path, "README.md"), "utf8");

/** What @code prints, beside this file, so that it finds the package by its name. */
async function outputOf(code: string | undefined): Promise<string> {
  assert.ok(code !== undefined);
  const file = join(import.meta.dirname, "readme_example.mjs");
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, WEH_URL: daemon.ready.sessionUrl, WEH_TOKEN: daemon.ready.token }, stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await text(child.stdout);
  rmSync(file);
  return output;
}

test("the example of the README runs and prints what it says", async () => {
  const [, code, output] = /## JavaScript client\n.*?```js\n(.*?)```.*?```\n(.*?)```/s.exec(readme()) ?? [];
  assert.equal(await outputOf(code), output);
});

test("the example of the client's README runs", async () => {
  const [, code] = /```js\n(.*?)```/s.exec(readme("web", "client")) ?? [];
  assert.match(await outputOf(code), /^\[.*ECInstanceId: '0x1'.*\]\n$/s);
});
