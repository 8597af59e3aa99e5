// Geometry of every kind, as the official backend has stored it and as a page gives it: what of it is told again, and which
// filters take it.
import { withoutChance } from "../lib/geometry.mjs";
import { shapes } from "../lib/ipc/shapes.mjs";
import { GEOMETRY_FILTERS, geometricElements, object, openToEdit } from "./shared.mjs";

export const files = { kinds: "kinds", small: "small" };

/** Which filters take the element, by name; what they fail with. */
async function takenBy(edit, id) {
  const taken = {};
  for (const [name, filter] of Object.entries(GEOMETRY_FILTERS)) {
    try {
      taken[name] = await edit.requestElementGeometry(id, filter) !== undefined;
    } catch (e) {
      taken[name] = e.iTwinErrorId;
    }
  }
  return taken;
}

async function everyKind({ step, editor }, imodel) {
  const edit = editor.basicManipulationIpc;
  for (const id of await geometricElements(imodel)) {
    await step(`kind of ${id}`, async () => [await edit.requestElementGeometry(id), await takenBy(edit, id)]);
  }
}

/** The entries of what was told, without what the native library leaves to chance. */
const settled = ({ entryArray }) => entryArray.map(({ opcode, data }) => ({ opcode, data: withoutChance(opcode, data) }));

const part = (elementGeometryBuilderParams) => ({
  classFullName: "BisCore:GeometryPart", model: "0x14", code: { spec: "0x1", scope: "0x1", value: "" }, elementGeometryBuilderParams,
});

/** A page gives each shape as bytes, gets them back, and gives those in inserts and updates of each form. */
async function everyShape({ step, editor, geometry, common }) {
  const edit = editor.basicManipulationIpc;
  const insert = async (entryArray) => edit.insertGeometricElement(object(geometry, "shape", {
    geom: undefined, elementGeometryBuilderParams: { entryArray },
  }));
  for (const [name, shape] of Object.entries(shapes(geometry))) {
    await step(name, async () => {
      const first = await insert([common.ElementGeometry.fromGeometryQuery(shape)]);
      const told = await edit.requestElementGeometry(first);
      const second = await insert(told.entryArray);
      await edit.updateGeometricElement(first, { entryArray: told.entryArray, viewIndependent: true });
      const third = await edit.insertGeometryPart(part({ entryArray: told.entryArray }));
      await edit.updateGeometricElement({ id: second, elementGeometryBuilderParams: { entryArray: [...told.entryArray, ...told.entryArray] } });
      const again = await Promise.all([first, second, third].map((id) => edit.requestElementGeometry(id)));
      return [told, ...again].map((info) => [settled(info), info.viewIndependent, Object.keys(info)]);
    });
  }
}

export async function run(page) {
  const { step, files } = page;
  for (const [name, look] of [["kinds", everyKind], ["small", everyShape]]) {
    const imodel = await openToEdit(page, files[name], name);
    await look(page, imodel);
    await step(`close ${name}`, () => imodel.close());
  }
}
