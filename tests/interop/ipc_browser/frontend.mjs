// lib/frontend.mjs for a page in a browser: the same names, from modules that a bundler can follow, and a page that is there.
import * as bentley from "@itwin/core-bentley";
import * as common from "@itwin/core-common";
import * as frontend from "@itwin/core-frontend";
import * as geometry from "@itwin/core-geometry";
import * as editor from "@itwin/editor-frontend";
import { NullRenderSystem } from "@itwin/core-frontend/lib/esm/NoRenderApp";
import { ECSchemaRpcInterface } from "@itwin/ecschema-rpcinterface-common";

export { ECSchemaRpcInterface, bentley, common, editor, frontend, geometry };

/** The connections of the page, in the order in which it made them. */
export const sockets = [];

globalThis.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    sockets.push(this);
  }
};

/** Start the frontend against the server at @url. */
export async function startFrontend(url) {
  common.BentleyCloudRpcManager.initializeClient({ info: { title: "interop", version: "v1.0" } }, [common.IModelReadRpcInterface,
    common.IModelTileRpcInterface, common.SnapshotIModelRpcInterface, common.DevToolsRpcInterface, ECSchemaRpcInterface]);
  await frontend.LocalhostIpcApp.startup({
    iModelApp: { renderSys: new NullRenderSystem(), localization: new common.EmptyLocalization(), noRender: true },
    localhostIpcApp: { socketUrl: new URL(url) },
  });
  await editor.EditTools.initialize();
}
