// Compares the logs of one scenario on two servers.
import { isDeepStrictEqual } from "node:util";
import { normalise, unexplained } from "./explained.mjs";

/** A log in pieces, one a step: the pushes and events before its end belong to it. */
function pieces(log) {
  const out = [];
  let events = [];
  for (const entry of log) {
    if (entry.step === undefined) {
      events.push(entry);
      continue;
    }
    out.push({ ...entry, events });
    events = [];
  }
  return events.length > 0 ? [...out, { step: "after the last step", events }] : out;
}

/** @a and @b are {log, names}. Tells the differences as lines of text, and how many had a reason. */
export function compareLogs(scenario, a, b) {
  const [mine, theirs] = [a, b].map(({ log, names }) => pieces(normalise(log, names)));
  const differences = [];
  let explained = 0;
  for (let i = 0; i < Math.max(mine.length, theirs.length); i += 1) {
    if (isDeepStrictEqual(mine[i], theirs[i])) continue;
    const step = theirs[i]?.step ?? mine[i]?.step;
    const lines = unexplained(scenario, step, mine[i] ?? {}, theirs[i] ?? {});
    if (lines.length === 0) explained += 1;
    else differences.push(`step ${i + 1} "${step}":`, ...lines.map((line) => `  ${line}`));
  }
  return { differences, explained };
}
