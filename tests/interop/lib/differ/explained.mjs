// Where our number differs from the official one on purpose, each with its reason. Nothing else may differ.
const MISSING = "0x7fffffff";
const SEVERAL = "of several faults at once either side may tell its own first";
const SAYS_MORE = "ours says more than the official \"error updating\"";

/** Members that make a request faulty by themselves, whatever else is wrong with it. */
const missingParent = (op) => op.props?.parent?.id === MISSING;
const longCode = (op) => Buffer.byteLength(op.props.code?.value ?? "") > 350;

/* op, official number, our number, when, why. */
const EXPLAINED = [
  ["updateElement", 65594, 65553, missingParent, SAYS_MORE],
  ["updateElement", 65594, 65556, (op) => op.props.category === MISSING, SAYS_MORE],
  ["insertElement", 65547, 65553, missingParent, SEVERAL],
  ["insertElement", 65601, 65553, (op) => missingParent(op) || op.props.code.spec === "0x9999", SEVERAL],
  ["insertElement", 65547, 65553, (op) => op.props.code.spec === "0x9999", SEVERAL],
  ["insertElement", 65547, 65600, (op) => op.props.parent !== undefined, SEVERAL],
  // Geometric elements and definitions: model, category and views before the code's length; others after it.
  ["insertElement", 65540, 65557, longCode, SEVERAL],
  ["insertElement", 65556, 65557, longCode, SEVERAL],
  ["insertElement", 65561, 65557, longCode, SEVERAL],
  ["insertElement", 65600, 65557, longCode, SEVERAL],
  ["insertModel", 65594, 65549, () => true, "the element has a model already, and one of that class would not fit"],
];

/** The reason why @ours may differ from @theirs for @op, or undefined. */
export function explained(op, theirs, ours) {
  return EXPLAINED.find(([name, a, b, when]) => name === op.op && a === theirs.number && b === ours.number && when(op))?.[4];
}
