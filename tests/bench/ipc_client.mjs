// Some of the users of ipc.mjs, which starts this and tells it what to do, one message at a time: each is answered by one.
//
//   { what: "open", key, url, place }       one more user, with an iModel of its own
//   { what: "run", rounds, thinkMs }        all of them at once; answered by { times: { operation: [ms] }, processorSeconds }
//   { what: "close" }
//
// What fails is answered by { error }.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { StockClient } from "../interop/lib/ipc/stock_client.mjs";

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), "../interop/package.json"));
const { IModelJson, LineSegment3d, Point3d } = require("@itwin/core-geometry");

const { editsOnly } = JSON.parse(process.argv[2]);
const OPEN_READ_WRITE = 2;
const NS_PER_MS = 1e6;
const US_PER_SECOND = 1e6;

const geom = [IModelJson.Writer.toIModelJson(LineSegment3d.create(Point3d.createZero(), Point3d.create(2, 0, 0)))];
const object = (n) => ({
  classFullName: "Generic:PhysicalObject", model: "0x35", category: "0x16", code: { spec: "0x1", scope: "0x1", value: "" }, userLabel: `bench ${n}`,
  placement: { origin: { x: n, y: 0, z: 0 }, angles: {} }, geom,
});
const query = {
  kind: 1, query: "SELECT ECInstanceId, UserLabel, CodeValue FROM Generic.PhysicalObject WHERE ECInstanceId<?", args: { 1: { type: 2, value: "0xa0" } },
  limit: { offset: 0, count: -1 }, includeMetaData: true, valueFormat: 0, rowFormat: 1,
};

class User {
  async open({ key, url, place }) {
    this.key = key;
    this.client = new StockClient(url);
    await this.client.opened;
    const props = await this.client.app("openStandalone", place, OPEN_READ_WRITE, { key });
    this.token = { key, iTwinId: props.iTwinId, iModelId: props.iModelId, changeset: props.changeset };
    if (!editsOnly) await this.client.invoke("itwinjs-core/editor", "startCommand", "basicManipulation", key);
  }

  /** What an editing user does; @times gets how long each took, in milliseconds. */
  async round(n, thinkMs, times) {
    const { client, key, token } = this;
    const timed = async (name, work) => {
      if (thinkMs > 0) await wait(thinkMs * (0.5 + Math.random()));
      const began = process.hrtime.bigint();
      const result = await work();
      (times[name] ??= []).push(Number(process.hrtime.bigint() - began) / NS_PER_MS);
      return result;
    };
    const webEdit = (method, argument) => client.invoke("webedit/edit", method, key, argument);
    const read = (operation, argument) => client.rpc("IModelReadRpcInterface", "3.7.0", operation, token, argument);
    const id = await timed("insert", () => (editsOnly ? webEdit("insertElement", object(n)) : client.edit("insertGeometricElement", object(n))));
    await timed("save", () => client.app("saveChanges", key, `round ${n}`));
    await timed("getElementProps", () => (editsOnly ? webEdit("getElementProps", id) : read("getElementProps", [id])));
    if (!editsOnly) await timed("queryRows", () => read("queryRows", query));
    await timed("undo", () => client.app("reverseTxns", key, 1));
    client.takePushes();
  }

  async close() {
    await this.client.app("closeIModel", this.key);
    await this.client.close();
  }
}

const users = [];

const orders = {
  async open(order) {
    const user = new User();
    await user.open(order);
    users.push(user);
    return {};
  },

  async run({ rounds, thinkMs }) {
    const times = {};
    const used = process.cpuUsage();
    await Promise.all(users.map(async (user) => {
      for (let n = 0; n < rounds; n += 1) await user.round(n, thinkMs, times);
    }));
    const { user, system } = process.cpuUsage(used);
    return { times, processorSeconds: (user + system) / US_PER_SECOND };
  },

  async close() {
    for (const user of users.splice(0)) await user.close();
    return {};
  },
};

process.on("message", async (order) => {
  try {
    process.send(await orders[order.what](order));
  } catch (e) {
    process.send({ error: e.stack });
  }
});
