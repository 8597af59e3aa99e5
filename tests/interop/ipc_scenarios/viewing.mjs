// What a view asks for before it draws, without tiles.
export const files = { iModel: "small" };

export async function run({ step, files, frontend, common, ECSchemaRpcInterface }) {
  const imodel = await frontend.BriefcaseConnection.openStandalone(files.iModel, 1, { key: "viewing" });
  const token = imodel.getRpcProps();
  const rpc = common.IModelReadRpcInterface.getClientForRouting(imodel.routingContext.token);
  await step("list of views", () => imodel.views.getViewList({ wantPrivate: true }));
  await step("views", () => imodel.views.queryProps({ from: "BisCore.ViewDefinition", orderBy: "ECInstanceId" }));
  await step("default view", () => imodel.views.queryDefaultViewId());
  for (const id of ["0x1b6", "0x1b9"]) await step(`view state of ${id}`, () => rpc.getViewStateData(token, id));
  await step("view state of what is no view", () => rpc.getViewStateData(token, "0x1"));
  await step("view state of what is not there", () => rpc.getViewStateData(token, "0xfffff"));
  for (const id of ["0x1b6", "0x1b9"]) {
    await step(`load ${id}`, async () => {
      const view = await imodel.views.load(id);
      return [view.classFullName, view.toJSON()];
    });
  }
  await step("hydrate nothing", () => rpc.hydrateViewState(token, {}));
  await step("hydrate models", () => rpc.hydrateViewState(token, { notLoadedModelSelectorStateModels: "+35+1" }));
  await step("hydrate a view in space", () => rpc.hydrateViewState(token, { spatialViewId: "0x1b6" }));
  await step("hydrate a base model", () => rpc.hydrateViewState(token, { baseModelId: "0x1a1" }));
  await step("hydrate what is not there", () => rpc.hydrateViewState(token, {
    acsId: "0xfffff", baseModelId: "0xfffff", notLoadedModelSelectorStateModels: "+FFFFF", sheetViewAttachmentIds: "+FFFFF",
  }));
  await step("hydrate an attachment that is none", () => rpc.hydrateViewState(token, { sheetViewAttachmentIds: "+1+89" }));
  await step("hydrate a view that is not there", () => rpc.hydrateViewState(token, { spatialViewId: "0xfffff" }));
  await step("custom view", () => rpc.getCustomViewState3dData(token, {}));
  await step("custom view of a model", () => rpc.getCustomViewState3dData(token, { modelIds: "+35" }));
  await step("custom view of no models", () => rpc.getCustomViewState3dData(token, { modelIds: "" }));
  await step("custom view of what is no model", () => rpc.getCustomViewState3dData(token, { modelIds: "+FFFFF" }));
  await step("model ranges", () => rpc.queryModelRanges(token, ["0x35", "0x36"]));
  await step("model range of one without", () => rpc.queryModelRanges(token, ["0x38"]));
  await step("model ranges, some without", () => rpc.queryModelRanges(token, ["0x38", "0x35", "0xfffff", "0x35"]));
  await step("model extents of what is no id", () => rpc.queryModelExtents(token, ["nope", "0", "0x35"]));
  await step("model extents", () => rpc.queryModelExtents(token, ["0x35", "0x1a1", "0x38", "0xfffff"]));
  await step("thumbnail of a view without one", () => rpc.getViewThumbnail(token, "0x1b6"));
  await step("geo coordinates without a location", () => rpc.getGeoCoordinatesFromIModelCoordinates(token, { target: "WGS84", iModelCoords: [[1, 2, 3]] }));
  await step("coordinates of places without a location", () => rpc.getIModelCoordinatesFromGeoCoordinates(token, { source: "WGS84", geoCoords: [[1, 2, 3], [0, 0, 0]] }));
  await step("texture", async () => ({ ...await rpc.queryTextureData(token, { name: "0x2c" }), transparency: undefined }));
  for (const id of ["0x1", "0xfffff"]) await step(`texture of ${id}`, () => rpc.queryTextureData(token, { name: id }));
  await step("snap to what is not there", () => rpc.requestSnap(token, "session", {
    id: "0xfffff", testPoint: [0, 0, 0], closePoint: [0, 0, 0], worldToView: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
  }));
  await step("cancel the snap", () => rpc.cancelSnap(token, "session"));
  for (const operation of [0, 1, 2]) await step(`mass properties ${operation} of nothing`, () => rpc.getMassProperties(token, { operation, candidates: ["0x1"] }));
  await step("containment of nothing", () => rpc.getGeometryContainment(token, { candidates: ["0x1"], clip: [] }));
  const tiles = common.IModelTileRpcInterface.getClient();
  await step("tile format", () => tiles.queryVersionInfo());
  await step("tile cache", () => tiles.getTileCacheConfig(token));
  await step("purge tiles", () => tiles.purgeTileTrees(token, ["0x35"]));
  const schemas = ECSchemaRpcInterface.getClient();
  await step("schema keys", () => schemas.getSchemaKeys(token));
  for (const { name } of await schemas.getSchemaKeys(token)) await step(`schema ${name}`, async () => written(await schemas.getSchemaJSON(token, name)));
  await step("schema by its alias", () => schemas.getSchemaJSON(token, "bis"));
  await step("schema that is not there", () => schemas.getSchemaJSON(token, "NoSuchSchema"));
  await step("close", () => imodel.close());
}

const written = (schema) => ({ ...schema });
