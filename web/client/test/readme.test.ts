// What somebody finds who is new to the package: the examples of the READMEs do what they say, and it can be installed and compiled against.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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

const APPLICATION = `
import { Client, RequestError, SessionEndError, ValueError, type ClientOptions, type Params, type Result } from "@webedithost/client";
import { WebSocket } from "ws";
export async function run(url: string, signal: AbortSignal | undefined): Promise<string> {
  const options: ClientOptions = { url, credentials: { token: async () => "t" }, WebSocket, backoff: { firstMs: 5 }, giveUpMs: undefined };
  const client = await Client.connect(options, { signal });
  client.on("txns.onCommitted", ({ txnId }) => { const id: string = txnId; console.log(id); });
  // @ts-expect-error there is no such method
  await client.call("no.such");
  // @ts-expect-error params are wanted
  await client.call("briefcase.checkout");
  // @ts-expect-error not a text
  await client.call("briefcase.open", { imodel: 5 });
  const params: Params<"briefcase.open"> = { imodel: "a", mode: undefined };
  const opened: Result<"briefcase.open"> = await client.call("briefcase.open", params, { signal, activityId: undefined });
  await client.call("txns.saveChanges").catch((e: unknown) => {
    if (e instanceof RequestError && e.errorName === "Busy") return e.data.retryAfter?.toFixed();
    return e instanceof SessionEndError ? e.mayHaveRun : e instanceof ValueError ? e.where : undefined;
  });
  await client.close({ signal });
  return opened.name;
}
console.log(typeof run);
`;

const IPC_APPLICATION = `
import type { IpcSocketFrontend } from "@itwin/core-common";
import { IpcSocket } from "@webedithost/client/ipc";
import "./app.mjs";
export const connect = async (url: string): Promise<IpcSocketFrontend> => IpcSocket.connect({ url, credentials: { ticket: () => "t" } });
console.log(typeof connect);
`;

/** Runs one of the programs that come with packages. */
function tool(cwd: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(args[0] ?? "", args.slice(1), { cwd, encoding: "utf8" });
  return status === 0 ? stdout : `status ${String(status)}: ${stdout}${stderr}`;
}

test("the package can be installed, compiled against as strictly as can be, and run", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "weh-package-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const [web, source, packages] = [join(variable("WEH_TOP"), "web"), join(dir, "source"), join(dir, "node_modules")];
  for (const name of ["package.json", "README.md", "LICENSE", "src", "tsconfig.json", "tsconfig.build.json"]) {
    cpSync(join(web, "client", name), join(source, name), { recursive: true });
  }
  symlinkSync(join(web, "node_modules"), join(source, "node_modules"));
  assert.match(tool(source, "npm", "pack", "--silent"), /^webedithost-client-.*\.tgz\n$/);
  mkdirSync(join(packages, "@webedithost", "client"), { recursive: true });
  for (const name of ["@msgpack", "@types", "@itwin", "ws", "undici-types"]) symlinkSync(join(web, "node_modules", name), join(packages, name));
  assert.equal(tool(dir, "sh", "-c", "tar xzf source/*.tgz --strip-components=1 -C node_modules/@webedithost/client"), "");
  for (const name of ["LICENSE", "README.md", "src/client.ts"]) assert.ok(readFileSync(join(packages, "@webedithost", "client", name)).length > 0);
  writeFileSync(join(dir, "app.mts"), APPLICATION);
  writeFileSync(join(dir, "ipc.mts"), IPC_APPLICATION);
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022", "--types", "node", "--outDir", "out"];
  const tsc = [process.execPath, join(web, "node_modules", "typescript", "bin", "tsc"), ...strict];
  assert.equal(tool(dir, ...tsc, "--lib", "es2022", "--module", "node16", "--moduleResolution", "node16", "app.mts"), "");
  // The declarations of iTwin.js themselves are not for exactOptionalPropertyTypes.
  assert.equal(tool(dir, ...tsc, "--lib", "es2022,dom", "--module", "esnext", "--moduleResolution", "bundler", "--skipLibCheck", "ipc.mts"), "");
  assert.equal(tool(dir, process.execPath, "out/ipc.mjs"), "function\nfunction\n");
});
