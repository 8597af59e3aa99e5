// Seeded edit scripts outside the differential test: made by its generator with the official backend, without refusals.
import { Classes } from "./differ/classes.mjs";
import { Generator } from "./differ/generate.mjs";
import { OfficialPlayer, resolve } from "./differ/player.mjs";
import { Random } from "./differ/random.mjs";
import { World } from "./differ/world.mjs";
import { methodOf } from "./sides.mjs";

const READS = new Set(["readElement", "readModel", "readAspects", "queryChildren", "queryExtents"]);

/** Makes parts of one script, each on an open iModel that the official backend has brought to the end of the part before. */
export class Rehearsal {
  /** @seed names the script. @without: ops that are left out. */
  constructor(seed, without = []) {
    this.random = new Random("rehearsal", seed);
    this.without = new Set([...without, "fault"]);
    this.labels = {};
  }

  /** @steps further steps on @db, and a save as @description; tells those that the official backend accepted. */
  part(db, steps, description) {
    const player = new OfficialPlayer(db);
    player.results = this.labels;
    const world = this.#world(db);
    const out = [];
    const run = (op) => {
      const written = player.written();
      const answer = player.run(op);
      this.generator.learn(op, answer);
      const refused = "number" in answer;
      if (!refused && !READS.has(op.op)) out.push(op);
      // The official backend may stop half way.
      if (refused && player.written() !== written) run({ op: "abandon" });
    };
    world.refresh();
    for (let i = 0; i < steps; i += 1) run(this.generator.step());
    run({ op: "save", description });
    return out;
  }

  #world(db) {
    if (this.world === undefined) {
      this.world = new World(db, new Classes(db));
      const can = (op) => !this.without.has(op) && methodOf(op) !== undefined;
      this.generator = new Generator(this.random, this.world, can, (v) => resolve(v, this.labels));
      this.generator.steps = this.generator.steps.filter(([, op]) => op !== "fault");
    }
    this.world.db = db;
    return this.world;
  }
}
