// A daemon on a copy of an iModel, a front before it, a browser with pages that may not complain.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Daemon, daemonPath } from "../../../../tests/interop/lib/daemon.mjs";
import { Front } from "./front.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const editor = join(here, "../..");
const data = join(editor, "../../tests/data");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const BROWSER = process.env.WEH_CHROMIUM ?? "/usr/bin/chromium";
/** Chromium writes these by itself when the network is cut; the page cannot keep them back. */
const NETWORK = /net::ERR_|WebSocket connection to .* failed/;
export const SHOTS = process.env.WEH_SHOTS;

function unpack(from, to) {
  const file = openSync(to, "w");
  execFileSync("xz", ["-dc", from], { stdio: ["ignore", file, "inherit"] });
  closeSync(file);
}

export class Bench {
  pages = [];

  /** One for all tests of a file; ends their pages and itself. @files: {name: file of tests/data, unpacked if it ends with .xz}. */
  static forTests(files = { demo: "small.bim" }) {
    const bench = new Bench();
    before(() => bench.start(files));
    afterEach(() => bench.endPages());
    after(() => bench.destroy());
    return bench;
  }

  /** @settings: further KEY=VALUE. */
  async start(files, settings = []) {
    this.dir = mkdtempSync(join(tmpdir(), "weh-editor-"));
    this.daemon = new Daemon(daemonPath(), join(this.dir, "data"), [`web.dir=${join(editor, "dist")}`, ...settings]);
    for (const [name, file] of Object.entries(files)) {
      if (file.endsWith(".xz")) unpack(join(data, file), this.daemon.file(name));
      else copyFileSync(join(data, file), this.daemon.file(name));
    }
    this.ready = await this.daemon.start();
    this.front = new Front(this.ready.port);
    await this.front.start();
    // SwiftShader draws in software: there need be no graphics card.
    const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
    this.browser = await chromium.launch({ executablePath: BROWSER, args });
  }

  /** A page of its own (no storage shared) that is signed in. */
  async page({ token = this.ready.token, size = { width: 1280, height: 800 }, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: size, ...options });
    const page = await context.newPage();
    page.faults = [];
    page.on("console", (m) => {
      if (m.type() === "error" && !NETWORK.test(m.text())) page.faults.push(m.text());
    });
    page.on("pageerror", (e) => page.faults.push(String(e)));
    page.setDefaultTimeout(15000);
    await page.goto(`${this.front.url}#token=${token}`);
    this.pages.push(page);
    return page;
  }

  /** Ends the sessions of pages that a failed test left behind, so that the next one can open the same file. */
  async endPages() {
    for (const page of this.pages) {
      if (page.isClosed()) continue;
      await page.evaluate(() => globalThis.webedithost.signOut()).catch(() => {});
      await page.context().close();
    }
  }

  /** No JavaScript error and no violation of the Content-Security-Policy, in any page. */
  assertNoFaults() {
    for (const page of this.pages) assert.deepEqual(page.faults, []);
  }

  async destroy() {
    await this.browser?.close();
    this.front?.stop();
    await this.daemon.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** axe finds nothing serious. Playwright evaluates without the page's policy: nothing is injected as a script. */
export async function assertAccessible(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  const bad = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  assert.deepEqual(
    bad.map(
      (v) =>
        `${v.id}: ${v.help} ${v.nodes
          .map((n) => n.html)
          .join(" ")
          .slice(0, 400)}`,
    ),
    [],
  );
}

/** Keeps a picture of the page, where WEH_SHOTS says. */
export async function shot(page, name) {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** A session beside the page's, in the same browser, by hand: what the server itself says. */
export async function ask(bench, calls) {
  const { ticket } = await (
    await fetch(`http://127.0.0.1:${bench.ready.port}/v1/tickets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${bench.ready.token}` },
    })
  ).json();
  const { default: WebSocket } = await import("ws");
  const socket = new WebSocket(bench.ready.sessionUrl, ["weh.v1.json", `weh.ticket.${ticket}`]);
  await new Promise((done, fail) => socket.once("open", done).once("error", fail));
  const results = [];
  for (const [method, params] of calls) {
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: results.length, method, params: params ?? {} }));
    results.push(
      await new Promise((done, fail) => {
        const onMessage = (text) => {
          const message = JSON.parse(text);
          if (message.id !== results.length) return;
          socket.off("message", onMessage);
          if (message.error) fail(new Error(`${method}: ${message.error.message}`));
          else done(message.result);
        };
        socket.on("message", onMessage);
      }),
    );
  }
  socket.close(1000);
  await new Promise((done) => socket.once("close", done));
  return results;
}
