// The worker process of ecsql_differ.mjs: one daemon, one official backend, one query after another, told by messages.
// A process of its own, because the official backend ends its process on some faults.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "../client.mjs";
import { Random } from "../differ/random.mjs";
import { copyIModel, openIModel } from "../host.mjs";
import { answerJobs, withServer } from "../pooled.mjs";
import { Catalog } from "./catalog.mjs";
import { explained } from "./explained.mjs";
import { spoilt } from "./faults.mjs";
import { compare, gist } from "./judge.mjs";
import { Queries } from "./queries.mjs";
import { shrink } from "./shrink.mjs";
import { OfficialSide, OurSide } from "./sides.mjs";
import { spoils } from "./spoil.mjs";

const data = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "data");
const INVALID = 0.2;
/** Quotas that end what takes long on either side; such queries are counted and not compared. */
const SETTINGS = ["query.time_ms=4000"];

class World {
  /** @file for the official side; the same is open in @client. */
  static async open(name, daemon, dir) {
    const world = new World();
    const file = join(dir, `${name}.official.bim`);
    copyIModel(join(data, `${name}.bim`), file);
    copyIModel(join(data, `${name}.bim`), daemon.file(name));
    world.db = await openIModel(file, false);
    world.official = new OfficialSide(world.db);
    world.client = await Client.connect(daemon.ready, "json");
    await world.client.call("briefcase.open", { imodel: name, mode: "readonly" });
    world.ours = new OurSide(world.client);
    world.catalog = await Catalog.read(world.db, async (query) => {
      const answer = await world.official.ask({ query });
      return answer.error === undefined && !answer.late ? answer : undefined;
    });
    return world;
  }

  /** The question that @seed stands for. */
  question(seed) {
    const random = new Random("ecsql", seed);
    const made = new Queries(random, this.catalog).make();
    return random.chance(INVALID) ? { ...made, ...spoilt(random, made.query), ordered: false, options: { ...made.options, limit: undefined } } : made;
  }

  async differs(question, spoil) {
    const theirs = await this.official.ask(question);
    const ours = await this.ours.ask(question);
    spoil?.(ours);
    const difference = compare(ours, theirs, question.ordered);
    return { difference, refused: theirs.error === undefined ? undefined : gist(theirs.error), rows: theirs.rows?.length };
  }

  async close() {
    await this.client.close();
    this.db.close();
  }
}

async function play(world, job) {
  const question = job.question ?? world.question(job.seed);
  const spoil = spoils[job.spoil];
  const { difference, refused, rows } = await world.differs(question, spoil);
  const out = { query: question.query, fault: question.fault, refused, rows };
  if (difference === undefined) return out;
  if (difference.skipped !== undefined) return { ...out, skipped: difference.skipped };
  const reason = explained(difference, question.query);
  return reason !== undefined ? { ...out, explained: reason } : { ...out, difference, question };
}

async function shorten(world, job) {
  const fails = async (query) => {
    const { difference } = await world.differs({ ...job.question, query });
    return difference?.kind === job.difference.kind;
  };
  const query = await shrink(job.question.query, fails, job.shortenMs);
  return { shortened: { ...job, question: { ...job.question, query }, difference: (await world.differs({ ...job.question, query })).difference ?? job.difference } };
}

/** Serve the parent process until it says {end}. */
export async function serveJobs(program, file) {
  await withServer({ program, name: "ecsql-differ", settings: SETTINGS }, async (daemon, dir) => {
    const world = await World.open(file, daemon, dir);
    await answerJobs({
      daemon, dir,
      play: (job) => (job.difference === undefined ? play(world, job) : shorten(world, job)),
      broken: (text) => ({ difference: { kind: "harness", text } }),
    });
    await world.close();
  });
}
