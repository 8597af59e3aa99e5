// False memories: kill9.mjs must notice each of them, else it would not notice a server that loses something.
import { rmSync, writeFileSync } from "node:fs";

const first = (map) => [...map.keys()][0];

/** [what is pretended, lie(told)]; the sessions have saved three times, undone once and edited since. */
export const LIES = [
  ["one more save was acknowledged", (told) => told.commit({ kind: "save", description: "never made" })],
  ["one save was not made", (told) => {
    told.undo({ count: 1 });
    told.undone.pop();
  }],
  ["one more undo was acknowledged", (told) => told.undo({ count: 1 })],
  ["the undo was not made", (told) => told.redo()],
  ["what was undone is gone", (told) => { told.undone = []; }],
  ["another description", (told) => { told.done.at(-1).description += "?"; }],
  ["another label", (told) => told.saved.set(first(told.saved), "k9 another")],
  ["one more element", (told) => told.saved.set("00000000-0000-4000-8000-000000000000", "k9 more")],
  ["one element less", (told) => told.saved.delete(first(told.saved))],
];

/** [what is pretended or done, lie(target)]; the journal has all unsaved edits. */
export const JOURNAL_LIES = [
  ["one more edit was in the journal", ({ told }) => {
    told.unsaved.push({ key: first(told.saved), before: told.saved.get(first(told.saved)), after: "k9 never edited" });
    told.atLeast = told.unsaved.length;
  }],
  ["another edit was in the journal", ({ told }) => { told.unsaved[0] = { ...told.unsaved[0], after: "k9 another" }; }],
  ["what was unsaved had been abandoned", ({ told }) => told.abandon()],
  ["the journal is lost", (target) => rmSync(`${target.file()}.weh-journal`)],
  ["the journal is damaged", (target) => writeFileSync(`${target.file()}.weh-journal`, "damaged")],
];

/** [what is done, lie(target)]; the sessions have saved three times. */
export const NAME_LIES = [
  ["the names of who saved are lost", (target) => rmSync(`${target.file()}.weh-authors`)],
  ["the names of who saved are damaged", (target) => writeFileSync(`${target.file()}.weh-authors`, "damaged")],
];
