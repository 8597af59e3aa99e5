// Where our answer differs from the official one on purpose, or where the official one is not determined; each with its reason.
// Nothing else may differ.

/* Kind of difference, what the query has, why. */
const EXPLAINED = [
  [/ON clause references tables to its right/, /\b(FULL|RIGHT)\b/i, "the official SQLite, of another version, cannot join further behind FULL and RIGHT JOIN; ours can"],
  [/^value nothing\/empty$/, /group_concat.* OVER/is, "group_concat of nothing but empty texts in a window is NULL in SQLite 3.40 and '' in later versions"],
  [/ambiguous column name/, /\bWITH\b/i, "the official SQL of a common table that is joined with itself names columns without their table; ours does not"],
  [/a column of a common table with names must be a plain value/, /\bWITH\b/i, "a common table that nothing uses is looked at all the same; the official backend leaves it to SQLite, which does not"],
  [/^value (number|null)\/(number|null|nothing)$/, /(?=.*json_tree)(?=.*(\bparent\b|\*))/is, "parent in json_tree counts otherwise before SQLite 3.45; nothing can be looked up by it, as ECSQL has no id"],
  [/^value|^number of rows/, /EXCLUDE TIES/i, "EXCLUDE TIES leaves out the row itself there"],
  [/malformed JSON|Illegal input to/, /^(?=.*(json|iModel_)).*\bFROM\b.*(\bJOIN\b|\bWHERE\b|,)/is, "whether a faulty argument is met at all is up to the order in which SQLite joins"],
  [/^meta (accessString|className|jsonName|name)/, /(ClassCustomAttribute|SchemaCustomAttribute|PropertyCustomAttribute)\b.*\b\1\b/is, "what a view of ECDbMeta is called when it is asked for twice"],
  [/^value/, /M(IN|AX)\s*\((ALL |DISTINCT )?[^()]*\$->/i, "the extreme of an instance property, beside other aggregates, is shown as the last row's"],
  [/^value text\/(text|id)|^value id\/text/, /M(IN|AX)\s*\(.*FILTER.*OVER/is, "MIN and MAX with FILTER in a window whose frame moves lose the FILTER in SQLite 3.40; ours are computed otherwise, and then without the column's collation"],
  [/in ECSQL statement is ambiguous/, /json_(tree|each)\s*\(/i, "a name in the argument of a table function is looked for in all of FROM there, in the function's own columns too"],
  [/^(number of rows|value|meta)|must be a plain value/, /(?=.*json_(tree|each)\s*\()(?=.*\.\s*\[?Parent\]?(?!\s*\.)\b)/is, "beside a table function, a.Parent is the function's parent there, whatever a is"],
  [/ORDER BY term out of range/, /CAST/i, "CAST of a literal to an integer is left out of the official SQL, so that ORDER BY takes it for the number of a column"],
  [/datatype mismatch/, /(?=.*\?)(?=.*:)/s, "with parameters by name and by place, the official backend binds its LIMIT to the wrong one"],
  [/^value \w+\/text$/, /(?<![.\w])(\w+\.)?\[?(Model|Parent|Category|CodeSpec|CodeScope|Controller|Element|ModeledElement|ParentModel|Origin|BBoxLow|BBoxHigh|P2|P3|Dim|MainTag)\]?(?!\s*[.\w]).*\$->/is, "behind a column that takes several of SQLite's columns, an instance property is shown there by the type of another column, or as it is stored"],
  [/^(value|number of rows)/, /json_(replace|set|insert|remove)\s*\(.*'\$'/is, "what json_replace and its like put at '$' has its own type in SQLite 3.40, and is text in later versions"],
  [/^number of rows/, /\b(ANY|SOME|ALL)\s*\(\s*SELECT\b.*\bUNION\b/is, "ANY and ALL over a UNION compare with its first SELECT only there"],
];

/** The reason why the answers to @query may differ as @difference tells, or undefined. */
export function explained(difference, query) {
  return EXPLAINED.find(([kind, has]) => kind.test(difference.kind) && has.test(query))?.[2];
}
