// Compiles the client and its tests for the test suite: types are checked as strictly as can be, JavaScript goes into a folder of
// the build. Usage: node tools/compile.mjs OUT_DIR [STAMP]
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
// Of the workspace.
const packages = join(dirname(top), "node_modules");
const [out, stamp] = process.argv.slice(2).map((path) => resolve(path));
rmSync(join(out, "js"), { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const tsc = join(packages, "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", top, "--outDir", join(out, "js")], { stdio: "inherit" });
if (status !== 0) process.exit(1);
// From there Node.js has to find the packages, and this one by its own name.
rmSync(join(out, "node_modules"), { force: true });
symlinkSync(packages, join(out, "node_modules"));
const { name, type } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
writeFileSync(join(out, "package.json"), JSON.stringify({ name, type, exports: { ".": "./js/src/index.js", "./ipc": "./js/src/ipc.js" } }));
if (stamp !== undefined) writeFileSync(stamp, "");
