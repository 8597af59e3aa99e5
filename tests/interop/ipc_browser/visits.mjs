// A user edits a briefcase in a page that loses its connection, is loaded anew, and is loaded anew once more.
import { object, rows, stack } from "../ipc_scenarios/shared.mjs";
import { sockets } from "./frontend.mjs";

/** Both users give their iModels the same key: keys are each page's own. */
const KEY = "briefcase";
const LABELS = "SELECT UserLabel FROM Generic.PhysicalObject WHERE UserLabel LIKE 'ann %' OR UserLabel LIKE 'ben %' ORDER BY ECInstanceId";
const N_EDITS = 5;

async function open({ frontend, editor, recorder, files }) {
  recorder.watchIModel(KEY);
  const imodel = await frontend.BriefcaseConnection.openFile({ fileName: files.iModel, key: KEY });
  await editor.EditTools.startCommand({ commandId: "basicManipulation", iModelKey: KEY });
  return imodel;
}

/** What users have called elements, as far as this one can see. */
async function labels(imodel, options) {
  return (await rows(imodel, LABELS, undefined, options)).rows.map(([label]) => label);
}

const seen = (imodel) => labels(imodel, { usePrimaryConn: true });

function insert({ editor, geometry }, label) {
  return editor.basicManipulationIpc.insertGeometricElement(object(geometry, label));
}

export const first = {
  async run(page) {
    const { step, ask, task: { user } } = page;
    const imodel = await open(page);
    for (let n = 1; n <= N_EDITS; n += 1) {
      await ask("meet", `edit ${n}`);
      await step(`insert ${n}`, () => insert(page, `${user} ${n}`));
      await step(`save ${n}`, () => imodel.saveChanges(`${user} ${n}`));
      await step(`labels ${n}`, () => labels(imodel));
    }
    await ask("meet", "undo");
    await step("undo", () => imodel.txns.reverseSingleTxn());
    await step("labels after undo", () => labels(imodel));
    await step("redo", () => imodel.txns.reinstateTxn());
    await step("insert unsaved", () => insert(page, `${user} unsaved`));
    await step("labels unsaved", () => seen(imodel));
    await ask("meet", "cut");
    const lost = new Promise((tell) => { sockets.at(-1).addEventListener("close", tell); });
    await ask("cut");
    await step("the connection is lost", async () => { await lost; return sockets.length; });
  },
};

export const second = {
  async run(page) {
    const { step, ask, task: { user } } = page;
    const imodel = await open(page);
    await step("labels again", () => seen(imodel));
    await step("stack again", () => stack(imodel));
    await ask("meet", "second visit");
    await step("save", () => imodel.saveChanges(`${user} unsaved`));
    await step("insert left", () => insert(page, `${user} left`));
  },
};

export const third = {
  async run(page) {
    const { step, ask, task: { user } } = page;
    const imodel = await open(page);
    await step("labels again", () => seen(imodel));
    await ask("meet", "third visit");
    await step("save", () => imodel.saveChanges(`${user} left`));
    await step("undo", () => imodel.txns.reverseSingleTxn());
    await step("labels after undo", () => labels(imodel));
    await step("redo", () => imodel.txns.reinstateTxn());
    await step("labels", () => labels(imodel));
    await step("stack", () => stack(imodel));
    await step("close", () => imodel.close());
  },
};
