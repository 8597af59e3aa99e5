// Recorded exchanges between a stock frontend and the official backend (tests/data/wire), in one form: a list of requests, each with
// the pushes that came before its answer and with the answer.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "data", "wire");

/** The frontend sends it by itself when it was told that geometry changed, so its answer comes in between others. */
const ASIDE = "purgeTileTrees";

function linesOf(name) {
  const text = execFileSync("xz", ["-dc", join(FOLDER, `${name}.jsonl.xz`)], { encoding: "utf8", maxBuffer: 1 << 26 });
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** A text frame's message. Long texts of one recording were cut: of those only the number of the request is left. */
function messageOf(text) {
  try {
    return JSON.parse(JSON.parse(text)[0]);
  } catch {
    return { type: 3, response: Number(/"response":(\d+)/.exec(text)[1]), cut: true };
  }
}

/** A binary frame: whole in one recording, {bytes, head} in the other. */
function binaryOf(line) {
  return line.binary === undefined ? { bytes: line.bytes, head: line.head } : Buffer.from(line.binary, "base64");
}

/** The requests of a recording in the order in which they were sent: {step, message, parts, pushes, answer}. */
export function recordedRequests(name) {
  const requests = [];
  const byNumber = new Map();
  let pushes = [];
  let parts = [];
  for (const line of linesOf(name)) {
    const isClient = line.dir === "client" || line.dir === "c2s";
    if (line.dir === "note") continue;
    if (line.text === undefined) {
      parts.push(binaryOf(line));
      continue;
    }
    const message = messageOf(line.text);
    parts = [];
    if (isClient) {
      const request = { step: line.step, message, parts, pushes: [] };
      requests.push(request);
      byNumber.set(message.request, request);
    } else if (message.type === 1) {
      pushes.push(message);
    } else {
      const request = byNumber.get(message.response);
      request.answer = { ...message, parts };
      if (request.message.data?.[0]?.operation === ASIDE) continue;
      request.pushes = pushes;
      pushes = [];
    }
  }
  return requests;
}
