// One script from its seed to the verdict: generated and played with the official backend, played by us, judged.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../client.mjs";
import { _nativeDb, bentley, backend, copyIModel, copyToScratch, openIModel, openSqlite } from "../host.mjs";
import { OP_NAMES } from "../ops.mjs";
import { methodOf } from "../sides.mjs";
import { locals, select, txnRows } from "../tables.mjs";
import { plain } from "../tap.mjs";
import { Classes } from "./classes.mjs";
import { explained } from "./explained.mjs";
import { Generator } from "./generate.mjs";
import { Pairs, changesOf, compareAnswers, compareChanges, compareFiles, integrityErrors, jsonDifferences } from "./judge.mjs";
import { OfficialPlayer, playOurs, resolve } from "./player.mjs";
import { Random } from "./random.mjs";
import { World } from "./world.mjs";

const READS = { readElement: "readElement", readModel: "readModel", readAspects: "readAspects" };
const MISSING_ID = 65569;
const hex = (n) => `0x${BigInt(n).toString(16)}`;

/** @file as the briefcase 2 of an iModel whose hub keeps no locks. */
function asBriefcase(file) {
  const copy = copyToScratch(file, "briefcase.bim");
  const db = backend.StandaloneDb.openFile(copy, bentley.OpenMode.ReadWrite);
  db.txns.deleteAllTxns();
  db.saveChanges();
  db[_nativeDb].resetBriefcaseId(2);
  db[_nativeDb].saveLocalValue("NoLocking", "true");
  db.saveChanges();
  db.performCheckpoint();
  db.close();
  return copy;
}

export class Runner {
  #classes = new Map();
  #bases = new Map();
  #n = 0;

  /** @daemon runs; @data(name) tells where the test files lie; @dir is for the official side's files. */
  constructor(daemon, data, dir) {
    this.daemon = daemon;
    this.data = data;
    this.dir = dir;
  }

  async connect() {
    this.client = await Client.connect(this.daemon.ready, "msgpack");
    const described = await this.client.call("host.describe");
    this.methods = new Set(described.methods.map((m) => m.name));
    this.missing = [...OP_NAMES, ...Object.keys(READS)].filter((n) => methodOf(n) !== undefined && !this.methods.has(methodOf(n)));
  }

  can(op) {
    const method = methodOf(op);
    return method !== undefined && this.methods.has(method) && (OP_NAMES.includes(op) || READS[op] !== undefined);
  }

  base(name) {
    if (!this.#bases.has(name)) {
      const file = name === "briefcase" ? asBriefcase(this.data("small")) : this.data(name);
      const db = openSqlite(file);
      const txns = new Set(txnRows(db).map((t) => t.Id));
      const guids = ["SELECT FederationGuid AS g FROM bis_Element", "SELECT ps1 AS g FROM bis_Model"]
        .flatMap((sql) => select(db, sql)).filter((r) => r.g instanceof Uint8Array).map((r) => Buffer.from(r.g).toString("hex").toUpperCase());
      db.closeDb();
      this.#bases.set(name, { guids, file, txns });
    }
    return this.#bases.get(name);
  }

  /** The file that @seed edits. */
  static baseOf(seed) {
    return new Random("base", seed).weighted([[5, "small"], [3, "empty"], [3, "briefcase"]]);
  }

  async #withOfficial(base, name, work) {
    const file = join(this.dir, name);
    copyIModel(base.file, file);
    const db = await openIModel(file, true);
    try {
      return await work(db, new OfficialPlayer(db), file);
    } finally {
      if (db.txns.hasUnsavedChanges) db.abandonChanges();
      db.close();
    }
  }

  /** What the official backend answers to each step; @job.script, or a script made on the way. */
  #rehearse(job, base) {
    return this.#withOfficial(base, "rehearsal.bim", (db, player) => {
      if (job.script === undefined) return this.#generate(job, db, player);
      return { script: job.script, answers: job.script.map((op) => (op.only === "ours" ? undefined : player.run(op))) };
    });
  }

  #generate(job, db, player) {
    if (!this.#classes.has(job.base)) this.#classes.set(job.base, new Classes(db));
    const world = new World(db, this.#classes.get(job.base));
    const generator = new Generator(new Random("differ", job.seed), world, (op) => this.can(op), (v) => resolve(v, player.results));
    const script = [];
    const answers = [];
    const run = (op) => {
      script.push(op);
      job.trace?.(op);
      const written = player.written();
      const answer = op.only === "ours" ? undefined : player.run(op);
      answers.push(answer);
      if (answer !== undefined) generator.learn(op, answer);
      // Of nested models the official deleteTree may delete one twice, and then it stops: ours need not.
      if (op.op === "deleteElementTree" && answer.number === MISSING_ID) op.only = "official";
      // The official backend may stop half way; ours must not. Both begin anew from the last save.
      if (answer !== undefined && "number" in answer && player.written() !== written) run({ op: "abandon" });
    };
    while (script.length < job.steps - 1) run(generator.step());
    run({ op: "save", description: "end" });
    return { script, answers };
  }

  /**
   * The reference: the official backend with the accepted steps alone. A refused request must leave no trace, not
   * even a used id, which the official backend keeps to only when it never sees the request.
   */
  #perform({ script, answers }, base, seed) {
    const accepted = script.filter((op, i) => answers[i] !== undefined && !("number" in answers[i]));
    return this.#withOfficial(base, "official.bim", (db, player, file) => {
      const startMs = Date.now();
      const results = new Map(accepted.map((op) => [op, player.run(op)]));
      const odd = accepted.find((op) => "number" in results.get(op));
      return {
        file, script, startMs, results: player.results, odd,
        answers: script.map((op, i) => results.get(op) ?? answers[i]),
        reads: this.#readsOf(db, startMs, seed ?? 0), changes: changesOf(db, base.txns),
      };
    });
  }

  /** What is read in the end by both sides: all that changed, and a sample of the rest. */
  #readsOf(db, startMs, seed) {
    const start = startMs / 86400000 + 2440587.5;
    const ids = select(db, "SELECT Id FROM bis_Element WHERE LastMod>=? OR Id%10=? ORDER BY Id", [start, Number(seed) % 10]).map((r) => hex(r.Id));
    const reads = ids.map((id) => ({ op: "readElement", id }));
    for (const r of select(db, "SELECT Id FROM bis_Model ORDER BY Id")) reads.push({ op: "readModel", id: hex(r.Id) });
    if (this.can("readAspects")) {
      for (const r of select(db, `SELECT ElementId FROM bis_ElementMultiAspect UNION SELECT ElementId FROM bis_ElementUniqueAspect`)) {
        reads.push({ op: "readAspects", id: hex(r.ElementId) });
      }
    }
    return reads;
  }

  async #playOurs(official, base) {
    this.#n += 1;
    const imodel = `d${this.#n}`;
    const file = this.daemon.file(imodel);
    copyIModel(base.file, file);
    await this.client.call("briefcase.open", { imodel, mode: "readwrite" });
    // Undo of the official backend ends where the file was opened.
    await this.client.call("txns.restartTxnSession");
    try {
      const answers = await playOurs(this.client, official.script, official.results);
      const reads = await playOurs(this.client, official.reads, {});
      return { file, answers, reads };
    } finally {
      await this.client.call("briefcase.close", { unsaved: "abandon" });
    }
  }

  /** The official backend opens our file: its own check, our transactions decoded, and what it reads there. */
  async #officialOnOurs(pairs, official, ours, base) {
    const db = await openIModel(ours.file, false);
    try {
      const errors = integrityErrors(db);
      if (errors.length > 0 && (await this.#integrityOf(official.file)) !== errors.join()) return { kind: "integrity", text: errors.join() };
      const changes = changesOf(db, base.txns);
      ours.spoilChanges?.(changes);
      const found = compareChanges(pairs, changes, official.changes);
      if (found !== undefined) return found;
      const player = new OfficialPlayer(db);
      for (const [i, read] of official.reads.entries()) {
        const [first] = jsonDifferences(pairs, ours.reads[i].result, player.run(read).result);
        if (first !== undefined) {
          return { kind: `read ${read.op} ${first[0].replace(/\d+/g, "N")}`, text: `${read.op} ${read.id} ${first[0]}: ours ${JSON.stringify(first[1])}, official ${JSON.stringify(first[2])}` };
        }
      }
      return undefined;
    } finally {
      db.close();
    }
  }

  async #judge(pairs, official, ours, base) {
    if (official.odd !== undefined) return [{ kind: "harness", text: `accepted only once: ${JSON.stringify(official.odd)}` }];
    const failures = compareAnswers(pairs, official.script, official.answers, ours.answers, explained);
    if (failures.some((f) => f.fatal)) return failures;
    const found = compareFiles(pairs, ours.file, official.file) ?? await this.#officialOnOurs(pairs, official, ours, base);
    return found === undefined ? failures : [...failures, found];
  }

  async #integrityOf(file) {
    const db = await openIModel(file, false);
    try {
      return integrityErrors(db).join();
    } finally {
      db.close();
    }
  }

  /**
   * One script. @job {seed, base, steps} or {script, base}; @job.spoil(ours) may damage our file or answers, to test the test.
   * Tells {script, answers, failures: [{kind, text, step?, op?}]}.
   */
  async run(job) {
    const base = this.base(job.base);
    const rehearsal = await this.#rehearse(job, base);
    const official = await this.#perform(rehearsal, base, job.seed);
    const ours = await this.#playOurs(official, base);
    job.spoil?.(ours);
    const pairs = new Pairs(official.script, official.startMs, base.guids);
    const failures = await this.#judge(pairs, official, ours, base);
    if (existsSync(ours.file)) for (const end of ["", "-wal", "-shm", "-watch"]) rmSync(ours.file + end, { force: true });
    return { script: official.script, answers: official.answers, failures };
  }
}
