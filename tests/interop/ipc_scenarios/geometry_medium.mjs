// The geometry of each element of a larger file, in short.
import { createHash } from "node:crypto";
import { GEOMETRY_FILTERS, geometricElements, openToEdit } from "./shared.mjs";

export const files = { iModel: "medium" };

export async function run(page) {
  const { step, files, editor } = page;
  const edit = editor.basicManipulationIpc;
  const imodel = await openToEdit(page, files.iModel, "geometry");
  for (const id of await geometricElements(imodel)) {
    await step(`geometry of ${id}`, async () => {
      const { entryArray, sourceToWorld, bbox, ...info } = await edit.requestElementGeometry(id);
      const hash = createHash("sha256").update(sourceToWorld).update(bbox);
      for (const { opcode, data } of entryArray) hash.update(`${opcode} ${data.length}`).update(data);
      const solid = await edit.requestElementGeometry(id, GEOMETRY_FILTERS["one solid"]);
      return [info, hash.digest("hex"), solid !== undefined];
    });
  }
  await step("close", () => imodel.close());
}
