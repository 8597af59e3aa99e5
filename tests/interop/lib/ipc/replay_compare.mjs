// Compares played exchanges with the recorded ones.
import { isDeepStrictEqual } from "node:util";
import { normalise, unexplained } from "./explained.mjs";

/** How folders of the recording are written in messages. */
const DIRECTORIES = [["DIR/", ""]];

/** What there is of the bytes of a frame in the recording. */
function partOf(part, recorded) {
  if (Buffer.isBuffer(recorded)) return part.toString("base64");
  return { bytes: part.length, head: part.toString("hex").slice(0, recorded.head.length) };
}

/**
 * Of what is measured in each run anew, only that it is there: times and memory of a query, the machine that DevTools tells of.
 * So the text of a query's fault.
 */
function withoutMeasures(result) {
  if (result === null || typeof result !== "object" || Array.isArray(result)) return result;
  const measured = ["stats", "os", "process"].filter((k) => typeof result[k] === "object");
  const isFault = typeof result.status === "number" && typeof result.error === "string" && result.error !== "";
  return { ...result, ...(isFault ? { error: "text" } : {}), ...Object.fromEntries(measured.map((k) => [k, Object.keys(result[k]).sort()])) };
}

/** An exchange without what belongs to the wire or the run: numbers of messages, stack traces, times of queries. */
function told({ pushes, answer }, recorded) {
  if (answer === undefined || recorded === undefined || recorded.cut) return { pushes: pushes.map((p) => [p.channel, ...p.data]) };
  const { error, result } = answer.data;
  const { stack, loggingMetadata, ...rest } = error ?? {};
  return {
    pushes: pushes.map((p) => [p.channel, ...p.data]), channel: answer.channel,
    error: error === undefined ? undefined : typeof error === "object" ? rest : error,
    result: withoutMeasures(result),
    parts: answer.parts.map((p, i) => (Buffer.isBuffer(p) && recorded.parts[i] !== undefined ? partOf(p, recorded.parts[i]) : p)),
  };
}

/** As normalise() wants them: pushes are compared by what their arguments are. */
function asLog(exchanges) {
  return exchanges.map(({ step, pushes, ...rest }) => ({
    step, ...rest,
    pushes: pushes.map(([channel, method, ...args]) => [channel, method, ...(method === "notifyCommitted" ? [args[0], "ms"] : args)]),
  }));
}

/** @names: how recorded names are called here. Tells the lines of differences, and of how many exchanges they are. */
export function compareReplay(name, { exchanges, names }) {
  const list = [...names];
  const got = normalise(asLog(exchanges.map((e) => ({ step: e.request.step, ...told(e.got, e.request.answer) }))), list.map(([was, is]) => [is, was]));
  const recorded = normalise(asLog(exchanges.map((e) => ({ step: e.request.step, ...told(e.request, e.request.answer) }))), DIRECTORIES);
  const differences = [];
  let explained = 0;
  recorded.forEach((expected, i) => {
    const [a, b] = [got[i], expected].map((v) => JSON.parse(JSON.stringify(v)));
    if (isDeepStrictEqual(a, b)) return;
    const lines = unexplained(name, expected.step, a, b);
    if (lines.length === 0) explained += 1;
    else differences.push(`exchange ${i + 1} "${expected.step}":`, ...lines.map((line) => `  ${line}`));
  });
  return { differences, compared: exchanges.length, explained };
}
