// An iModel is opened read-only and read in every way a page without a view reads.
import { rows } from "./shared.mjs";

export const files = { iModel: "small" };

export async function run(page) {
  const { step, files, frontend } = page;
  const imodel = await step("open", async () => {
    const connection = await frontend.BriefcaseConnection.openStandalone(files.iModel, 1, { key: "reading" });
    await step("what the connection knows", () => ({
      props: connection.toJSON(), name: connection.name, rootSubject: connection.rootSubject, isReadonly: connection.isReadonly,
      isOpen: connection.isOpen, openMode: connection.openMode, extents: connection.projectExtents, origin: connection.globalOrigin,
      ecef: connection.ecefLocation, geo: connection.geographicCoordinateSystem, changeset: connection.changeset, iModelId: connection.iModelId,
    }));
    opened = connection;
    return undefined;
  }).then(() => opened);
  await elements(step, imodel);
  await models(step, imodel);
  await queries(step, imodel, page.common);
  await faultyQueries(step, imodel, page.common);
  await others(step, imodel, page.common);
  await readOnly(step, imodel, frontend);
  await step("close", () => imodel.close());
  await step("closed", () => imodel.isClosed);
}

let opened;

async function elements(step, imodel) {
  await step("root subject", () => imodel.elements.getProps("0x1"));
  await step("many", () => imodel.elements.getProps(["0x1", "0x35", "0x8a", "0x130", "0x18a", "0x3a", "0x76", "0x1b6", "0x1b2", "0x1a2"]));
  await step("one of them missing", () => imodel.elements.getProps(["0x1", "0xfffff"]));
  await step("one twice", () => imodel.elements.getProps(["0x1", "0x1"]));
  await step("none", () => imodel.elements.getProps([]));
  await step("load by id", () => imodel.elements.loadProps("0x8a"));
  await step("load with geometry", () => imodel.elements.loadProps("0x8a", { wantGeometry: true }));
  await step("load only base properties", () => imodel.elements.loadProps("0x130", { onlyBaseProperties: true }));
  await step("load by code", () => imodel.elements.loadProps({ spec: "0x1f", scope: "0x14", value: "no such code" }));
  await step("load by a code that is there", async () => {
    const [{ code }] = await imodel.elements.getProps("0x16");
    return imodel.elements.loadProps(code);
  });
  await step("load by federation guid", async () => {
    const [found] = (await rows(imodel, "SELECT FederationGuid FROM BisCore.Element WHERE FederationGuid IS NOT NULL ORDER BY ECInstanceId LIMIT 1")).rows;
    return imodel.elements.loadProps(found[0]);
  });
  await step("load what is not there", () => imodel.elements.loadProps("0xfffff"));
  await step("query ids", () => imodel.queryEntityIds({ from: "BisCore.Subject" }));
  await step("query ids with all options", () => imodel.queryEntityIds({
    from: "BisCore.GeometricElement3d", where: "Model.Id=? AND UserLabel LIKE ?", bindings: ["0x35", "%e%"], orderBy: "ECInstanceId DESC", limit: 5, offset: 2,
  }));
  await step("query ids of one class only", () => imodel.queryEntityIds({ from: "BisCore.Subject", only: true, limit: 2, orderBy: "ECInstanceId" }));
  await step("query ids by name", () => imodel.queryEntityIds({ from: "BisCore:Subject", where: "CodeValue=:code", bindings: { code: "Site" } }));
  await step("query ids of nothing", () => imodel.queryEntityIds({ from: "BisCore.Subject", where: "ECInstanceId=?", bindings: ["0xfffff"] }));
  for (const from of ["BisCore.NoSuchClass", "nope", "", "BisCore.Subject; SELECT 1"]) await step(`refused: ids from "${from}"`, () => imodel.queryEntityIds({ from }));
  await step("refused: offset alone", () => imodel.queryEntityIds({ from: "BisCore.Subject", offset: 2 }));
  await step("query element properties", () => imodel.elements.queryProps({ from: "BisCore.Category", orderBy: "ECInstanceId" }));
}

async function models(step, imodel) {
  await step("model", () => imodel.models.getProps("0x35"));
  await step("models, one missing", () => imodel.models.getProps(["0x1", "0xfffff", "0x38"]));
  await step("model that is not there", () => imodel.models.getProps("0xfffff"));
  await step("element that is not there", () => imodel.elements.getProps("0xfffff"));
  await step("elements that are not there", () => imodel.elements.getProps(["0xfffff", "0xffffe"]));
  await step("query models", () => imodel.models.queryProps({ from: "BisCore.Model", orderBy: "ECInstanceId" }));
  await step("ranges", () => imodel.models.queryModelRanges(["0x35", "0x36", "0x37"]));
  await step("extents", () => imodel.models.queryExtents(["0x35", "0x38", "0xfffff"]));
  await step("loaded model state", async () => {
    await imodel.models.load(["0x35", "0x1a1"]);
    return ["0x35", "0x1a1"].map((id) => imodel.models.getLoaded(id)?.toJSON());
  });
}

async function queries(step, imodel, { QueryBinder, QueryOptionsBuilder, QueryRowFormat }) {
  const formats = [QueryRowFormat.UseECSqlPropertyIndexes, QueryRowFormat.UseECSqlPropertyNames, QueryRowFormat.UseJsPropertyNames];
  for (const rowFormat of formats) {
    await step(`a widget in row format ${rowFormat}`, () => rows(imodel, "SELECT * FROM WebEditTest.Widget WHERE ECInstanceId<0x132", undefined, { rowFormat }));
  }
  await step("id text by position", () => rows(imodel, "SELECT ECInstanceId, ECClassId, UserLabel FROM bis.Element WHERE ECInstanceId=?", QueryBinder.from(["0x1"])));
  await step("every kind of parameter", () => rows(imodel,
    "SELECT ECInstanceId FROM bis.Element WHERE ECInstanceId=:id AND :i=1 AND :d>1.0 AND :s='x' AND :b=TRUE AND IFNULL(:n,1)=1 AND :l=12 AND LENGTH(:bl)=3",
    new QueryBinder().bindId("id", "0x1").bindInt("i", 1).bindDouble("d", 1.5).bindString("s", "x").bindBoolean("b", true).bindNull("n")
      .bindLong("l", 12).bindBlob("bl", Uint8Array.of(1, 2, 3))));
  await step("points as parameters", () => rows(imodel, "SELECT ECInstanceId FROM BisCore.GeometricElement3d WHERE Origin=? LIMIT 1",
    new QueryBinder().bindPoint3d(1, { x: 0, y: 0, z: 0 })));
  await step("set of ids", () => rows(imodel, "SELECT ECInstanceId FROM bis.Element WHERE InVirtualSet(?, ECInstanceId)",
    new QueryBinder().bindIdSet(1, ["0x1", "0x10", "0x11"])));
  const limit = (count, offset) => new QueryOptionsBuilder().setLimit({ count, offset }).getOptions();
  await step("limit and offset", () => rows(imodel, "SELECT ECInstanceId FROM bis.Element ORDER BY ECInstanceId", undefined, limit(2, 1)));
  await step("limit of none", () => rows(imodel, "SELECT ECInstanceId FROM bis.Element", undefined, limit(0, 0)));
  await step("class ids as names", () => rows(imodel, "SELECT ECClassId, Model FROM bis.Element WHERE ECInstanceId=0x8a", undefined, { convertClassIdsToClassNames: true }));
  await step("abbreviated blobs", () => rows(imodel, "SELECT GeometryStream FROM BisCore.GeometricElement3d WHERE ECInstanceId=0x8a", undefined, { abbreviateBlobs: true }));
  await step("whole blobs", () => rows(imodel, "SELECT GeometryStream FROM BisCore.GeometricElement3d WHERE ECInstanceId=0x8a"));
  await step("on the primary connection", () => rows(imodel, "SELECT COUNT(*) AS n FROM bis.Element", undefined, { usePrimaryConn: true }));
  await step("trailing nulls", () => rows(imodel, "SELECT ECInstanceId, NULL, 1, NULL, NULL FROM bis.Element WHERE ECInstanceId=1"));
  await step("with a semicolon", () => rows(imodel, "SELECT 1 ; "));
  await step("common table", () => rows(imodel, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<4) SELECT x FROM c"));
  await step("metadata before the first step", async () => (await imodel.createQueryReader("SELECT * FROM BisCore.Element").getMetaData()).length);
  await step("step by step", async () => {
    const reader = imodel.createQueryReader("SELECT ECInstanceId AS id, CodeValue FROM bis.Subject ORDER BY ECInstanceId");
    const seen = [];
    while (await reader.step()) seen.push([reader.current.id, reader.current.toRow(), reader.done]);
    return seen;
  });
}

async function faultyQueries(step, imodel, { QueryBinder }) {
  const faulty = ["SELECT nope FROM bis.Element", "SELECT 1 FROM bis.NoSuchClass", "SELEC 1", "", "UPDATE bis.Element SET UserLabel='x'",
    "DELETE FROM bis.Element", "SELECT 1; SELECT 2", "SELECT ECInstanceId FROM bis.Element WHERE", "PRAGMA journal_mode"];
  for (const ecsql of faulty) await step(`refused: ${ecsql}`, () => rows(imodel, ecsql));
  await step("refused: a parameter that is not there", () => rows(imodel, "SELECT 1 FROM bis.Element WHERE ECInstanceId=:id", new QueryBinder().bindId("other", "0x1")));
  await step("a position too many", () => rows(imodel, "SELECT 1 FROM bis.Element WHERE ECInstanceId=?", QueryBinder.from(["0x1", 2])));
  await step("an unbound parameter", () => rows(imodel, "SELECT COUNT(*) FROM bis.Element WHERE ECInstanceId=?"));
}

async function others(step, imodel, { CodeSpec, IModelReadRpcInterface }) {
  const rpc = IModelReadRpcInterface.getClientForRouting(imodel.routingContext.token);
  await step("fonts", async () => [...(await imodel.loadFontMap()).fonts.values()]);
  for (const name of ["Generic:PhysicalObject", "WebEditTest:SpecialRecord", "BisCore:Element"]) {
    await step(`hierarchy of ${name}`, () => rpc.getClassHierarchy(imodel.getRpcProps(), name));
  }
  await step("hierarchy of no class", () => rpc.getClassHierarchy(imodel.getRpcProps(), "Nope:X"));
  await step("code spec by name", async () => {
    const spec = await imodel.codeSpecs.getByName("bis:Subject");
    return [spec instanceof CodeSpec, spec.id, spec.name, spec.properties];
  });
  await step("code spec by id", async () => (await imodel.codeSpecs.getById("0x1")).name);
  await step("code spec that is not there", () => imodel.codeSpecs.getByName("no such"));
  await step("all code specs", () => rpc.getAllCodeSpecs(imodel.getRpcProps()));
  await step("sub-categories", () => imodel.querySubCategories("+16+2"));
  await step("all used sub-categories", () => imodel.queryAllUsedSpatialSubCategories());
  await step("tooltips", async () => [await imodel.getToolTipMessage("0x1"), await imodel.getToolTipMessage("0x8a"), await imodel.getToolTipMessage("0x35")]);
  await step("tooltips of all kinds", async () => {
    const lines = [];
    for (const id of ["0x10", "0x16", "0x17", "0x2c", "0x76", "0x130", "0x1a2", "0x1b6"]) lines.push(await imodel.getToolTipMessage(id));
    return lines;
  });
  await step("tooltip of what is not there", () => imodel.getToolTipMessage("0xfffff"));
  await step("sub-categories of no category", () => imodel.querySubCategories(""));
  await step("sub-categories of what is no category", () => imodel.querySubCategories("+FFFFF"));
  await step("blob", () => imodel.createQueryReader && rpc.queryBlob(imodel.getRpcProps(), {
    className: "BisCore.GeometricElement3d", accessString: "GeometryStream", instanceId: "0x8a", range: { offset: 0, count: 16 },
  }).then(({ data, status, kind, rawBlobSize }) => ({ data, status, kind, rawBlobSize })));
}

async function readOnly(step, imodel, { IpcApp }) {
  const app = IpcApp.appFunctionIpc;
  await step("scopes are not supported", () => imodel.supportsGraphicalEditing());
  await step("scope", () => imodel.enterEditingScope());
  await step("save", () => imodel.saveChanges("no"));
  await step("abandon", () => imodel.abandonChanges());
  await step("undo", () => app.reverseTxns(imodel.key, 1));
  await step("redo", () => app.reinstateTxn(imodel.key));
  await step("pending", () => imodel.hasPendingTxns());
  await step("is undo possible", () => app.isUndoPossible(imodel.key));
  await step("restart", () => app.restartTxnSession(imodel.key));
}
