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
  await step("custom view", () => rpc.getCustomViewState3dData(token, {}));
  await step("custom view of a model", () => rpc.getCustomViewState3dData(token, { modelIds: "+35" }));
  await step("model ranges", () => rpc.queryModelRanges(token, ["0x35", "0x36"]));
  await step("model extents", () => rpc.queryModelExtents(token, ["0x35", "0x1a1", "0x38", "0xfffff"]));
  await step("thumbnail of a view without one", () => rpc.getViewThumbnail(token, "0x1b6"));
  await step("geo coordinates without a location", () => rpc.getGeoCoordinatesFromIModelCoordinates(token, { target: "WGS84", iModelCoords: [[1, 2, 3]] }));
  const schemas = ECSchemaRpcInterface.getClient();
  await step("schema keys", () => schemas.getSchemaKeys(token));
  await step("schema", async () => written(await schemas.getSchemaJSON(token, "WebEditTest")));
  await step("schema Generic", async () => written(await schemas.getSchemaJSON(token, "Generic")));
  await step("schema that is not there", () => schemas.getSchemaJSON(token, "NoSuchSchema"));
  await step("close", () => imodel.close());
}

const written = (schema) => ({ ...schema });
