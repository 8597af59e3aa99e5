#!/usr/bin/env node
// The editor page in a browser: how long until it can be used, how fluid its view is, what it costs the network. Prints one JSON value;
// nothing is judged here.
//
//   node editor.mjs [--seconds N] [--cpu-profile FILE] DAEMON IMODEL ...
//
// Needs web/editor/dist (npm run build -w editor) and Chromium (WEH_CHROMIUM). That draws in software, as there need be no graphics card.
// Each iModel is visited twice by one browser: nothing is in its cache at first, the page's files are the second time. Of a visit:
//
// - startMs: from navigation until "Open" can be pressed, which is done at once; treeMs, viewMs: until the tree has its first rows, until the
//   first frame with all boxes was drawn (the page's own marks, weh.tree and weh.view); usableMs: until both are.
// - reloadMs: the same for a page that is loaded anew and goes on with its session, where nobody presses anything.
// - bytes: as they were sent, of files (with their headers) and of messages of the session, until the page is usable, each by the browser's own count.
//
// Then it is orbited by a real pointer for --seconds (4): before any geometry is read (boxes), when all in sight is (geometry), and from near by (near).
// Of the frames that were drawn: how many a second, and milliseconds from one to the next. restMs: from letting go until the last frame was
// drawn; restFrames: drawn in the second after that. scroll: the tree is scrolled from end to end in the same way.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Daemon, daemonPath } from "../interop/lib/daemon.mjs";

const editor = join(dirname(fileURLToPath(import.meta.url)), "../../web/editor");
const { chromium } = createRequire(join(editor, "package.json"))("playwright-core");
const SIZE = { width: 1280, height: 800 };
const MOVE_MS = 8;
const ZOOM_STEPS = 8;
const TREE_STEPS = 200;

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "4" }, "cpu-profile": { type: "string" } },
  allowPositionals: true,
});
const [program, ...files] = positionals;
if (files.length === 0) {
  console.error("Usage: node editor.mjs [--seconds N] [--cpu-profile FILE] DAEMON IMODEL ...");
  process.exit(2);
}
const ORBIT_MS = Number(values.seconds) * 1000;
const say = (text) => process.stderr.write(`${text}\n`);
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
const rounded = (ms) => Number(ms.toFixed(1));

/** Runs in the page before its own code: notes the time of each frame in which WebGL drew (kind "drawn") or of each at all ("any"). */
function watchFrames() {
  let hasDrawn = false;
  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...args) {
      hasDrawn = true;
      return draw.apply(this, args);
    };
  }
  const frames = { any: [], drawn: [] };
  const note = () => {
    const now = performance.now();
    frames.any.push(now);
    if (hasDrawn) frames.drawn.push(now);
    hasDrawn = false;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
  globalThis.benchFrames = frames;
}

function summary(times) {
  const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
  if (gaps.length === 0) return { frames: times.length };
  const seconds = (times.at(-1) - times[0]) / 1000;
  const at = (p) => rounded(gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * p))]);
  return { framesPerSecond: rounded(gaps.length / seconds), meanMs: rounded((seconds * 1000) / gaps.length), p50Ms: at(0.5), p95Ms: at(0.95), mostMs: at(1) };
}

/** Bytes that go over the network, as the browser counts them. */
async function countBytes(page) {
  const cdp = await page.context().newCDPSession(page);
  const bytes = { files: 0, received: 0, sent: 0, requests: 0, cached: 0 };
  const sizeOf = ({ opcode, payloadData }) => (opcode === 2 ? Buffer.byteLength(payloadData, "base64") : Buffer.byteLength(payloadData));
  cdp.on("Network.requestServedFromCache", () => { bytes.cached += 1; });
  cdp.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes.files += encodedDataLength;
    bytes.requests += 1;
  });
  cdp.on("Network.webSocketFrameReceived", ({ response }) => { bytes.received += sizeOf(response); });
  cdp.on("Network.webSocketFrameSent", ({ response }) => { bytes.sent += sizeOf(response); });
  await cdp.send("Network.enable");
  return bytes;
}

/** Waits for the page's marks; milliseconds from navigation. */
async function usable(page) {
  const times = await page.waitForFunction(() => {
    const [tree, view] = ["weh.tree", "weh.view"].map((name) => performance.getEntriesByName(name)[0]?.startTime);
    return tree !== undefined && view !== undefined && { tree, view };
  }, undefined, { polling: "raf", timeout: 120_000 });
  const { tree, view } = await times.jsonValue();
  return { treeMs: rounded(tree), viewMs: rounded(view), usableMs: rounded(Math.max(tree, view)) };
}

async function visit(context, ready, name) {
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const bytes = await countBytes(page);
  await page.goto(`http://127.0.0.1:${ready.port}/#token=${ready.token}`);
  const button = page.getByRole("button", { name: `Open ${name}`, exact: true });
  await button.waitFor();
  const startMs = rounded(await page.evaluate(() => performance.now()));
  await button.click();
  const times = await usable(page);
  return { page, figures: { startMs, ...times, bytes: { ...bytes } } };
}

const middleOf = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 });

/** Drags in a circle around the middle of the view, for some seconds; what was drawn meanwhile, and after it. */
async function orbit(page) {
  const box = await page.getByRole("application").boundingBox();
  const { x, y } = middleOf(box);
  const radius = box.height / 4;
  await page.mouse.move(x + radius, y);
  await page.mouse.down();
  const begin = performance.now();
  const from = await page.evaluate(() => performance.now());
  // Not one after the other: a pointer does not wait for the page.
  for (let now = 0; now < ORBIT_MS; now = performance.now() - begin) {
    const angle = now / 500;
    void page.mouse.move(x + radius * Math.cos(angle), y + radius * Math.sin(angle) / 4);
    await sleep(MOVE_MS);
  }
  const to = await page.evaluate(() => performance.now());
  await page.mouse.up();
  await sleep(1000);
  await page.locator("[role=application][aria-busy=false]").waitFor();
  await sleep(300);
  const still = await page.evaluate(() => performance.now());
  await sleep(1000);
  const { drawn } = await page.evaluate(() => globalThis.benchFrames);
  return {
    ...summary(drawn.filter((t) => t >= from && t <= to)),
    restFrames: drawn.filter((t) => t > still).length,
    shapes: Number(await page.getByRole("application").getAttribute("data-shapes")),
  };
}

/** Expands what is largest in the tree and scrolls through it with the wheel. */
async function scroll(page) {
  const tree = page.getByRole("tree");
  await tree.focus();
  for (const key of ["End", "ArrowRight"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(500);
  }
  await page.keyboard.press("Home");
  const { x, y } = middleOf(await tree.boundingBox());
  await page.mouse.move(x, y);
  const from = await page.evaluate(() => performance.now());
  for (let i = 0; i < TREE_STEPS; i += 1) {
    void page.mouse.wheel(0, 200);
    await sleep(MOVE_MS * 2);
  }
  const to = await page.evaluate(() => performance.now());
  const { any } = await page.evaluate(() => globalThis.benchFrames);
  const rows = await tree.evaluate((t) => Math.round(t.scrollHeight / t.querySelector(".at").clientHeight));
  return { rows, ...summary(any.filter((t) => t >= from && t <= to)) };
}

async function closed(page) {
  await page.evaluate(() => globalThis.webedithost.closeBriefcase("abandon"));
  await page.evaluate(() => globalThis.webedithost.signOut());
  await page.close();
}

async function measure(browser, ready, name) {
  const context = await browser.newContext({ viewport: SIZE });
  await context.addInitScript(watchFrames);
  say(`${name}: first visit`);
  const first = await visit(context, ready, name);
  await first.page.reload();
  const reload = await usable(first.page);
  await closed(first.page);
  say(`${name}: second visit`);
  const second = await visit(context, ready, name);
  const { page } = second;
  const cdp = await page.context().newCDPSession(page);
  if (values["cpu-profile"] !== undefined) {
    await cdp.send("Profiler.enable");
    await cdp.send("Profiler.start");
  }
  say(`${name}: orbit`);
  const boxes = await orbit(page);
  if (values["cpu-profile"] !== undefined) {
    const { profile } = await cdp.send("Profiler.stop");
    writeFileSync(`${values["cpu-profile"]}.${name}`, JSON.stringify(profile));
  }
  const geometry = await orbit(page);
  await page.getByRole("application").focus();
  for (let i = 0; i < ZOOM_STEPS; i += 1) await page.keyboard.press("+");
  await sleep(500);
  await page.locator("[role=application][aria-busy=false]").waitFor();
  const near = await orbit(page);
  say(`${name}: tree`);
  const tree = await scroll(page);
  await closed(page);
  await context.close();
  return { first: first.figures, second: second.figures, reloadMs: reload.usableMs, orbit: { boxes, geometry, near }, scroll: tree };
}

const dir = mkdtempSync(join(tmpdir(), "weh-bench-editor-"));
const daemon = new Daemon(daemonPath(program), join(dir, "data"), [`web.dir=${join(editor, "dist")}`]);
let browser;
try {
  for (const file of files) copyFileSync(file, daemon.file(basename(file, ".bim")));
  const ready = await daemon.start();
  const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
  browser = await chromium.launch({ executablePath: process.env.WEH_CHROMIUM ?? "/usr/bin/chromium", args });
  const result = {};
  for (const file of files) result[basename(file, ".bim")] = await measure(browser, ready, basename(file, ".bim"));
  console.log(JSON.stringify({ browser: browser.version(), ...result }, null, 2));
} finally {
  await browser?.close();
  await daemon.stop();
  rmSync(dir, { recursive: true, force: true });
}
