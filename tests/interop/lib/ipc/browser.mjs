// Pages in headless Chromium: bundled once, served from 127.0.0.1, each in a browser with a profile of its own.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout } from "node:timers/promises";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const ENTRY = join(here, "..", "..", "ipc_browser", "page.mjs");
const FRONTEND = { node: resolve(here, "..", "frontend.mjs"), page: join(dirname(ENTRY), "frontend.mjs") };
const TIMEOUT_MS = 120000;
const REMOVALS = 100;
const REMOVAL_PAUSE_MS = 50;
const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

export const chromium = PROGRAMS.find((p) => existsSync(p));

/** The page as one script: the scenarios are those of Node.js, only the frontend is another. */
async function bundle() {
  const swap = {
    name: "frontend-of-the-page",
    setup: (build) => build.onResolve({ filter: /frontend\.mjs$/ }, ({ path, resolveDir }) => (
      resolve(resolveDir, path) === FRONTEND.node ? { path: FRONTEND.page } : undefined)),
  };
  const { outputFiles: [file] } = await require("esbuild").build({
    entryPoints: [ENTRY], bundle: true, write: false, format: "esm", platform: "browser", mainFields: ["browser", "module", "main"], plugins: [swap],
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" }, logLevel: "silent", loader: { ".svg": "dataurl", ".css": "empty" },
  });
  return file.contents;
}

/** Processes of a browser that has ended write for a moment longer; what came after rm has looked is found by the next look. */
async function removeFolder(path) {
  for (let left = REMOVALS; left > 0; left -= 1) {
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (e) {
      if (left === 1) throw e;
      await setTimeout(REMOVAL_PAUSE_MS);
    }
  }
}

/** What a page asks by POST, as JSON. */
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** Where pages come from, and whom they ask: what a page posts to /NAME is answered by the function of that name that it was given. */
export class PageServer {
  #answers = [];

  async start() {
    const script = await bundle();
    this.server = createServer((request, reply) => {
      if (request.url === "/page.js") reply.setHeader("Content-Type", "text/javascript").end(script);
      else if (request.method === "POST") this.#answer(request, reply);
      else reply.setHeader("Content-Type", "text/html").end('<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>');
    });
    await new Promise((done) => { this.server.listen(0, "127.0.0.1", done); });
    return this;
  }

  async #answer(request, reply) {
    const number = Number(new URL(request.headers.referer).searchParams.get("page"));
    let value;
    try {
      value = await this.#answers[number][request.url.slice(1)](await bodyOf(request));
    } catch (e) {
      this.#answers[number].done({ failed: e.stack });
    }
    reply.setHeader("Content-Type", "application/json").end(JSON.stringify(value ?? null));
  }

  /** A page in a browser of its own; ends when it says that it is done, with what it says then. @stopped ends it before. */
  async #run(answers, stopped) {
    const profile = mkdtempSync(join(tmpdir(), "weh-interop-chromium-"));
    const number = this.#answers.length;
    const timer = new AbortController();
    const done = new Promise((resolve_, reject) => {
      this.#answers.push({ ...answers, done: ({ failed, ...said }) => (failed === undefined ? resolve_(said) : reject(new Error(failed))) });
    });
    const browser = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${this.server.address().port}/?page=${number}`], { stdio: "ignore" });
    const ended = new Promise((tell) => { browser.once("exit", tell); });
    try {
      const over = setTimeout(TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => { throw new Error("the page does not end"); });
      return await Promise.race([done, stopped, over, ended.then((code) => { throw new Error(`the browser ended: ${code}`); })]);
    } finally {
      timer.abort();
      browser.kill();
      await ended;
      await removeFolder(profile);
    }
  }

  /** Run pages at once, each with its @answers; tells what each says at its end. When one fails, all end. */
  async runAll(pages) {
    let stop;
    const stopped = new Promise((_, reject) => { stop = reject; });
    stopped.catch(() => {});
    const runs = pages.map((answers) => this.#run(answers, stopped).catch((e) => { stop(e); throw e; }));
    await Promise.allSettled(runs);
    return Promise.all(runs);
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A place where @n pages wait for each other. */
export class Meeting {
  #waiting = new Map();

  constructor(n) {
    this.n = n;
  }

  at(name) {
    const list = this.#waiting.get(name) ?? [];
    this.#waiting.set(name, list);
    return new Promise((go) => {
      list.push(go);
      if (list.length === this.n) for (const each of list) each();
    });
  }
}
