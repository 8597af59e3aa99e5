// The iModel of the recording "transcript": made anew, because only the exchange was kept. Ids and names are those of the recording.
import { backend, common, geometry, withHost } from "../host.mjs";

const {
  CategorySelector, DisplayStyle3d, ModelSelector, OrthographicViewDefinition, PhysicalModel, SpatialCategory, StandaloneDb, Subject,
} = backend;
const { Code, IModel } = common;
const { Point3d, LineSegment3d, IModelJson, Range3d, StandardViewIndex } = geometry;

const line = [IModelJson.Writer.toIModelJson(LineSegment3d.create(Point3d.createZero(), Point3d.create(1, 2, 3)))];

/** Make it at @file. */
export async function makeStandalone(file) {
  await withHost(async () => {
    const db = StandaloneDb.createEmpty(file, { rootSubject: { name: "interop" }, allowEdit: JSON.stringify({ txns: true }) });
    db.updateProjectExtents(Range3d.create(Point3d.create(-50, -50, -10), Point3d.create(50, 50, 30)));
    Subject.insert(db, IModel.rootSubjectId, "part");
    const model = PhysicalModel.insert(db, IModel.rootSubjectId, "Physical");
    const category = SpatialCategory.insert(db, IModel.dictionaryId, "category", {});
    db.elements.insertElement({
      classFullName: "Generic:PhysicalObject", model, category, code: Code.createEmpty(), placement: { origin: [0, 0, 0], angles: {} }, geom: line,
    });
    const models = ModelSelector.insert(db, IModel.dictionaryId, "models", [model]);
    const categories = CategorySelector.insert(db, IModel.dictionaryId, "categories", [category]);
    const style = DisplayStyle3d.insert(db, IModel.dictionaryId, "style");
    const view = OrthographicViewDefinition.insert(db, IModel.dictionaryId, "view", models, categories, style,
      Range3d.create(Point3d.create(-1, -1, -1), Point3d.create(5, 5, 5)), StandardViewIndex.Iso);
    db.views.setDefaultViewId(view);
    db.saveChanges("made");
    db.close();
  });
}
