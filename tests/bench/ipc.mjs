#!/usr/bin/env node
// Editing over /ipc by stock clients: our server against the official backend, on the same machine in one run. Prints one JSON
// value; nothing is judged here. Each user has an iModel of its own and does the same, one thing after the other, all users at
// once; ours are in one server, the official backend has a process for each, because one process tells every page everything.
//
//   node ipc.mjs [--users 1,10,100] [--rounds N] [--warm N] [--think MS] [--users-a-client N] [--file NAME] [--official-most N]
//                [--edits-only] DAEMON
//
// What is measured is a round trip as a page sees it: from the call in the stock transport to its answer there, with the client's
// JSON, its process and the kernel. So that it is not the clients alone:
// - The users are in processes of their own, --users-a-client in each (10), as one process is busy with the answers of few users.
// - Before it counts, each user does --warm rounds (100): until then the JavaScript of the client, and of the official backend, is not
//   compiled, which takes longer than what we want to know. Ours has nothing to warm but its caches.
// - With --think each user waits between two operations, that long on average (half to one and a half times of it). Without (0),
//   users take turns for the processors, and a round trip of many users is mostly waiting for those: then seconds and
//   processorSeconds say more than milliseconds. To see round trips of many, let them think until the processors are idle half of
//   the time: 100 users about 1000 ms on two cores.
//
// --edits-only: insert and read by the channel webedit/edit, without the stock command and RPC, and no queries.
//
// Of each side and number of users: milliseconds (p50 and p99 of all users' round trips of a kind), seconds that the rounds took,
// processorSeconds of the server side in them, clientProcessorSeconds of all clients, memoryKiB: the proportional share of all
// processes of the server side while its users are connected, after the rounds (smaps_rollup).
//
// 100 official processes take 12 to 20 GB. Needs tests/interop/node_modules. Progress goes to the standard error.
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServer } from "../interop/lib/ipc/servers.mjs";

const CLIENT = join(dirname(fileURLToPath(import.meta.url)), "ipc_client.mjs");
const TICKS_PER_SECOND = 100;

const { values, positionals } = parseArgs({
  options: {
    users: { type: "string", default: "1,10,100" }, rounds: { type: "string", default: "100" }, warm: { type: "string", default: "100" },
    think: { type: "string", default: "0" }, "users-a-client": { type: "string", default: "10" }, file: { type: "string", default: "small" },
    "official-most": { type: "string", default: "100" }, "edits-only": { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const ROUNDS = Number(values.rounds);
const WARM_ROUNDS = Number(values.warm);
const THINK_MS = Number(values.think);
const USERS_A_CLIENT = Number(values["users-a-client"]);

const say = (text) => process.stderr.write(`${text}\n`);

/** A process with some of the users. One order after the other. */
class Client {
  #process = fork(CLIENT, [JSON.stringify({ editsOnly: values["edits-only"] })]);
  #ended = new Promise((done) => { this.#process.once("exit", done); });

  /** What it answers to @order. */
  ask(order) {
    const answer = new Promise((done, fail) => {
      this.#process.once("message", (message) => (message.error === undefined ? done(message) : fail(new Error(message.error))));
    });
    const ended = this.#ended.then(() => { throw new Error(`a client ended at ${order.what}`); });
    this.#process.send(order);
    return Promise.race([answer, ended]);
  }

  end() {
    this.#process.kill("SIGKILL");
    return this.#ended;
  }
}

/** Kilobytes that are a process's share. */
function memoryOf(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);
}

/** Seconds of the processor that a process has used. */
function processorOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

const rounded = (seconds) => Number(seconds.toFixed(2));

function summary(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (p) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))].toFixed(3));
  return { p50: at(0.5), p99: at(0.99) };
}

/** The round trips of all clients, by operation. */
function together(answers) {
  return Object.fromEntries(Object.keys(answers[0].times).map((name) => [name, summary(answers.flatMap((a) => a.times[name]))]));
}

/** Start @n of @which into @servers, as many at once as there are processors. */
async function startServers(which, n, servers) {
  let begun = 0;
  await Promise.all(Array.from({ length: availableParallelism() }, async () => {
    while (begun < n) {
      begun += 1;
      servers.push(await startServer(which));
      if (servers.length % 10 === 0) say(`${servers.length} of ${n} ${servers[0].kind} processes`);
    }
  }));
}

async function openAll(users, servers, clients) {
  for (let i = 0; i < users; i += 1) {
    const server = servers[i % servers.length];
    const key = `user-${i}`;
    await clients[i % clients.length].ask({ what: "open", key, url: await server.pageUrl(), place: server.place(values.file, key) });
  }
}

/** @users at once on as many servers as that side needs. */
async function measure(which, users) {
  const servers = [];
  const clients = Array.from({ length: Math.ceil(users / USERS_A_CLIENT) }, () => new Client());
  const askAll = (order) => Promise.all(clients.map((client) => client.ask(order)));
  try {
    await startServers(which, which === "official" ? users : 1, servers);
    say(`${users} users, ${servers[0].kind}: open, ${WARM_ROUNDS} rounds to warm up`);
    await openAll(users, servers, clients);
    await askAll({ what: "run", rounds: WARM_ROUNDS, thinkMs: 0 });
    say(`${ROUNDS} rounds`);
    const pids = servers.map((server) => server.daemon.process.pid);
    const sum = (of) => pids.map(of).reduce((a, b) => a + b, 0);
    const used = sum(processorOf);
    const began = Date.now();
    const answers = await askAll({ what: "run", rounds: ROUNDS, thinkMs: THINK_MS });
    const result = {
      processes: pids.length, seconds: rounded((Date.now() - began) / 1000), processorSeconds: rounded(sum(processorOf) - used),
      clientProcessorSeconds: rounded(answers.reduce((total, a) => total + a.processorSeconds, 0)), memoryKiB: sum(memoryOf),
      milliseconds: together(answers),
    };
    await askAll({ what: "close" });
    return result;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    for (const server of servers) await server.stop();
  }
}

const out = { rounds: ROUNDS, warm: WARM_ROUNDS, thinkMs: THINK_MS, file: values.file, users: {} };
for (const users of values.users.split(",").map(Number)) {
  out.users[users] = { ours: await measure(positionals[0], users) };
  if (users <= Number(values["official-most"])) out.users[users].official = await measure("official", users);
}
console.log(JSON.stringify(out, null, 1));
