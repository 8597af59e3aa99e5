#!/usr/bin/env node
// Records what the official backend answers to ECSQL queries: the golden data of tests/oracle/ecsql_report.
// Not a test. One query a line on standard input, either the text alone or JSON
// {"group","ecsql","args","options"}; "# group" starts a group, other lines that begin with "--" are left out.
// One line of JSON each on standard output. See README.md.
import { readFileSync } from "node:fs";
import { _nativeDb, backend, copyToScratch, withHost, withIModel } from "./lib/host.mjs";
import { createRequire } from "node:module";

const { ConcurrentQuery } = createRequire(import.meta.url)("@itwin/core-backend/lib/cjs/ConcurrentQuery");

/** The lines of @text as queries with a group and a number. */
export function readQueries(text) {
  const queries = [];
  let group = "more";
  for (const line of text.split("\n")) {
    if (line.startsWith("# ")) group = line.slice(2).trim();
    if (line.startsWith("# ") || line.startsWith("--") || line.trim() === "") continue;
    const query = line.startsWith("{") ? JSON.parse(line) : { ecsql: line };
    queries.push({ group, ordered: /order\s+by/i.test(query.ecsql), ...query });
  }
  return queries.map((q, i) => ({ id: `x${String(i + 1).padStart(4, "0")}`, ...q }));
}

async function ask(db, query) {
  const request = {
    valueFormat: 0,
    includeMetaData: true,
    usePrimaryConn: false,
    ...query.options,
    query: query.ecsql,
    args: query.args ?? {},
    limit: { offset: 0, count: query.count ?? -1 },
  };
  const { kind, status, error, meta, rowCount, data } = await ConcurrentQuery.executeQueryRequest(db[_nativeDb], request);
  const answer = { status, kind };
  if (status !== 1) answer.error = (error ?? "").slice(0, 600);
  else Object.assign(answer, { meta, rowCount, rows: typeof data === "string" ? JSON.parse(data) : data });
  return answer;
}

const [file] = process.argv.slice(2);
if (file === undefined || backend === undefined) {
  console.error("usage: record.mjs FILE < QUERIES > ANSWERS");
  process.exit(2);
}
const queries = readQueries(readFileSync(0, "utf8"));
await withHost(() => withIModel(copyToScratch(file), false, async (db) => {
  for (const query of queries) {
    process.stdout.write(`${JSON.stringify({ ...query, ...await ask(db, query) })}\n`);
  }
}));
