// Connections that are cut at any byte, again and again, while edits go on. Each edit says which it is; what the file has at the end
// is compared with what was answered: nothing lost, nothing doubled. WEH_CHAOS_SECONDS tells how long, WEH_CHAOS_SEED how it begins.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../src/index.js";
import { Daemon } from "./daemon.js";
import { Proxy } from "./proxy.js";

const SECONDS = Number(process.env.WEH_CHAOS_SECONDS ?? 30);
const SEED = Number(process.env.WEH_CHAOS_SEED ?? Date.now() % 1_000_000);
const NAMES = ["ann", "ben", "cem", "dan"];

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Tally {
  inserted: Map<string, string>;
  saves: number;
  saved: number;
  committed: number;
  changed: number;
}

const isInserted = (value: string): object => ({
  props: {
    classFullName: "BisCore:Subject", model: "0x1", code: { spec: "bis:Subject", scope: "0x1", value },
    parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
  },
});

/** Up to 20 edits at once, each group saved; with texts of up to 10 KB, so that cuts fall within messages. */
async function work(client: Client, name: string, until: number, random: () => number): Promise<Tally> {
  const tally: Tally = { inserted: new Map(), saves: 0, saved: 0, committed: 0, changed: 0 };
  client.on("txns.onCommitted", () => { tally.committed += 1; });
  client.on("txns.onElementsChanged", () => { tally.changed += 1; });
  await client.call("briefcase.open", { imodel: name });
  for (let n = 0; Date.now() < until;) {
    const group = Array.from({ length: 1 + Math.floor(random() * 20) }, () => `${name} ${n += 1}`);
    const calls = group.map(async (value) => {
      const { id } = await client.call("elements.insertElement", isInserted(value) as { props: object });
      const data = "x".repeat(random() * 10_000);
      assert.equal((await client.call("session.ping", { data })).data, data);
      tally.inserted.set(value, id);
    });
    await Promise.all(calls);
    tally.saves += 1;
    if ((await client.call("txns.saveChanges", { description: `save ${tally.saves}` })).saved) tally.saved += 1;
  }
  return tally;
}

async function check(client: Client, name: string, tally: Tally): Promise<void> {
  const found = new Map<string, string>();
  let cursor: string | undefined;
  do {
    const page = cursor === undefined
      ? await client.call("query.ecsql", { ecsql: "SELECT ECInstanceId, CodeValue FROM bis.Subject WHERE CodeValue LIKE ?", args: [`${name} %`], rowFormat: "array" })
      : await client.call("query.next", { cursor });
    cursor = page.cursor;
    for (const [id, value] of page.rows as [string, string][]) {
      // The code would not be unique; were the edit done twice, it would have been answered with an error.
      assert.ok(!found.has(value), `${value} stands twice`);
      found.set(value, id);
    }
  } while (cursor !== undefined);
  assert.deepEqual([...found].sort(), [...tally.inserted].sort());
  const txns = (await client.call("txns.list")).map((txn) => txn.description).filter((text) => text.startsWith("save "));
  assert.deepEqual(txns, Array.from({ length: tally.saves }, (_, i) => `save ${i + 1}`));
  assert.deepEqual([tally.saved, tally.committed, tally.changed], [tally.saves, tally.saves, tally.saves]);
}

test(`edits while connections are cut, for ${SECONDS} s, seed ${SEED}`, { timeout: (SECONDS + 120) * 1000 }, async (t) => {
  const daemon = await Daemon.start(NAMES);
  t.after(async () => daemon.remove());
  const random = randomFrom(SEED);
  let isCalm = false;
  // Small ones cut within the handshake, the ticket, session.hello and its answer.
  const allowance = (): number | undefined => (isCalm ? undefined : Math.floor(random() < 0.3 ? random() * 2000 : random() * 200_000));
  const proxy = await Proxy.start(Number(new URL(daemon.ready.sessionUrl).port), allowance);
  t.after(async () => proxy.stop());
  const url = daemon.ready.sessionUrl.replace(/:\d+/, `:${proxy.port}`);
  const until = Date.now() + SECONDS * 1000;
  const options = { backoff: { firstMs: 5, mostMs: 50 }, connectMs: 2000, heartbeatMs: 1000 };
  isCalm = true;
  const clients = await Promise.all(NAMES.map(async () => daemon.connect({ ...options, url })));
  const sessions = clients.map((client) => client.session.sessionId);
  isCalm = false;
  t.after(() => { for (const client of clients) client.abandon(); });
  const timer = setInterval(() => { if (!isCalm && random() < 0.3) proxy.cutAll(); }, 100);
  t.after(() => clearInterval(timer));
  const tallies = await Promise.all(clients.map(async (client, i) => work(client, NAMES[i] ?? "", until, random)));
  isCalm = true;
  for (const [i, tally] of tallies.entries()) {
    const client = clients[i];
    assert.ok(client !== undefined && client.session.sessionId === sessions[i]);
    await check(client, NAMES[i] ?? "", tally);
    await client.close();
  }
  const edits = tallies.reduce((sum, tally) => sum + tally.inserted.size, 0);
  t.diagnostic(`${proxy.cuts} cuts, ${edits} edits, ${tallies.reduce((sum, tally) => sum + tally.saves, 0)} saves`);
  assert.ok(proxy.cuts >= SECONDS, `only ${proxy.cuts} cuts`);
});
