// ECSQL through the stock query reader.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { common, webEdit, withServer, openToEdit, emptyCode } from "./suite.mjs";

const { QueryBinder, QueryOptionsBuilder, QueryRowFormat } = common;
const shared = withServer({ readOnly: true });

const read = (ecsql, binder, options) => shared.imodel.createQueryReader(ecsql, binder, options).toArray();
const limited = (count, offset) => new QueryOptionsBuilder().setLimit({ count, offset }).getOptions();

test("metadata can be had before and after the first step", async () => {
  const before = shared.imodel.createQueryReader("SELECT * FROM BisCore.Element");
  assert.equal((await before.getMetaData()).length, 11);
  const later = shared.imodel.createQueryReader("SELECT * FROM BisCore.Element");
  assert.equal(await later.step(), true);
  assert.equal((await later.getMetaData()).length, 11);
});

test("the primary connection gives the same rows", async () => {
  const ecsql = "SELECT ECInstanceId, ECClassId, CodeValue FROM BisCore.Element ORDER BY ECInstanceId";
  assert.deepEqual(await read(ecsql, undefined, { usePrimaryConn: true }), await read(ecsql));
});

test("limits count, with and without an offset", async () => {
  const ecsql = "SELECT ECInstanceId FROM BisCore.Element ORDER BY ECInstanceId";
  const all = await read(ecsql);
  assert.ok(all.length > 100);
  assert.deepEqual(await read(ecsql, undefined, limited(25)), all.slice(0, 25));
  assert.deepEqual(await read(ecsql, undefined, limited(25, 50)), all.slice(50, 75));
  assert.deepEqual(await read(ecsql, undefined, limited(100, all.length - 5)), all.slice(-5));
});

test("pages add up to the whole", async () => {
  const ecsql = "SELECT ECInstanceId FROM BisCore.Element ORDER BY ECInstanceId";
  const all = await read(ecsql);
  const pages = [];
  for (let offset = 0; offset < all.length; offset += 37) pages.push(...await read(ecsql, undefined, limited(37, offset)));
  assert.deepEqual(pages, all);
});

test("rows have JavaScript's names when asked for", async () => {
  const rows = await read("SELECT ECInstanceId, Parent.Id FROM BisCore.Element WHERE Parent.Id IS NOT NULL", undefined,
    { rowFormat: QueryRowFormat.UseJsPropertyNames });
  assert.ok(rows.length > 0);
  for (const row of rows) {
    assert.deepEqual(Object.keys(row).sort(), ["id", "parent.id"]);
    assert.ok(row.id.startsWith("0x") && row["parent.id"].startsWith("0x"));
  }
});

test("abbreviated blobs are shorter than whole ones", async () => {
  const ecsql = "SELECT GeometryStream FROM BisCore.GeometricElement3d WHERE ECInstanceId=0x8a";
  const [[whole]] = await read(ecsql);
  const [[short]] = await read(ecsql, undefined, { abbreviateBlobs: true });
  assert.ok(whole instanceof Uint8Array);
  assert.ok(JSON.parse(short).bytes > 0 && short.length < whole.byteLength);
});

test("an id can be bound as text by its position", async () => {
  assert.deepEqual(await read("SELECT ECInstanceId FROM BisCore.Element WHERE ECInstanceId=?", QueryBinder.from(["0x1"])), [["0x1"]]);
  assert.deepEqual(await read("SELECT ECInstanceId FROM BisCore.Element WHERE ECInstanceId=:id", new QueryBinder().bindId("id", "0x1")), [["0x1"]]);
});

test("a faulty query is refused with what is wrong", async () => {
  await assert.rejects(read("SELECT nope FROM BisCore.Element"), /nope/);
  await assert.rejects(read("DELETE FROM BisCore.Element"));
});

test("unsaved changes are seen on the primary connection only", async () => {
  const writer = await openToEdit();
  const ecsql = "SELECT COUNT(*) FROM BisCore.Subject";
  const count = async (options) => (await writer.createQueryReader(ecsql, undefined, options).toArray())[0][0];
  const saved = await count();
  await webEdit.insertElement(writer.key, {
    classFullName: "BisCore:Subject", model: "0x1", code: emptyCode, parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
  });
  assert.deepEqual([await count(), await count({ usePrimaryConn: true })], [saved, saved + 1]);
  await writer.close();
});
