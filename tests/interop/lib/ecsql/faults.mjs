// Makes of a valid query one that is slightly wrong, or odd: both sides must refuse it, or tell the same.
import { join, tokens } from "./tokens.mjs";

const WRONG_NAMES = ["Nope", "ECInstanceID2", "UserLable", "bis", "Model", "Id", "x", "WebEditTest", "null_", "rowid", "sqlite_master"];
const KEYWORDS = ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "NULL", "AS", "ON", "ONLY", "DISTINCT", "LIMIT", "UNION", "IN", "LIKE", "CASE", "END", "COLLATE", "SET", "USING", "IS", "TRUE", "ALL"];
const PUNCTUATION = ["(", ")", ",", ".", ";", "*", "?", "$", "->", "-", "+", "=", "<", "||", "'", "[", "]", "\"", ":", "&", "%"];
const LITERALS = ["1", "'a'", "NULL", "2.5", "TRUE", "?", ":p", "DATE '2024-01-01'", "''", "-1", "0x", "1e", "9223372036854775808", "99999999999999999999"];
const WORD = /^[A-Za-z_]\w*$/;

const at = (r, words, test = () => true) => {
  const fits = words.map((w, i) => i).filter((i) => test(words[i], i));
  return fits.length > 0 ? r.pick(fits) : r.below(words.length);
};

const FAULTS = {
  drop: (r, w) => w.toSpliced(r.below(w.length), 1),
  repeat: (r, w) => { const i = r.below(w.length); return w.toSpliced(i, 0, w[i]); },
  swap: (r, w) => { const i = r.below(Math.max(w.length - 1, 1)); return w.toSpliced(i, 2, w[i + 1] ?? "", w[i]); },
  cut: (r, w) => w.slice(0, 1 + r.below(w.length)),
  name: (r, w) => w.with(at(r, w, (t) => WORD.test(t) && !KEYWORDS.includes(t)), r.pick(WRONG_NAMES)),
  keyword: (r, w) => w.with(at(r, w, (t) => KEYWORDS.includes(t)), r.pick(KEYWORDS)),
  insertKeyword: (r, w) => w.toSpliced(r.below(w.length + 1), 0, r.pick(KEYWORDS)),
  insertPunctuation: (r, w) => w.toSpliced(r.below(w.length + 1), 0, r.pick(PUNCTUATION)),
  replace: (r, w) => w.with(r.below(w.length), r.pick([...PUNCTUATION, ...LITERALS])),
  literal: (r, w) => w.with(at(r, w, (t) => /^['\d]/.test(t)), r.pick(LITERALS)),
  operator: (r, w) => w.with(at(r, w, (t) => /^[=<>+\-*/|&%]/.test(t)), r.pick(["=", "<>", "+", "||", "&", "<<", "AND", "IS", "LIKE", "IN", "==", "IS NOT", "MATCH"])),
  wrap: (r, w) => { const i = at(r, w, (t) => WORD.test(t) || /^['\d]/.test(t)); return w.toSpliced(i, 1, "(", w[i], ")"); },
  negate: (r, w) => w.toSpliced(at(r, w, (t) => WORD.test(t)), 0, r.pick(["-", "+", "~", "NOT", "- -", "ALL", "DISTINCT"])),
  suffix: (r, w) => [...w, r.pick(["COLLATE NOCASE", "LIMIT 1", "ORDER BY 1", "ORDER BY 99", "LIMIT -1", "LIMIT NULL", "; SELECT 1", "-- end", "/* open", ";;", "LIMIT 2, 1", "OPTIONS", "ECSQLOPTIONS A B=2", "WHERE 1=1", "GROUP BY 1", "LIMIT 0", "OFFSET 1", "AS x", "\0", "FOR UPDATE"])],
  prefix: (r, w) => [r.pick(["EXPLAIN", "-- a\n", "/* b */", "WITH x AS (SELECT 1)", "(", ";", "SELECT 1;", "PRAGMA", "\ufeff", "WITH RECURSIVE x(a) AS (SELECT 1)", "SELECT * FROM"]), ...w],
  arguments: (r, w) => { const i = at(r, w, (t, k) => t === "(" && WORD.test(w[k - 1] ?? "")); return w.toSpliced(i + 1, 0, r.pick(["1,", "*", "DISTINCT", ")", "NULL,", "SELECT"])); },
  schema: (r, w) => w.with(at(r, w, (t, k) => w[k + 1] === "." && WORD.test(t)), r.pick(["main", "bis", "WebEditTest", "temp", "ECDbMeta", "meta", "nope", "e"])),
};

/** {query, fault}: @query with one or two faults. */
export function spoilt(r, query) {
  let words = tokens(query);
  const names = [];
  for (let n = r.chance(0.2) ? 2 : 1; n > 0 && words.length > 0; n -= 1) {
    const name = r.pick(Object.keys(FAULTS));
    names.push(name);
    words = FAULTS[name](r, words).flatMap((w) => (w === "" ? [] : [w]));
  }
  return { query: join(words), fault: names.join("+") };
}
