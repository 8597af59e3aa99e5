// Edits of every kind that the stock command has, each saved, with the pushes that it causes.
import { CATEGORY, MODEL, object, openToEdit, rows, stack } from "./shared.mjs";

export const files = { iModel: "small" };

const COUNT = "SELECT COUNT(*) AS n FROM Generic.PhysicalObject";

export async function run(page) {
  const { step, files, geometry, editor } = page;
  const edit = editor.basicManipulationIpc;
  const imodel = await openToEdit(page, files.iModel, "editing");
  const save = (text) => step(`save: ${text}`, () => imodel.saveChanges(text));
  await step("stack at first", () => stack(imodel));
  await step("ping", () => edit.ping());
  await step("scopes are supported", () => imodel.supportsGraphicalEditing());
  await save("nothing");
  const id = await step("insert", () => edit.insertGeometricElement(object(geometry, "first")));
  await step("a query does not see it", () => rows(imodel, COUNT));
  await step("a query on the primary connection does", () => rows(imodel, COUNT, undefined, { usePrimaryConn: true }));
  await step("reading does", () => imodel.elements.getProps(id));
  await save("insert");
  await step("stack after it", () => stack(imodel));
  await step("a query sees it now", () => rows(imodel, COUNT));
  const [props] = await imodel.elements.getProps(id);
  await step("another label", () => edit.updateGeometricElement({ ...props, userLabel: "other" }));
  await save("label");
  await step("the same again", () => edit.updateGeometricElement({ ...props, userLabel: "other" }));
  await save("the same");
  await placements(page, imodel, edit, id, save);
  await binary(page, imodel, edit, id, save);
  await several(page, imodel, edit, save);
  await insertThenUpdate(page, edit, save);
  await extents(page, imodel, edit, save);
  await step("channels", async () => [await edit.addAllowedChannel("app"), await edit.removeAllowedChannel("app")]);
  await step("abandon", async () => {
    const dropped = await edit.insertGeometricElement(object(geometry, "dropped"));
    await imodel.abandonChanges();
    return [dropped, await edit.insertGeometricElement(object(geometry, "after the drop"))];
  });
  await save("after the drop");
  await step("finish", () => editor.EditTools.startCommand({ commandId: "", iModelKey: "" }));
  await step("no command", () => edit.ping());
  await step("close", () => imodel.close());
}

async function placements({ step, geometry, bentley }, imodel, edit, id, save) {
  const set = bentley.CompressedId64Set.sortAndCompress([id, "0x8a"]);
  const move = geometry.Transform.createTranslationXYZ(1, 2, 3);
  await step("transform", () => edit.transformPlacement(set, move.toJSON()));
  await save("transform");
  await step("placement", () => imodel.elements.getProps([id, "0x8a"]));
  const quarter = geometry.Matrix3d.createRotationAroundAxisIndex(2, geometry.Angle.createDegrees(90));
  await step("rotate about the origin", () => edit.rotatePlacement(set, quarter.toJSON(), false));
  await step("rotate about the centre", () => edit.rotatePlacement(set, quarter.toJSON(), true));
  await save("rotate");
  await step("placement now", () => imodel.elements.getProps([id, "0x8a"]));
  await step("transform what has no placement", () => edit.transformPlacement(bentley.CompressedId64Set.sortAndCompress(["0x120"]), move.toJSON()));
  await step("transform what is not there", () => edit.transformPlacement("+FFFFF", move.toJSON()));
  await step("abandon", () => imodel.abandonChanges());
}

async function binary({ step, geometry }, imodel, edit, id, save) {
  const info = await step("geometry", () => edit.requestElementGeometry(id));
  await step("geometry of a kind", () => edit.requestElementGeometry(id, { geometry: { curves: true, surfaces: false, solids: false } }));
  await step("geometry of another kind", () => edit.requestElementGeometry(id, { geometry: { curves: false, surfaces: false, solids: true } }));
  await step("geometry of the subject", () => edit.requestElementGeometry("0x1"));
  await step("geometry of what is not there", () => edit.requestElementGeometry("0xfffff"));
  await step("geometry as bytes", () => edit.updateGeometricElement(id, { entryArray: info?.entryArray ?? [] }));
  await save("geometry as bytes");
  await step("read it back", () => imodel.elements.loadProps(id, { wantGeometry: true }));
  const made = await step("insert with bytes", () => edit.insertGeometricElement({
    ...object(geometry, "bytes"), geom: undefined, elementGeometryBuilderParams: { entryArray: info?.entryArray ?? [] },
  }));
  await save("insert with bytes");
  await step("read that back", () => imodel.elements.loadProps(made, { wantGeometry: true }));
}

async function several({ step, geometry, bentley }, imodel, edit, save) {
  const ids = [];
  await step("twenty", async () => {
    for (let i = 0; i < 20; i += 1) ids.push(await edit.insertGeometricElement(object(geometry, `many ${i}`, { geom: undefined })));
    return ids;
  });
  await save("twenty");
  await step("delete half of them", () => edit.deleteElements(bentley.CompressedId64Set.sortAndCompress(ids.filter((_, i) => i % 2 === 0))));
  await save("delete");
  await step("they are gone", () => imodel.elements.getProps(ids));
  const parent = await step("a subject", () => edit.insertGeometricElement({
    classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" }, userLabel: "subject",
    parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
  }));
  await save("subject");
  await step("delete a parent with its children", () => edit.deleteElements(bentley.CompressedId64Set.sortAndCompress([parent, "0x120"])));
  await save("delete a parent");
  await step("part", () => edit.insertGeometryPart({
    classFullName: "BisCore:GeometryPart", model: "0x10", code: { spec: "0x1", scope: "0x1", value: "" }, geom: object(geometry).geom,
  }));
  await save("part");
}

async function insertThenUpdate({ step, geometry }, edit, save) {
  await step("insert, then update", async () => {
    const id = await edit.insertGeometricElement(object(geometry, "a"));
    await edit.updateGeometricElement({ ...object(geometry, "b"), id });
  });
  await save("insert, then update");
  await step("insert, then delete", async () => {
    const id = await edit.insertGeometricElement(object(geometry, "a"));
    await edit.deleteElements(`+${id.slice(2).toUpperCase()}`);
  });
  await save("insert, then delete");
  await step("update, then delete", async () => {
    await edit.updateGeometricElement({ ...object(geometry, "c", { category: CATEGORY, model: MODEL }), id: "0x8b" });
    await edit.deleteElements("+8B");
  });
  await save("update, then delete");
}

async function extents({ step }, imodel, edit, save) {
  const listened = [];
  imodel.onProjectExtentsChanged.addListener(() => listened.push(imodel.projectExtents.toJSON()));
  await step("extents", () => edit.updateProjectExtents({ low: [-1, -2, -3], high: [100, 200, 300] }));
  await step("the connection knows", () => listened);
  await save("extents");
  const ecef = { origin: [1, 2, 3], orientation: { pitch: 1, roll: 2, yaw: 3 } };
  await step("ecef location", () => edit.updateEcefLocation(ecef));
  await step("the connection knows that too", () => imodel.ecefLocation);
  await save("ecef location");
}
