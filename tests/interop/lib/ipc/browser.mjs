// Pages in headless Chromium: bundled once, served from 127.0.0.1, each in a browser with a profile of its own.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const ENTRY = join(here, "..", "..", "ipc_browser", "page.mjs");
const FRONTEND = { node: resolve(here, "..", "frontend.mjs"), page: join(dirname(ENTRY), "frontend.mjs") };
const TIMEOUT_MS = 120000;
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

/** Where pages come from: start() tells its address; a page's log is what it posts to /log. */
export class PageServer {
  #logs = [];

  async start() {
    const script = await bundle();
    this.server = createServer((request, reply) => {
      if (request.url === "/page.js") reply.setHeader("Content-Type", "text/javascript").end(script);
      else if (request.method === "POST") this.#take(request, reply);
      else reply.setHeader("Content-Type", "text/html").end('<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>');
    });
    await new Promise((done) => { this.server.listen(0, "127.0.0.1", done); });
    return this;
  }

  #take(request, reply) {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
      reply.end();
      const number = Number(new URL(request.headers.referer).searchParams.get("page"));
      this.#logs[number]?.(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    });
  }

  /** Run a page with @task ({url, scenario, files}) in a browser of its own; tells its log. */
  async run(task) {
    const profile = mkdtempSync(join(tmpdir(), "weh-interop-chromium-"));
    const number = this.#logs.length;
    const address = `http://127.0.0.1:${this.server.address().port}/?page=${number}#${encodeURIComponent(JSON.stringify(task))}`;
    const browser = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`, address], { stdio: "ignore" });
    const ended = new Promise((done) => { browser.once("exit", done); });
    try {
      const { log, failed } = await new Promise((done, fail) => {
        const timer = setTimeout(() => fail(new Error("the page told nothing")), TIMEOUT_MS);
        this.#logs[number] = (value) => { clearTimeout(timer); done(value); };
        ended.then((code) => { clearTimeout(timer); fail(new Error(`the browser ended: ${code}`)); });
      });
      if (failed !== undefined) throw new Error(failed);
      return log;
    } finally {
      browser.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
