#!/usr/bin/env node
// Plays the client's side of recorded exchanges to a server and compares what comes back with what was recorded. See README.md.
// usage: node ipc_replay.mjs [--only session|transcript] official|DAEMON
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Player } from "./lib/ipc/player.mjs";
import { recordedRequests } from "./lib/ipc/recording.mjs";
import { compareReplay } from "./lib/ipc/replay_compare.mjs";
import { startServer } from "./lib/ipc/servers.mjs";
import { Report, ok } from "./lib/tap.mjs";

const { values, positionals } = parseArgs({ options: { only: { type: "string" } }, allowPositionals: true });
const which = positionals[0] ?? process.env.WEH_DAEMON;
if (which === undefined) throw new Error('name the server: "official", or the daemon');

/** What was recorded, and how it is prepared; the rest of the transcript needs a hub. */
const recordings = {
  session: {
    prepare(server) {
      writeFileSync(server.daemon.file("recorded-text"), "no database");
      // Names that occur nowhere else, because they are put back into what is answered.
      return [["small.bim", server.place("small", "recorded-small")], ["text.bim", server.nameOf("recorded-text")], ["missing.bim", server.nameOf("recorded-missing")]];
    },
    until: () => false,
  },
  transcript: {
    async prepare(server) {
      const { makeStandalone } = await import("./lib/ipc/standalone.mjs");
      await makeStandalone(server.daemon.file("recorded-standalone"));
      return [["<dir>/standalone.bim", server.nameOf("recorded-standalone")], ["/no/such/file.bim", server.nameOf("recorded-no-such")]];
    },
    until: (step) => step.startsWith("hub:"),
  },
};

async function replay(server, { prepare, until }, requests) {
  const names = await prepare(server);
  const player = new Player(await server.pageUrl(), names);
  const exchanges = [];
  for (const request of requests) {
    if (until(request.step)) break;
    exchanges.push({ request, got: await player.play(request) });
  }
  player.close();
  return { exchanges, names: player.names };
}

const report = new Report();
for (const [name, recording] of Object.entries(recordings)) {
  if (values.only !== undefined && values.only !== name) continue;
  const server = await startServer(which);
  await report.test(`${name}, as recorded`, async () => {
    const { differences, compared, explained } = compareReplay(name, await replay(server, recording, recordedRequests(name)));
    console.log(`# ${name}: ${compared} exchanges, ${explained} differ with a reason`);
    for (const line of differences) console.log(`# ${line}`);
    ok(differences.length === 0, `${differences.length} lines of differences (got <> recorded), above`);
  });
  const { code, signal } = await server.stop();
  await report.test(`${name}: the server ends cleanly`, () => ok(code === 0, `exit ${code ?? signal}\n${server.daemon.log.join("\n")}`));
}
process.exitCode = report.end();
