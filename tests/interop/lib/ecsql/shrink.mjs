// Makes a query small while the two sides still differ in the same way: ranges of its words are left out, what stands in
// parentheses becomes what is inside, or a plain value.
import { closing, join, tokens } from "./tokens.mjs";

const CHOOSES = /^(LIMIT|OFFSET|OVER|GROUP_CONCAT)$/i;

/** Without ORDER BY a LIMIT chooses any rows: then it is another question. */
function keepsOrder(before, after) {
  const n = (words) => words.filter((w) => /^ORDER$/i.test(w)).length;
  return n(after) >= n(before) || !after.some((w) => CHOOSES.test(w));
}

function* smaller(words) {
  for (let size = Math.ceil(words.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at + size <= words.length; at += Math.max(1, Math.floor(size / 2))) yield words.toSpliced(at, size);
  }
  for (let at = 0; at < words.length; at += 1) {
    if (words[at] !== "(") continue;
    const end = closing(words, at);
    if (end < 0) continue;
    yield words.toSpliced(at, end - at + 1, ...words.slice(at + 1, end));
    if (end - at > 2) yield words.toSpliced(at, end - at + 1, "1");
    if (at > 0 && /^\w+$/.test(words[at - 1])) yield words.toSpliced(at - 1, end - at + 2, "1");
  }
  for (let at = 0; at < words.length; at += 1) {
    if (/^[A-Za-z'$?:]/.test(words[at]) && words[at + 1] !== "(" && !/^(SELECT|FROM|1)$/i.test(words[at])) yield words.with(at, "1");
  }
}

/** The smallest text found in @budgetMs of which @fails(text) is true. */
export async function shrink(query, fails, budgetMs) {
  const end = Date.now() + budgetMs;
  let best = tokens(query);
  if (!(await fails(join(best)))) return query;
  for (let again = true; again;) {
    again = false;
    for (const words of smaller(best)) {
      if (Date.now() > end) return join(best);
      if (!keepsOrder(best, words) || !(await fails(join(words)))) continue;
      best = words;
      again = true;
      break;
    }
  }
  return join(best);
}
