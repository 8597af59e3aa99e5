// Seeded edit scripts outside the differential test: made by its generator with the official backend, without refusals.
import { Classes } from "./differ/classes.mjs";
import { Generator } from "./differ/generate.mjs";
import { OfficialPlayer, resolve } from "./differ/player.mjs";
import { Random } from "./differ/random.mjs";
import { World } from "./differ/world.mjs";
import { methodOf } from "./sides.mjs";

const READS = new Set(["readElement", "readModel", "readAspects", "queryChildren", "queryExtents"]);

const SUBJECT = {
  classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" },
  parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
};
/** Labels of its own count from here, those of the generator from 0. */
const FIRST_LABEL = 1000000;

/** Makes parts of one script, each on an open iModel that the official backend has brought to the end of the part before. */
export class Rehearsal {
  #edits = 0;

  /** @seed names the script. @without: ops that are left out. @history: undo and redo at the end of each part, and no updateModel (see FACTS.md). */
  constructor(seed, { without = [], history = false }) {
    this.random = new Random("rehearsal", seed);
    this.history = history;
    this.without = new Set([...without, ...(history ? ["updateModel"] : [])]);
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
    // So that the save has something, and undo does not take a whole session: see FACTS.md, numbers of sessions.
    if (this.history) run(this.#edit());
    for (let i = 0; i < steps; i += 1) {
      const op = this.generator.step();
      // Not more than there is in a session of the official backend: ours goes on in the one before.
      run(this.history && op.op === "undo" ? { ...op, count: 1 } : op);
    }
    run({ op: "save", description });
    if (this.history) this.#afterwards().forEach(run);
    return out;
  }

  /** An edit that is never refused. By label, because a refused one may use up an id, here only. */
  #edit() {
    this.#edits += 1;
    return { op: "insertElement", props: SUBJECT, as: `s${FIRST_LABEL + this.#edits}` };
  }

  /** Undo, redo and groups at the end of a part; some of it is left undone. */
  #afterwards() {
    const save = (description) => [this.#edit(), { op: "save", description }];
    const undo = (count) => ({ op: "undo", count });
    const [redo, begin, end] = [{ op: "redo" }, { op: "begin" }, { op: "end" }];
    const group = () => [begin, ...save("first of a group"), ...save("second of a group"), end];
    return this.random.pick([
      [undo(1), redo],
      [...save("x"), ...save("y"), undo(2), redo, undo(1), undo(1), redo],
      [...save("x"), undo(1), ...save("instead"), undo(1), redo],
      [...save("x"), ...save("y"), undo(2)],
      [...save("x"), ...save("y"), undo(1), undo(1), redo],
      [undo(1), this.#edit(), { op: "abandon" }, redo],
      [...save("x"), this.#edit(), undo(1), redo],
      [...group(), ...save("x"), undo(2), redo],
      [...save("x"), ...group(), undo(1)],
      [...group(), ...group(), undo(1), redo, undo(2), redo],
    ]);
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
