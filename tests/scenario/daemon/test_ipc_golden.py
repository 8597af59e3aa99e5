#!/usr/bin/env python3
"""The queries that were recorded with the official backend, asked by queryRows at /ipc: the same answers.

Usage: test_ipc_golden.py DAEMON DATA_FOLDER [FILE ...]. Standard library only; no fixed ports.
"""

import json
import lzma
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402
from page import Page  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
FILES = sys.argv[3:] or ["empty", "undone", "small", "medium"]
READ_ONLY = 1
DONE, PARTIAL, FAILED = 1, 3, 100
# Which of these a fault shows in depends on when a row is made.
PREPARE, STEP, ROW = 101, 102, 103
WITH_STEPS = (PREPARE, STEP, ROW)


def place(name, folder):
    packed = f"{DATA}/{name}.bim.xz"
    with lzma.open(packed) if os.path.exists(packed) else open(f"{DATA}/{name}.bim", "rb") as source, \
            open(f"{folder}/data/imodels/{name}.bim", "wb") as target:
        shutil.copyfileobj(source, target)


def recorded(name):
    for folder in ("oracle", "ecsql"):
        path = f"{DATA}/{folder}/{name}.queries.jsonl.xz"
        if os.path.exists(path):
            with lzma.open(path, "rt", encoding="utf-8") as lines:
                yield from map(json.loads, lines)


def alike(a, b):
    """Equal; numbers to the digits that sums in another order leave."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return type(a) is type(b) and a == b
    return a == b or abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def by_text(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


class Golden(unittest.TestCase):
    def setUp(self):
        # One answer holds what the official backend answered in one.
        self.daemon = Daemon(PROGRAM, "query.rows=1000000")
        self.addCleanup(self.daemon.stop)
        self.page = Page(self.daemon)
        self.addCleanup(self.page.client.close)

    def ask(self, name, line):
        options = line.get("options", {})
        return self.page.rpc("queryRows", {"key": name}, {
            "kind": 1, "query": line["ecsql"], "args": line.get("args", {}), "limit": {"offset": 0, "count": -1},
            "includeMetaData": options.get("includeMetaData", True), "valueFormat": options.get("valueFormat", 0),
            **{key: options[key] for key in ("convertClassIdsToClassNames", "abbreviateBlobs") if key in options}})

    def rest(self, name, line, answer):
        """All rows: @answer and what follows it, as a page asks for it."""
        rows, options = answer["data"], line.get("options", {})
        while answer["status"] == PARTIAL:
            answer = self.page.rpc("queryRows", {"key": name}, {
                "kind": 1, "query": line["ecsql"], "args": line.get("args", {}), "limit": {"offset": len(rows), "count": -1},
                "includeMetaData": False, "valueFormat": options.get("valueFormat", 0),
                **{key: options[key] for key in ("convertClassIdsToClassNames", "abbreviateBlobs") if key in options}})
            rows += answer["data"]
        return rows

    def difference(self, name, line):
        answer, wanted = self.ask(name, line), line["status"]
        status = answer["status"]
        if wanted >= FAILED:
            return None if status == wanted or {status, wanted} <= set(WITH_STEPS) else ("status", wanted, status, line.get("error"))
        if status not in (DONE, PARTIAL):
            return ("status", wanted, status, answer["error"])
        if line.get("options", {}).get("includeMetaData", True) and answer["meta"] != line["meta"]:
            return ("meta", line["meta"], answer["meta"])
        rows, expected = self.rest(name, line, answer), line["rows"]
        if not line.get("ordered", True):
            rows, expected = by_text(rows), by_text(expected)
        return None if alike(rows, expected) else ("rows", expected[:3], rows[:3])

    def test_recorded_queries_have_the_recorded_answers(self):
        for name in FILES:
            place(name, self.daemon.folder)
            self.page.app("openSnapshot", name, {"key": name})
            n, differing = 0, []
            for line in recorded(name):
                n += 1
                difference = self.difference(name, line)
                if difference is not None:
                    differing.append([line["id"], line["ecsql"], *difference])
            print(f"{name}: {n} queries, {n - len(differing)} alike")
            self.assertGreater(n, 5)
            self.assertEqual(differing, [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
