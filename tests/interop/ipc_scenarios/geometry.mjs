// The geometry of elements that are there, as a frontend gets it: all of a file, filtered, and what is no element or no filter.
import { GEOMETRY_FILTERS, geometricElements, openToEdit } from "./shared.mjs";

export const files = { iModel: "small" };

const BLOCK = "0x8a";

const IDS = ["0x1", "0x10", "0x120", "0xfffff", "0", "", "garbage", "0x8A", "0X8a", "138", " 0x8a", "0x8a ", "0x", "-1", "0xffffffffffffffff", "0x10000000000000000",
  138, 1.5, true, null, undefined, {}, [], [BLOCK], { id: BLOCK }];

const NO_FILTERS = [null, 1, "text", true, [], [1], { maxDisplayable: "1" }, { maxDisplayable: -1 }, { maxDisplayable: 0.5 }, { maxDisplayable: null },
  { maxDisplayable: {} }, { maxDisplayable: true }, { accept: 5 }, { accept: "5" }, { accept: ["5"] }, { accept: null }, { accept: {} }, { accept: [null, 5] },
  { accept: [5.5] }, { accept: 0 }, { accept: "" }, { accept: false }, { reject: 5 }, { reject: null }, { reject: {} }, { reject: true }, { geometry: null },
  { geometry: 1 }, { geometry: {} }, { geometry: [] }, { geometry: "text" }, { geometry: { curves: 1 } }, { geometry: { curves: "yes", surfaces: null } },
  { geometry: { curves: {} } }, { geometry: { solids: 1, curves: true } }, { other: 1 }];

export async function run(page) {
  const { step, files, editor } = page;
  const edit = editor.basicManipulationIpc;
  const imodel = await openToEdit(page, files.iModel, "geometry");
  const geometric = await geometricElements(imodel);
  await step("how many", () => geometric.length);
  for (const id of geometric) await step(`all of ${id}`, () => edit.requestElementGeometry(id));
  for (const [name, filter] of Object.entries(GEOMETRY_FILTERS)) {
    for (const id of geometric) await step(`${name}: ${id}`, () => edit.requestElementGeometry(id, filter));
  }
  for (const id of IDS) await step(`id ${JSON.stringify(id)}`, () => edit.requestElementGeometry(id));
  for (const filter of NO_FILTERS) {
    for (const id of [BLOCK, "0x8b", "0x1"]) await step(`filter ${JSON.stringify(filter)} for ${id}`, () => edit.requestElementGeometry(id, filter));
  }
  await step("no arguments", () => edit.requestElementGeometry());
  await step("close", () => imodel.close());
}
