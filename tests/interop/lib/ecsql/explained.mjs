// Where our answer differs from the official one on purpose, or where the official one is not determined; each with its reason.
// Nothing else may differ.

/* Kind of difference, what the query has, why. */
const EXPLAINED = [
  [/ON clause references tables to its right/, /\b(FULL|RIGHT)\b/i, "the official SQLite, of another version, cannot join further behind FULL and RIGHT JOIN; ours can"],
  [/^value nothing\/empty$/, /group_concat.* OVER/is, "group_concat of nothing but empty texts in a window is NULL in SQLite 3.40 and '' in later versions"],
];

/** The reason why the answers to @query may differ as @difference tells, or undefined. */
export function explained(difference, query) {
  return EXPLAINED.find(([kind, has]) => kind.test(difference.kind) && has.test(query))?.[2];
}
