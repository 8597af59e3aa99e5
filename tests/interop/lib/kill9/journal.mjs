// Waits for the recovery journal of a session to hold all its edits.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const TIMEOUT_MS = 20000;
/** SQLite's changesets have this before a text and its length. */
const TEXT = 3;

/** A label as it stands in a changeset; it has fewer than 128 bytes. */
function inChangeset(label) {
  const bytes = Buffer.from(label);
  return Buffer.concat([Buffer.from([TEXT, bytes.length]), bytes]);
}

/** What each element that was edited is called now; of one that is deleted, what it was called. */
function labelsOf(edits) {
  return [...new Map(edits.map((e) => [e.key, e.after ?? e.before])).values()];
}

/** From then on these edits must be brought back. */
export async function untilJournaled(target) {
  const until = Date.now() + TIMEOUT_MS;
  const file = `${target.file()}.weh-journal`;
  const { unsaved } = target.told;
  const count = unsaved.length;
  const wanted = labelsOf(unsaved).map(inChangeset);
  const isThere = () => {
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    return wanted.every((label) => bytes.includes(label));
  };
  while (!isThere()) {
    if (Date.now() > until) throw new Error(`${target.imodel}: no recovery journal of ${count} edits in ${TIMEOUT_MS} ms`);
    await pause(5);
  }
  target.told.atLeast = Math.max(target.told.atLeast, count);
}
