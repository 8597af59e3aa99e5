// What a worker process of a pool (pool.mjs) begins and ends with: a server and an official backend of its own, and jobs between.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "./daemon.mjs";
import { start, stop } from "./host.mjs";

const MEMORY = "/dev/shm";

/** Do @work(daemon, dir) with a server of @program in a directory of its own; the parent hears how the server ended. */
export async function withServer({ program, name, settings }, work) {
  const dir = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), `weh-${name}-`));
  const daemon = new Daemon(program, dir, settings);
  await start();
  try {
    await daemon.start();
    await work(daemon, dir);
    const { code, signal } = await daemon.stop();
    process.send({ ended: code ?? signal, log: daemon.log });
  } finally {
    if (daemon.process !== undefined && daemon.process.exitCode === null && daemon.process.signalCode === null) await daemon.kill();
    await stop();
    rmSync(dir, { recursive: true, force: true });
    if (process.connected) process.disconnect();
  }
}

/** Answer the parent's jobs with @play(job), or @broken(text, job) when that throws, until it says {end}. @ready: what it hears first. */
export async function answerJobs({ daemon, dir, ready, play, broken }) {
  const end = new Promise((closed) => {
    process.on("message", async (job) => {
      if (job.end) return closed();
      try {
        process.send(await play(job));
      } catch (e) {
        process.send(broken(`${e.stack ?? e}\n${daemon.log.slice(-20).join("\n")}`, job));
      }
    });
  });
  process.send({ ready: true, ...ready, leaves: { pid: daemon.process.pid, dir } });
  await end;
}
