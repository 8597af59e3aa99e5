// A query as words: to spoil it and to make it smaller without knowing what it says.

/** Words that cannot be names unless they stand in brackets. */
const KEYWORDS = new Set([
  "ALL AND ANY AS ASC AVG BACKWARD BETWEEN BINARY BLOB BOOLEAN BY CASE CAST COLLATE COUNT CROSS CUME_DIST CURRENT CURRENT_DATE",
  "CURRENT_TIME CURRENT_TIMESTAMP DATE DELETE DENSE_RANK DESC DISTINCT DOUBLE ECSQLOPTIONS ELSE END ESCAPE EVERY EXCEPT EXCLUDE",
  "EXISTS FALSE FILTER FIRST FIRST_VALUE FLOAT FOLLOWING FOR FORWARD FROM FULL GROUP GROUP_CONCAT GROUPS HAVING IIF IN INNER INSERT",
  "INTEGER INT64 INTERSECT INTO IS JOIN LAG LAST LAST_VALUE LEAD LEFT LIKE LIMIT LONG MATCH MAX MIN NATURAL NAVIGATION_VALUE NO",
  "NOCASE NOT NTH_VALUE NTILE NULL NULLS OFFSET ON ONLY OR ORDER OTHERS OUTER OVER PARTITION PERCENT_RANK PRAGMA PRECEDING RANGE RANK",
  "REAL RECURSIVE RIGHT ROW ROWS ROW_NUMBER RTRIM SELECT SET SOME STRING SUM THEN TIES TIME TIMESTAMP TOTAL TRUE UNBOUNDED UNION",
  "UNIQUE UNKNOWN UPDATE USING VALUE VALUES VARCHAR WHEN WHERE WITH WINDOW INT OPTIONS",
].join(" ").split(" "));

/** A dotted path with brackets where it needs them. */
export const bracketed = (path) => path.split(".").map((w) => (KEYWORDS.has(w.toUpperCase()) ? `[${w}]` : w)).join(".");

const TOKEN = /\s+|'(?:[^']|'')*'|\[[^\]]*\]|"[^"]*"|`[^`]*`|[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*|0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|<=|>=|<>|!=|\|\||<<|>>|->|./gsu;

export function tokens(query) {
  return (query.match(TOKEN) ?? []).filter((t) => t.trim() !== "");
}

const SPACED = new Set("SELECT FROM WHERE AND OR NOT IN AS ON USING VALUES EXISTS BY OVER FILTER WHEN THEN ELSE UNION ALL EXCEPT INTERSECT IS LIKE JOIN LIMIT OFFSET BETWEEN WITH , = < > <= >= <> != + - * / % || & |".split(" "));
const WORD_END = /[\w\u0080-\uffff]$/u;

/** Does nothing stand between these two words? */
function tight(before, word) {
  if (before === undefined || before === "(" || before === "." || before === "->") return true;
  if (word === ")" || word === "," || word === "." || word === "->" || word === ";") return true;
  if (before === ":") return true;
  return word === "(" && WORD_END.test(before) && !SPACED.has(before.toUpperCase());
}

/** The words as a text again. */
export function join(words) {
  return words.reduce((out, word, i) => out + (tight(words[i - 1], word) ? word : ` ${word}`), "");
}

/** The index of the ")" that closes the "(" at @at, or -1. */
export function closing(words, at) {
  let depth = 0;
  for (let i = at; i < words.length; i += 1) {
    if (words[i] === "(") depth += 1;
    else if (words[i] === ")") depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
}
