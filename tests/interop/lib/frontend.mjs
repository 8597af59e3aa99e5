// The stock iTwin.js frontend packages in Node.js, without a browser and without rendering. IModelApp exists once a process, so
// there is one frontend a process (lib/ipc/page.mjs starts such processes).
import { createRequire } from "node:module";
import { WebSocket as NodeWebSocket } from "ws";

const require = createRequire(import.meta.url);

/** A WebSocket as browsers have it: the payload of a binary frame comes as a Blob. */
class PageWebSocket extends NodeWebSocket {
  constructor(url, protocols) {
    super(url, protocols);
    this.binaryType = "nodebuffer";
    PageWebSocket.opened.push(this);
  }

  addEventListener(type, listener) {
    if (type !== "message") return super.addEventListener(type, listener);
    return super.addEventListener(type, (event) => listener({
      data: typeof event.data === "string" ? event.data : new Blob([event.data]),
    }));
  }

  /** All that were made; stock frontends make one and never close it. */
  static opened = [];
}

/** What the packages expect of a page while they load, start and edit; nothing is drawn. */
function pretendPage() {
  const nothing = () => {};
  const element = () => ({
    style: {}, classList: { add: nothing, remove: nothing }, appendChild: nothing, prepend: nothing, addEventListener: nothing,
    removeEventListener: nothing, getContext: () => undefined, remove: nothing,
  });
  const storage = { getItem: () => null, setItem: nothing, removeItem: nothing };
  const page = {
    addEventListener: nothing, removeEventListener: nothing, devicePixelRatio: 1, sessionStorage: storage, localStorage: storage,
    location: { hash: "", href: "http://localhost/", origin: "http://localhost", protocol: "http:", search: "" },
    setInterval, clearInterval, setTimeout, clearTimeout, requestAnimationFrame: nothing, name: "",
  };
  // Node.js 20 has no navigator, later ones have a smaller one.
  page.navigator = { platform: "", userAgent: "node", appVersion: "node", vendor: "", language: "en", maxTouchPoints: 0, hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, "navigator", { value: page.navigator, configurable: true });
  globalThis.window = Object.assign(page, { window: page });
  globalThis.document = {
    createElement: element, createTextNode: element, addEventListener: nothing, removeEventListener: nothing, head: element(),
    body: element(), documentElement: element(), getElementsByTagName: () => [], cookie: "", visibilityState: "visible", hasFocus: () => true,
  };
  Object.assign(globalThis, { WebSocket: PageWebSocket, requestAnimationFrame: nothing, self: globalThis, location: page.location });
}

pretendPage();
export const bentley = require("@itwin/core-bentley");
export const common = require("@itwin/core-common");
export const geometry = require("@itwin/core-geometry");
export const frontend = require("@itwin/core-frontend");
export const editor = require("@itwin/editor-frontend");
export const { ECSchemaRpcInterface } = require("@itwin/ecschema-rpcinterface-common");
export const { editorBuiltInCmdIds } = require("@itwin/editor-common");
const { NullRenderSystem } = require("@itwin/core-frontend/lib/cjs/NoRenderApp");

const { IpcApp, LocalhostIpcApp } = frontend;

/** What a page that uses the whole surface initialises. */
export const rpcInterfaces = [common.IModelReadRpcInterface, common.IModelTileRpcInterface, common.SnapshotIModelRpcInterface,
  common.DevToolsRpcInterface, ECSchemaRpcInterface];

/** RPC over the frontend's IPC, as the stock localhost frontend has it. */
class Session extends common.IpcSession {
  async handleRpc(info) {
    return IpcApp.makeIpcProxy(common.rpcOverIpcStrings.channelName).request(info);
  }
}

/** Start the frontend against the server at @url; a page can do it once. @socket is an IpcSocketFrontend in place of the stock one. */
export async function startFrontend(url, socket) {
  common.BentleyCloudRpcManager.initializeClient({ info: { title: "interop", version: "v1.0" } }, rpcInterfaces);
  const iModelApp = {
    renderSys: new NullRenderSystem(), localization: new common.EmptyLocalization(), noRender: true,
    sessionId: "00000000-0000-4000-8000-000000000001",
  };
  if (socket === undefined) {
    await LocalhostIpcApp.startup({ iModelApp, localhostIpcApp: { socketUrl: new URL(url) } });
  } else {
    await IpcApp.startup(socket, { iModelApp });
    common.IpcSession.start(new Session());
  }
  await editor.EditTools.initialize();
}

/** End the frontend, and the connection that it leaves open. */
export async function stopFrontend() {
  await IpcApp.shutdown();
  for (const socket of PageWebSocket.opened) socket.close(1000);
}
