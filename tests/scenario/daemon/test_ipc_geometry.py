#!/usr/bin/env python3
"""Stock frontends ask for the geometry of elements at /ipc.

Usage: test_ipc_geometry.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import base64
import os
import sqlite3
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402
from page import EDITOR, Failed, Page  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
READ_ONLY, READ_WRITE = 1, 2
BLOCK = "0x8a"  # a physical object with a line string of two points
PART = "0x28"
NO_PLACEMENT = "0x8b"
SUBJECT = "0x1"
LINE_STRING = 5
NO_CODE = {"spec": "0x1", "scope": "0x1", "value": ""}
# A line from the origin to (1, 2, 0.5), as an entry of a geometry stream.
TWO_POINTS = bytes.fromhex("100000000000000008000c00080007000800000000000001040000000200000000000000000000000000000000000000000000"
                           "0000000000000000000000f03f0000000000000040000000000000e03f")


def reals(data):
    return list(struct.unpack(f"<{len(data) // 8}d", data))


class Asking(unittest.TestCase):
    settings = ()

    def setUp(self):
        self.daemon = Daemon(PROGRAM, *self.settings, imodel=f"{DATA}/small.bim")
        self.addCleanup(self.daemon.stop)

    def opened(self, how=READ_WRITE):
        page = Page(self.daemon)
        page.app("openStandalone", "small", how, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        return page

    def ask(self, page, *args):
        return page.call(EDITOR, "callMethod", "requestElementGeometry", *args)

    def fails(self, page, *args):
        with self.assertRaises(Failed) as caught:
            self.ask(page, *args)
        return caught.exception.error


class IpcGeometry(Asking):
    def test_geometry_comes_as_typed_binary_values(self):
        page = self.opened(READ_ONLY)
        info = self.ask(page, BLOCK)
        self.assertEqual(list(info), ["categoryId", "sourceToWorld", "bbox", "entryArray"])
        self.assertEqual(info["categoryId"], "0x16")
        self.assertEqual(reals(info["bbox"]), [0, 0, 0, 1, 2, 0.5])
        matrix = reals(info["sourceToWorld"])
        self.assertEqual(matrix[3::4], [0, 0, 0])
        for row in (matrix[0:3], matrix[4:7], matrix[8:11]):
            self.assertAlmostEqual(sum(x * x for x in row), 1)
        self.assertEqual(info["entryArray"], [{"opcode": LINE_STRING, "data": TWO_POINTS}])

    def test_views_of_binary_values_are_told(self):
        page = self.opened()
        texts = []
        read_message = page.client.read_message
        page.client.read_message = lambda: texts.append(read_message()) or texts[-1]
        self.ask(page, BLOCK)
        text, sizes = texts[0][1].decode(), [len(payload) for _, payload in texts[1:]]
        for view, index in ((8, 0), (8, 1), (0, 2)):
            self.assertIn(rf'{{\"ipc\":\"binary\",\"type\":{view},\"index\":{index}}}', text)
        self.assertEqual(sizes, [96, 48, len(TWO_POINTS)])

    def test_a_part_has_neither_category_nor_place(self):
        page = self.opened()
        self.assertEqual(list(self.ask(page, PART)), ["bbox", "entryArray"])

    def test_what_has_no_geometry_is_told_apart(self):
        page = self.opened()
        self.assertEqual(self.ask(page, NO_PLACEMENT)["entryArray"], [])
        for id in (SUBJECT, "0xfffff", "0", "", "garbage", "0x"):
            self.assertIsNone(self.ask(page, id), id)

    def test_a_filter_takes_all_or_nothing(self):
        page = self.opened()
        kinds = {"curves": False, "surfaces": False, "solids": False}
        for taken in ({}, {"maxDisplayable": 1}, {"accept": [5, 7]}, {"reject": [8]}, {"geometry": {**kinds, "curves": True}}):
            self.assertIsNotNone(self.ask(page, BLOCK, taken), taken)
        for left in ({"accept": []}, {"accept": [7]}, {"reject": [5]}, {"geometry": kinds}, {"geometry": {**kinds, "solids": True}}):
            self.assertIsNone(self.ask(page, BLOCK, left), left)
            self.assertIsNotNone(self.ask(page, NO_PLACEMENT, left), left)

    def test_arguments_of_a_wrong_kind_are_told(self):
        page = self.opened()
        for id in (5, True, [BLOCK], {"id": BLOCK}):
            self.assertEqual(self.fails(page, id)["iTwinErrorId"], {"scope": "imodel-native", "key": "TypeError"}, id)
        self.assertEqual(self.fails(page)["errorNumber"], 65539)
        for filter in (None, {"accept": 5}, {"reject": "x"}, {"geometry": None}):
            error = self.fails(page, BLOCK, filter)
            self.assertEqual([error["errorNumber"], error["iTwinErrorId"]],
                             [94220, {"scope": "imodel-native", "key": "GeometryStreamError"}], filter)

    def test_unsaved_geometry_is_told_and_can_be_given_back(self):
        page = self.opened()
        [entry] = self.ask(page, BLOCK)["entryArray"]
        data = {"opcode": LINE_STRING, "data": f"encoding=base64;{base64.b64encode(entry['data']).decode()}"}
        props = {"classFullName": "Generic:PhysicalObject", "model": "0x35", "category": "0x16", "code": NO_CODE,
                 "placement": {"origin": [7, 8, 9], "angles": {}},
                 "elementGeometryBuilderParams": {"entryArray": [data, data], "viewIndependent": True}}
        id = page.call(EDITOR, "callMethod", "insertGeometricElement", props)
        info = self.ask(page, id)
        self.assertEqual([e["data"] for e in info["entryArray"]], [TWO_POINTS] * 2)
        self.assertEqual([info["viewIndependent"], reals(info["sourceToWorld"])[3::4]], [True, [7, 8, 9]])
        self.assertIsNone(self.ask(page, id, {"maxDisplayable": 1}))
        page.call(EDITOR, "callMethod", "updateGeometricElement", id, {"entryArray": []})
        self.assertEqual(self.ask(page, id)["entryArray"], [])
        # Frontends of 4.0 have the entries beside the properties.
        old = page.call(EDITOR, "callMethod", "insertGeometricElement",
                        {**props, "elementGeometryBuilderParams": None}, {"entryArray": [data]})
        self.assertEqual([e["data"] for e in self.ask(page, old)["entryArray"]], [TWO_POINTS])

    def test_a_damaged_stream_is_the_fault_of_one_element(self):
        path = os.path.join(self.daemon.folder, "data", "imodels", "small.bim")
        with sqlite3.connect(path) as db:
            for number, blob in ((0x8a, b""), (0x8c, b"\0" * 40), (0x8d, b"\x47\0" + b"\xff" * 69)):
                db.execute("UPDATE bis_GeometricElement3d SET GeometryStream=? WHERE ElementId=?", (blob, number))
        page = self.opened()
        for id in ("0x8c", "0x8d"):
            error = self.fails(page, id)
            self.assertEqual(error["errorNumber"], 94220)
            self.assertIn(id, error["message"])
        self.assertIsNotNone(self.ask(page, "0x8e"))

    def test_without_a_command_there_is_no_geometry(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_ONLY, {"key": "k"})
        self.assertEqual(self.fails(page, BLOCK)["errorNumber"], 65607)


class Bounded(Asking):
    settings = ("limits.outbox_bytes=65536",)

    def test_more_than_an_answer_may_have_is_refused(self):
        page = self.opened()
        points = [[i, i % 7, 0] for i in range(4000)]
        id = page.call(EDITOR, "callMethod", "insertGeometricElement", {
            "classFullName": "Generic:PhysicalObject", "model": "0x35", "category": "0x16", "code": NO_CODE,
            "placement": {"origin": [0, 0, 0], "angles": {}}, "geom": [{"lineString": points}]})
        self.assertIn("iTwinErrorId", self.fails(page, id))
        self.assertIsNone(self.ask(page, id, {"reject": [LINE_STRING]}))
        self.assertEqual(len(self.ask(page, BLOCK)["entryArray"]), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
