// Ways to damage a log, each of which a comparison must notice.
const firstPush = (log) => log.findIndex((e) => e.push !== undefined);
const push = (log, method) => log.find((e) => e.args?.[0] === method);

export const spoils = {
  "a push is missing": (log) => { log.splice(firstPush(log), 1); },
  "a push comes twice": (log) => { log.splice(firstPush(log), 0, log[firstPush(log)]); },
  "two pushes change places": (log) => {
    const at = firstPush(log);
    [log[at], log[at + 1]] = [log[at + 1], log[at]];
  },
  "a push comes behind its answer": (log) => {
    const at = log.findIndex((e, i) => e.step !== undefined && log[i - 1]?.push !== undefined);
    [log[at - 1], log[at]] = [log[at], log[at - 1]];
  },
  "a push on another channel": (log) => { log[firstPush(log)].push += "x"; },
  "another set of elements": (log) => { push(log, "notifyElementsChanged").args[1].inserted += "+1"; },
  "another base class": (log) => { push(log, "notifyElementsChanged").args[1].meta[1].bases = []; },
  "undo told as redo": (log) => { push(log, "notifyBeforeUndoRedo").args[1] = false; },
  "a new geometry GUID where an old one comes back": (log) => {
    log.findLast((e) => e.args?.[0] === "notifyGeometryGuidsChanged").args[1][0].guid = "12345678-1234-4234-8234-123456789abc";
  },
  "a member of a result is missing": (log) => { delete log.find((e) => e.result?.undo !== undefined).result.undo; },
  "another result": (log) => { log.find((e) => e.result === 65579).result = 0; },
  "an answer is missing": (log) => { log.splice(log.findIndex((e) => e.step !== undefined), 1); },
  "an error in place of a result": (log) => {
    const entry = log.find((e) => e.result !== undefined);
    delete entry.result;
    entry.error = { message: "no" };
  },
};
