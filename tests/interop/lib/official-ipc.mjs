#!/usr/bin/env node
// The official backend behind WebSocket IPC as a program: WebEditServer at /ipc on a free port of 127.0.0.1, with the stock edit
// command BasicManipulationCommand and the channel "webedit/edit" for what stock commands cannot do. It prints a ready line as our
// server does, and ends when its standard input does or on SIGTERM.
// usage: node official-ipc.mjs
import { createRequire } from "node:module";
import { join } from "node:path";
import { backend, bentley, common, scratchDir, stop } from "./host.mjs";

const require = createRequire(import.meta.url);
const { EditCommandAdmin, BasicManipulationCommand } = require("@itwin/editor-backend");
const { WebEditServer } = require("@itwin/express-server");
const { ECSchemaRpcImpl } = require("@itwin/ecschema-rpcinterface-impl");
const { ECSchemaRpcInterface } = require("@itwin/ecschema-rpcinterface-common");
const { IModelDb, IModelHost, IpcHandler, LocalhostIpcHost, SettingsPriority } = backend;

/** The methods of "webedit/edit" that the recorded exchange of tests/data/wire uses, and the same way the rest of our editing API. */
class EditHandler extends IpcHandler {
  get channelName() {
    return "webedit/edit";
  }

  async insertElement(key, props) {
    return IModelDb.findByKey(key).elements.insertElement(props);
  }

  async insertElements(key, list) {
    return list.map((props) => IModelDb.findByKey(key).elements.insertElement(props));
  }

  async updateElement(key, props) {
    IModelDb.findByKey(key).elements.updateElement(props);
  }

  async updateElements(key, list) {
    for (const props of list) IModelDb.findByKey(key).elements.updateElement(props);
  }

  async deleteElements(key, ids) {
    IModelDb.findByKey(key).elements.deleteElement(ids);
  }

  async getElementProps(key, id) {
    return IModelDb.findByKey(key).elements.getElementProps(id);
  }

  async insertModel(key, props) {
    return IModelDb.findByKey(key).models.insertModel(props);
  }

  async updateModel(key, props) {
    IModelDb.findByKey(key).models.updateModel(props);
  }

  async deleteModels(key, ids) {
    IModelDb.findByKey(key).models.deleteModel(ids);
  }

  async ping(_key, value) {
    return value;
  }
}

/** WebEditServer listens on every address of the machine; this one on the loopback address alone. */
class LoopbackServer extends WebEditServer {
  async listen() {
    this._configureMiddleware();
    this._configureHeaders();
    this._configureRoutes();
    return new Promise((done) => {
      const server = this._app.listen(0, "127.0.0.1", () => done(server));
    });
  }
}

/** The interfaces that describeEndpoints tells, in this order. */
const interfaces = [common.IModelReadRpcInterface, common.IModelTileRpcInterface, common.SnapshotIModelRpcInterface,
  common.DevToolsRpcInterface, ECSchemaRpcInterface];

async function main() {
  IModelHost.onWorkspaceStartup.addOnce(() => {
    // Without this the first open looks for coordinate databases on the network for 15 seconds.
    IModelHost.appWorkspace.settings.addDictionary({ name: "interop", priority: SettingsPriority.application },
      { "itwin/core/gcs/disableWorkspaces": true });
  });
  await LocalhostIpcHost.startup({
    localhostIpcHost: { noServer: true },
    iModelHost: { cacheDir: join(scratchDir(), "cache"), profileName: "interop-ipc" },
  });
  EditCommandAdmin.register(BasicManipulationCommand);
  EditHandler.register();
  ECSchemaRpcImpl.register();
  const cloud = common.BentleyCloudRpcManager.initializeImpl({ info: { title: "interop", version: "v1.0" } }, interfaces);
  const server = await new LoopbackServer(cloud.protocol).listen();
  console.log(JSON.stringify({ event: "ready", ipcUrl: `ws://127.0.0.1:${server.address().port}/ipc` }));
  await new Promise((done) => {
    process.once("SIGTERM", done);
    process.stdin.on("end", done).on("error", done).resume();
  });
  await stop();
  process.exit(0);
}

bentley.Logger.initialize();
await main();
