// Worker processes that take jobs from one queue; one that dies is replaced, and its job has failed.
import { fork } from "node:child_process";
import { rmSync } from "node:fs";

/** For one job, and for going when there are no more: a worker that takes longer is ended, as if it had died. */
const PATIENCE_MS = 180_000;

/** What a worker that died leaves behind: {pid, dir} of its server. */
function cleanUp({ pid, dir }) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went by itself.
  }
  rmSync(dir, { recursive: true, force: true });
}

export class Pool {
  #queue = [];
  #working = new Map();
  #idle = new Set();
  #alive = new Set();

  /**
   * @self is run with @args, @size times. @done(job, answer) hears of each job; @broken(kind, text) makes the answer of one whose
   * worker died.
   */
  constructor({ self, args, size, done, broken }) {
    Object.assign(this, { self, args, done, broken });
    this.finished = new Promise((resolve) => { this.resolve = resolve; });
    for (let i = 0; i < size; i += 1) this.#spawn();
  }

  add(job, first = false) {
    if (first) this.#queue.unshift(job);
    else this.#queue.push(job);
  }

  /** Leave out the jobs that have not begun and of which @test is true. */
  drop(test) {
    this.#queue = this.#queue.filter((job) => !test(job));
  }

  #spawn() {
    const child = fork(this.self, this.args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#alive.add(child);
    let leaves;
    child.on("message", (m) => { leaves = m.leaves ?? leaves; });
    child.on("message", (m) => this.#heard(child, m));
    child.once("exit", (code, signal) => {
      this.#alive.delete(child);
      this.#idle.delete(child);
      clearTimeout(child.patience);
      if (signal !== null && leaves !== undefined) cleanUp(leaves);
      const job = this.#working.get(child);
      this.#working.delete(child);
      if (job !== undefined) {
        this.done(job, this.broken("crash", `the worker process ended: ${code ?? signal}`));
        if (this.#queue.length > 0) this.#spawn();
        this.#give(); // those that wait: it may have been the last job
      }
      if (this.#alive.size === 0) this.resolve();
    });
  }

  #heard(child, m) {
    if (m.ended !== undefined) {
      if (m.ended !== 0) this.done({ seed: "end" }, this.broken("end", `the server ended with ${m.ended}\n${m.log.join("\n")}`));
      return;
    }
    if (m.ready) {
      this.missing = m.missing;
    } else {
      clearTimeout(child.patience);
      const job = this.#working.get(child);
      this.#working.delete(child);
      this.done(job, m);
    }
    this.#idle.add(child);
    this.#give();
  }

  /** Work for who has none; when there is none for anybody any more, the end. */
  #give() {
    for (const child of [...this.#idle]) {
      const job = this.#queue.shift();
      if (job === undefined) break;
      this.#idle.delete(child);
      this.#working.set(child, job);
      child.patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
      child.send(job);
    }
    if (this.#queue.length > 0 || this.#working.size > 0) return;
    for (const child of this.#idle) child.send({ end: true });
    this.#idle.clear();
    setTimeout(() => this.#alive.forEach((child) => child.kill("SIGKILL")), PATIENCE_MS).unref();
  }
}
