// One query to the official backend and to our server, and their answers in one form.
import { _nativeDb } from "../host.mjs";

const DONE = 1;
const PARTIAL = 3;
const SECONDS = 4;
/** It never answers some queries (a column that a common table of VALUES does not have); then its process ends, as on others. */
const HANGS_MS = 20000;
/** Ours has to answer whatever it is asked. */
const PATIENCE_MS = 60_000;

export class OfficialSide {
  constructor(db) {
    this.native = db[_nativeDb];
    // Random queries may recurse without end: they are skipped, soon.
    this.native.concurrentQueryResetConfig({ globalQuota: { time: SECONDS, memory: 8388608 }, ignorePriority: true });
  }

  async ask({ query, args = {}, options = {} }) {
    const hangs = setTimeout(() => process.exit(1), HANGS_MS);
    const response = await new Promise((done) => {
      this.native.concurrentQueryExecute({
        kind: 1, query, args, limit: options.limit ?? { offset: 0, count: -1 }, includeMetaData: true, valueFormat: options.js ? 1 : 0,
        convertClassIdsToClassNames: options.names ?? false, abbreviateBlobs: options.abbreviate ?? false,
      }, done);
    });
    clearTimeout(hangs);
    if (response.status === DONE) return { columns: response.meta, rows: response.data };
    if (response.status === PARTIAL || response.status < 100) return { late: true };
    return { error: response.error, status: response.status };
  }
}

export class OurSide {
  constructor(client) {
    this.client = client;
  }

  async ask(question) {
    let timer;
    const late = new Promise((done) => {
      timer = setTimeout(() => done({ error: `no answer in ${PATIENCE_MS} ms`, name: "NoAnswer" }), PATIENCE_MS);
    });
    const answer = await Promise.race([this.#ask(question), late]);
    clearTimeout(timer);
    return answer;
  }

  async #ask({ query, args = {}, options = {} }) {
    try {
      const answer = await this.client.call("query.ecsql", {
        ecsql: query, args, rowFormat: "array", ...(options.limit === undefined ? {} : { limit: options.limit }),
        ...(options.js ? { valueFormat: "js" } : {}), convertClassIdsToClassNames: options.names ?? false, abbreviateBlobs: options.abbreviate ?? false,
      });
      if (answer.cursor !== undefined) await this.client.call("query.close", { cursor: answer.cursor });
      return answer.done ? { columns: answer.columns, rows: answer.rows } : { late: true };
    } catch (e) {
      if (e.code === undefined) throw e;
      return { error: `${e.message}${e.data?.where === undefined ? "" : ` [${e.data.where}]`}`, name: e.errorName };
    }
  }
}
