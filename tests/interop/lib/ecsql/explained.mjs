// Where our answer differs from the official one on purpose, or where the official one is not determined; each with its reason.
// Nothing else may differ.

/* Kind of difference, what the query has, why. */
const EXPLAINED = [
];

/** The reason why the answers to @query may differ as @difference tells, or undefined. */
export function explained(difference, query) {
  return EXPLAINED.find(([kind, has]) => kind.test(difference.kind) && has.test(query))?.[2];
}
