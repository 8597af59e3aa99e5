#!/usr/bin/env python3
"""Stock frontends open, edit, save, undo and close iModels at /ipc.

Usage: test_ipc_edit.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import contextlib
import os
import shutil
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, until  # noqa: E402
from page import EDIT, EDITOR, IS_PACKED, Failed, Page  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
READ_ONLY, READ_WRITE = 1, 2
BLOCK = "0x8a"  # a physical object with geometry
# A line from the origin to (1, 2, 0.5), as an entry of a geometry stream.
TWO_POINTS = ("encoding=base64;EAAAAAAAAAAIAAwACAAHAAgAAAAAAAABBAAAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwPwAAAAAAAABA"
              "AAAAAAAA4D8=")
TYPE_ERROR = {"scope": "imodel-native", "key": "TypeError"}
NIL = "00000000-0000-0000-0000-000000000000"


def subject(label):
    return {"classFullName": "BisCore:Subject", "model": "0x1", "userLabel": label,
            "parent": {"id": "0x1", "relClassName": "BisCore:SubjectOwnsSubjects"},
            "code": {"spec": "0x1", "scope": "0x1", "value": ""}}


class IpcEdit(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(PROGRAM, "limits.outbox_bytes=2097152", imodel=f"{DATA}/small.bim")
        self.addCleanup(self.daemon.stop)

    def fails(self, page, channel_call, *data):
        with self.assertRaises(Failed) as caught:
            channel_call(*data)
        return caught.exception.error

    def is_opened(self, page, name, key):
        try:
            page.app("openStandalone", name, READ_WRITE, {"key": key})
        except Failed as busy:
            self.assertEqual(busy.error["errorNumber"], 5)
            return False
        return True

    def test_open_tells_what_the_connection_is(self):
        page = Page(self.daemon)
        props = page.app("openStandalone", "small.bim", READ_WRITE, {"key": "k"})
        self.assertEqual([props["key"], props["iTwinId"], props["rootSubject"]["name"]], ["k", NIL, "Small"])
        self.assertEqual(props["changeset"], {"id": "", "index": 0})
        other = page.app("openSnapshot", "small", None)
        self.assertEqual(other["key"], props["iModelId"] + ":")
        self.assertEqual(page.app("openSnapshot", "small", None), other)
        page.app("closeIModel", other["key"])
        page.app("closeIModel", other["key"])
        self.assertEqual(self.fails(page, page.app, "closeIModel", other["key"]),
                         {"message": "iModel not found", "isIModelNotFoundResponse": True})

    def test_names_are_resolved_and_never_paths(self):
        page = Page(self.daemon)
        for name in ["/etc/passwd", "../small", "imodels/small.bim", "nope", "", ".", "small.bim.bim", "a\0b"]:
            error = self.fails(page, page.app, "openStandalone", name, READ_WRITE, None)
            self.assertEqual([error["errorNumber"], error["name"]], [67108874, "File Not Found"], name)
            self.assertNotIn(self.daemon.folder, str(error))

    def test_a_key_and_a_writer_are_only_there_once(self):
        page, other = Page(self.daemon), Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        self.assertEqual(self.fails(page, page.app, "openStandalone", "small", READ_ONLY, {"key": "k"})["errorNumber"], 65538)
        for who, key in ((page, "second"), (other, "k")):
            self.assertEqual(self.fails(who, who.app, "openStandalone", "small", READ_WRITE, {"key": key})["errorNumber"], 5)
        other.app("openStandalone", "small", READ_ONLY, {"key": "k"})
        self.assertEqual(self.fails(other, other.app, "saveChanges", "k")["errorNumber"], 65582)

    def test_no_more_than_sixteen_are_open(self):
        page = Page(self.daemon)
        for i in range(16):
            page.app("openSnapshot", "small", {"key": str(i)})
        self.assertIn("16", self.fails(page, page.app, "openSnapshot", "small", {"key": "16"})["message"])
        page.app("closeIModel", "7")
        page.app("openSnapshot", "small", {"key": "16"})

    def test_edits_are_told_when_they_are_saved_undone_and_redone(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        self.assertFalse(page.app("isUndoPossible", "k"))
        first = page.edit("insertElement", "k", subject("a"))
        self.assertEqual(page.take_pushed(), [])
        page.app("saveChanges", "k", "one")
        (channel, commit), (_, elements), (_, committed) = page.take_pushed()
        self.assertEqual([channel, commit], ["itwinjs-core/txns/k", ["notifyCommit"]])
        self.assertEqual([elements[0], elements[1]["inserted"]], ["notifyElementsChanged", "+" + first[2:].upper()])
        self.assertEqual(elements[1]["meta"][elements[1]["insertedMeta"][0]]["name"], "BisCore:Subject")
        self.assertEqual(committed[:2], ["notifyCommitted", True])
        page.app("saveChanges", "k", "nothing")
        self.assertEqual(page.take_pushed(), [])
        self.assertEqual([page.app("isUndoPossible", "k"), page.app("getUndoString", "k")], [True, "one"])
        self.assertEqual(page.app("reverseTxns", "k", 1), 0)
        self.assertEqual([push[1][0] for push in page.take_pushed()],
                         ["notifyBeforeUndoRedo", "notifyElementsChanged", "notifyChangesApplied", "notifyAfterUndoRedo"])
        self.assertEqual([page.app("reverseTxns", "k", 1), page.app("reverseTxns", "k", -1)], [65579, 65579])
        self.assertEqual([page.app("isRedoPossible", "k"), page.app("getRedoString", "k")], [True, "one"])
        self.assertEqual(page.app("reinstateTxn", "k"), 0)
        self.assertEqual(page.take_pushed()[0], ["itwinjs-core/txns/k", ["notifyBeforeUndoRedo", False]])
        self.assertEqual(page.app("reinstateTxn", "k"), 65578)
        self.assertEqual(self.fails(page, page.app, "reinstateTxnAsync", "k")["errorNumber"], 65578)

    def test_two_iModels_of_a_page_do_not_mix(self):
        with open(f"{DATA}/small.bim", "rb") as source, \
                open(f"{self.daemon.folder}/data/imodels/other.bim", "wb") as target:
            target.write(source.read())
        page = Page(self.daemon)
        for key, name in (("a", "small"), ("b", "other")):
            page.app("openStandalone", name, READ_WRITE, {"key": key})
        created = page.edit("insertElement", "a", subject("only in a"))
        self.assertEqual(self.fails(page, page.edit, "getElementProps", "b", created)["errorNumber"], 65574)
        page.app("saveChanges", "b")
        self.assertEqual(page.take_pushed(), [])
        page.app("saveChanges", "a")
        self.assertEqual({push[0] for push in page.take_pushed()}, {"itwinjs-core/txns/a"})
        page.app("closeIModel", "a")
        self.assertFalse(page.app("isUndoPossible", "b"))

    def test_close_saves_and_the_next_opening_cannot_undo(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        created = page.edit("insertElement", "k", subject("kept"))
        page.app("closeIModel", "k")
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        self.assertEqual(page.edit("getElementProps", "k", created)["userLabel"], "kept")
        self.assertEqual([page.app("isUndoPossible", "k"), page.app("hasPendingTxns", "k")], [False, True])

    def test_many_are_edited_wholly_or_not_at_all(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        ids = page.edit("insertElements", "k", [subject("1"), subject("2")])
        self.assertEqual(len(ids), 2)
        error = self.fails(page, page.edit, "insertElements", "k", [subject("3"), {**subject("4"), "classFullName": "No:Such"}])
        self.assertEqual(error["errorNumber"], 65539)
        error = self.fails(page, page.edit, "updateElements", "k", [{"id": ids[0], "userLabel": "x"}, {"id": "0xfffffff"}])
        self.assertEqual(error["iTwinErrorId"], {"scope": "dgn-db", "key": "MissingId"})
        self.assertEqual(page.edit("getElementProps", "k", ids[0])["userLabel"], "1")
        page.edit("deleteElements", "k", ids)
        self.assertEqual(self.fails(page, page.edit, "getElementProps", "k", ids[0])["errorNumber"], 65574)

    def test_a_lost_connection_drops_nothing_and_saves_nothing(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        created = page.edit("insertElement", "k", subject("unsaved"))
        page.client.reset()
        page = Page(self.daemon)
        until(lambda: self.is_opened(page, "small", "k"), "the lost session has let go of the file")
        self.assertEqual(page.edit("getElementProps", "k", created)["userLabel"], "unsaved")
        page.app("abandonChanges", "k")
        self.assertEqual(self.fails(page, page.edit, "getElementProps", "k", created)["errorNumber"], 65574)

    def test_one_edit_command_is_active_and_called_by_method(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        start = lambda *data: page.call(EDITOR, "startCommand", *data)  # noqa: E731
        call = lambda *data: page.call(EDITOR, "callMethod", *data)  # noqa: E731
        self.assertEqual(self.fails(page, call, "ping")["errorNumber"], 65607)
        self.assertEqual(self.fails(page, start, "noSuchCommand", "k")["errorNumber"], 65605)
        self.assertTrue(self.fails(page, start, "basicManipulation", "nope")["isIModelNotFoundResponse"])
        self.assertEqual(start("basicManipulation", "k"), "basicManipulation")
        self.assertEqual(call("ping"), {"version": "1.0.0", "commandId": "basicManipulation"})
        self.assertEqual(self.fails(page, call, "constructor")["errorNumber"], 65606)
        created = call("insertGeometricElement", subject("by the command"))
        label = lambda: page.edit("getElementProps", "k", created)["userLabel"]  # noqa: E731
        call("updateGeometricElement", {"id": created, "userLabel": "other"})
        self.assertEqual(label(), "other")
        self.assertEqual(self.fails(page, call, "updateGeometricElement", {"userLabel": "x"})["errorNumber"], 1)
        self.assertEqual(self.fails(page, call, "updateGeometricElement", created)["errorNumber"], 1)
        self.assertEqual(call("deleteElements", "+" + created[2:].upper()), 0)
        self.assertEqual(self.fails(page, call, "deleteElements", "+FFFFFF")["iTwinErrorId"]["key"], "MissingId")
        self.assertEqual(self.fails(page, call, "deleteElements", ["0x1"])["iTwinErrorId"], TYPE_ERROR)
        page.app("closeIModel", "k")
        self.assertEqual(call("ping")["commandId"], "basicManipulation")
        self.assertEqual(self.fails(page, call, "deleteElements", "")["errorNumber"], 65542)
        self.assertIsNone(start("", ""))
        self.assertEqual(self.fails(page, call, "ping")["errorNumber"], 65607)

    def test_placements_are_moved_turned_and_those_without_left(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        before = page.edit("getElementProps", "k", BLOCK)["placement"]
        move = [[1, 0, 0, 10], [0, 1, 0, 20], [0, 0, 1, 30]]
        self.assertEqual(page.call(EDITOR, "callMethod", "transformPlacement", "+" + BLOCK[2:].upper(), move), 0)
        after = page.edit("getElementProps", "k", BLOCK)["placement"]
        self.assertEqual(after["origin"], [a + b for a, b in zip(before["origin"], (10, 20, 30))])
        self.assertEqual([after["angles"], after["bbox"]], [before["angles"], before["bbox"]])
        turn = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
        page.call(EDITOR, "callMethod", "rotatePlacement", "+" + BLOCK[2:].upper(), turn, False)
        turned = page.edit("getElementProps", "k", BLOCK)["placement"]
        self.assertEqual(turned["origin"], after["origin"])
        self.assertAlmostEqual(turned["angles"]["yaw"], after["angles"].get("yaw", 0) + 90)
        double = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]
        error = self.fails(page, page.call, EDITOR, "callMethod", "transformPlacement", "+" + BLOCK[2:].upper(), double)
        self.assertEqual(error["errorNumber"], 65542)

    def test_the_place_on_the_earth_is_told_at_once(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        ecef = {"origin": [1, 2, 3], "orientation": {"yaw": 4, "pitch": 5, "roll": 6}}
        page.call(EDITOR, "callMethod", "updateEcefLocation", ecef)
        (channel, (method, told)), = page.take_pushed()
        self.assertEqual([channel, method], ["itwinjs-core/txns/k", "notifyEcefLocationChanged"])
        transform = told.pop("transform")
        self.assertEqual([told, [row[3] for row in transform]], [ecef, [1, 2, 3]])
        self.assertAlmostEqual(transform[2][1], 0.10413070090691415)
        page.call(EDITOR, "callMethod", "updateEcefLocation", {**ecef, "origin": {"x": 1, "y": 2, "z": 3}})
        self.assertEqual(page.take_pushed(), [])
        page.edit("batch", "k", [{"method": "briefcase.updateGlobalOrigin", "params": {"globalOrigin": {"x": 7, "y": 8, "z": 9}}}])
        self.assertEqual(page.take_pushed(), [["itwinjs-core/txns/k", ["notifyGlobalOriginChanged", [7, 8, 9]]]])
        page.app("closeIModel", "k")
        self.assertEqual(page.app("openStandalone", "small", READ_WRITE, {"key": "k"})["ecefLocation"]["origin"], [1, 2, 3])

    def test_new_geometry_by_id_keeps_the_placement(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        before = page.edit("getElementProps", "k", BLOCK)["placement"]
        move = [[1, 0, 0, 10], [0, 1, 0, 20], [0, 0, 1, 30]]
        page.call(EDITOR, "callMethod", "transformPlacement", "+" + BLOCK[2:].upper(), move)
        page.call(EDITOR, "callMethod", "updateGeometricElement", BLOCK, {"entryArray": [{"opcode": 5, "data": TWO_POINTS}]})
        after = page.edit("getElementProps", "k", BLOCK)["placement"]
        self.assertEqual(after["origin"], [a + b for a, b in zip(before["origin"], (10, 20, 30))])
        self.assertEqual(after["bbox"], {"low": [0, 0, 0], "high": [1, 2, 0.5]})

    def test_faulty_geometry_by_id_tells_of_which_element(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        for data in ({"entryArray": [{"opcode": 5, "data": "encoding=base64;AAAA"}]}, {"entryArray": 7}):
            error = self.fails(page, page.call, EDITOR, "callMethod", "updateGeometricElement", BLOCK, data)
            self.assertEqual(error["metadata"]["elProps"]["id"], BLOCK)
        self.assertEqual(self.fails(page, page.call, EDITOR, "callMethod", "updateGeometricElement", "0xfffffff", data)["errorNumber"], 65574)

    def test_an_element_without_anything_to_be_known_by_is_not_inserted(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        props = {key: value for key, value in subject("x").items() if key != "code"}
        for insert in (lambda p: page.edit("insertElement", "k", p), lambda p: page.edit("insertElements", "k", [p]),
                       lambda p: page.call(EDITOR, "callMethod", "insertGeometricElement", p)):
            error = self.fails(page, insert, {**props, "code": None})
            self.assertEqual([error["iTwinErrorId"], error["name"], error["metadata"]["elProps"]["userLabel"]],
                             [{"scope": "imodel-cache", "key": "invalid-arguments"}, "invalid-arguments", "x"])
            self.assertNotIn("errorNumber", error)

    def test_what_is_in_a_channel_is_edited_only_while_that_is_open(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        call = lambda *data: page.call(EDITOR, "callMethod", *data)  # noqa: E731
        root = page.edit("insertElement", "k", subject("the channel's"))
        is_root = {"classFullName": "BisCore:ChannelRootAspect", "element": {"id": root, "relClassName": "BisCore:ElementOwnsChannelRootAspect"}}
        page.edit("insertAspect", "k", {**is_root, "owner": "mine"})
        model = page.edit("insertElement", "k", {
            "classFullName": "BisCore:PhysicalPartition", "model": "0x1", "code": {"spec": "0x1d", "scope": root, "value": "part"},
            "parent": {"id": root, "relClassName": "BisCore:SubjectOwnsPartitionElements"}})
        modeled = {"classFullName": "BisCore:PhysicalModel",
                   "modeledElement": {"id": model, "relClassName": "BisCore:PhysicalModelBreaksDownPhysicalPortion"}}
        code = {"spec": "0x1", "scope": "0x1", "value": ""}
        thing = {"classFullName": "Generic:PhysicalObject", "model": model, "category": "0x16", "code": code, "placement": {"origin": [0, 0, 0], "angles": {}}}

        def refused(channel_call, *data):
            error = self.fails(page, channel_call, *data)
            self.assertEqual([error["iTwinErrorId"], error["name"], error.get("errorNumber")],
                             [{"scope": "itwin-ChannelControl", "key": "not-allowed"}, "not-allowed", None])
            return error["channelKey"]

        self.assertEqual(refused(page.edit, "insertModel", "k", modeled), "mine")
        page.edit("addAllowedChannel", "k", "mine")
        page.edit("insertModel", "k", modeled)
        made = call("insertGeometricElement", thing)
        ids = "+" + made[2:].upper()
        call("removeAllowedChannel", "mine")
        aspect = {"classFullName": "BisCore:ExternalSourceAspect", "identifier": "1", "kind": "k",
                  "element": {"id": made, "relClassName": "BisCore:ElementOwnsExternalSourceAspects"}}
        for attempt in ((call, "insertGeometricElement", thing), (call, "updateGeometricElement", {"id": made, "userLabel": "x"}),
                        (call, "transformPlacement", ids, [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]), (call, "deleteElements", ids),
                        (page.edit, "insertElements", "k", [thing]), (page.edit, "updateElements", "k", [{"id": made}]),
                        (page.edit, "updateElement", "k", {"id": made}), (page.edit, "deleteElements", "k", [made]),
                        (page.edit, "deleteElementTree", "k", made), (page.edit, "updateModel", "k", {"id": model}),
                        (page.edit, "deleteModel", "k", model), (page.edit, "insertAspect", "k", aspect)):
            self.assertEqual(refused(*attempt), "mine", attempt)
        self.assertEqual(page.edit("getElementProps", "k", made)["placement"]["origin"], [0, 0, 0])
        page.edit("updateAspect", "k", {**is_root, "owner": "\u00e4" * 200})
        self.assertEqual(refused(page.edit, "updateElement", "k", {"id": made}), "\u00e4" * 47)
        page.edit("updateAspect", "k", {**is_root, "owner": "mine"})
        # Elsewhere is the channel that all share, which can be closed too.
        self.assertIsNone(page.edit("updateElement", "k", {"id": BLOCK, "userLabel": "x"}))
        page.edit("removeAllowedChannel", "k", "shared")
        self.assertEqual(refused(page.edit, "updateElement", "k", {"id": BLOCK}), "shared")
        for channel in ("shared", "mine"):
            page.edit("addAllowedChannel", "k", channel)
        page.edit("deleteElements", "k", [made, BLOCK])
        for i in (*range(31), 7):
            page.edit("addAllowedChannel", "k", f"channel {i}")
        self.assertEqual(self.fails(page, page.edit, "addAllowedChannel", "k", "one more")["iTwinErrorId"]["key"], "LimitExceeded")
        self.assertEqual(self.fails(page, page.edit, "addAllowedChannel", "k", "x" * 96)["errorNumber"], 65539)

    @unittest.skipIf(IS_PACKED, "only of the stock connection")
    def test_half_a_surrogate_pair_is_stored_as_the_replacement_character(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        created = page.edit("insertElement", "k", {**subject("a\ud800b"), "jsonProperties": {"\udc00": "\ud83d\ude00\ud83d"}})
        props = page.edit("getElementProps", "k", created)
        self.assertEqual([props["userLabel"], props["jsonProperties"]], ["a\ufffdb", {"\ufffd": "\U0001f600\ufffd"}])
        # Two names that become one: this call alone is refused.
        self.assertEqual(self.fails(page, page.edit, "ping", "k", {"\ud800": 1, "\udc00": 2})["errorNumber"], 65539)
        self.assertIsNone(page.edit("ping", "k", None))

    def test_editing_scopes_need_models_that_keep_a_guid_of_their_geometry(self):
        page = Page(self.daemon)
        for version, supported in (("10", False), ("11", True)):
            path = f"{self.daemon.folder}/data/imodels/old-{version}.bim"
            shutil.copy(f"{DATA}/small.bim", path)
            with contextlib.closing(sqlite3.connect(path)) as db, db:
                db.execute("UPDATE ec_Schema SET VersionDigit1=1, VersionDigit2=0, VersionDigit3=? WHERE Name='BisCore'", (version,))
            page.app("openStandalone", f"old-{version}", READ_WRITE, {"key": version})
            self.assertEqual(page.app("isGraphicalEditingSupported", version), supported)
        self.assertEqual(self.fails(page, page.app, "toggleGraphicalEditingScope", "10", True)["errorNumber"], 65573)
        self.assertTrue(page.app("toggleGraphicalEditingScope", "11", True))

    def test_an_editing_scope_tells_the_geometry_of_what_changes(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.app("openStandalone", "small", READ_ONLY, {"key": "read"})
        self.assertEqual([page.app("isGraphicalEditingSupported", key) for key in ("k", "read")], [True, False])
        self.assertEqual(self.fails(page, page.app, "toggleGraphicalEditingScope", "read", True)["errorNumber"], 65582)
        block = page.edit("getElementProps", "k", BLOCK)
        page.edit("updateElement", "k", {"id": BLOCK, "placement": {**block["placement"], "origin": [0, 0, 0]}})
        page.app("saveChanges", "k", "outside")
        self.assertNotIn("notifyGeometryChanged", [push[1][0] for push in page.take_pushed()])
        self.assertTrue(page.app("toggleGraphicalEditingScope", "k", True))
        page.edit("updateElement", "k", {"id": BLOCK, "userLabel": "no geometry"})
        page.app("saveChanges", "k", "label")
        self.assertNotIn("notifyGeometryChanged", [push[1][0] for push in page.take_pushed()])
        page.edit("updateElement", "k", {"id": BLOCK, "placement": {**block["placement"], "origin": [7, 7, 7]}})
        page.app("saveChanges", "k", "moved")
        pushed = page.take_pushed()
        self.assertEqual([push[1][0] for push in pushed], [
            "notifyCommit", "notifyGeometryChanged", "notifyGeometryGuidsChanged", "notifyElementsChanged", "notifyCommitted"])
        self.assertEqual(pushed[1][0], "itwinjs-core/editing-scope/k")
        (model,) = pushed[1][1][1]
        self.assertEqual([model["id"], model["guid"]], [block["model"], pushed[2][1][1][0]["guid"]])
        self.assertEqual([model["updated"]["ids"], len(model["updated"]["ranges"])], ["+" + BLOCK[2:].upper(), 1])
        self.assertLessEqual({"low", "high"}, model["range"].keys())
        page.edit("deleteElements", "k", [BLOCK])
        page.app("saveChanges", "k", "deleted")
        self.assertEqual(page.take_pushed()[1][1][1][0]["deleted"], "+" + BLOCK[2:].upper())
        page.app("reverseTxns", "k", 1)
        undone = page.take_pushed()
        self.assertEqual([push[1][0] for push in undone], [
            "notifyBeforeUndoRedo", "notifyElementsChanged", "notifyChangesApplied", "notifyGeometryChanged",
            "notifyGeometryGuidsChanged", "notifyAfterUndoRedo"])
        self.assertEqual(undone[3][1][1][0]["inserted"]["ranges"], model["updated"]["ranges"])
        self.assertFalse(page.app("toggleGraphicalEditingScope", "k", False))

    def test_a_page_of_4_0_is_spoken_to_by_the_names_it_knows(self):
        page = Page(self.daemon)
        self.assertEqual(page.call("ipc-app", "queryConcurrency", "cpu"), os.cpu_count())
        self.assertEqual(page.call("ipc-app", "openStandalone", "small", READ_WRITE, {"key": "k"})["key"], "k")
        self.assertEqual(page.call("editor", "startCommand", "basicManipulation", "k"), "basicManipulation")
        self.assertTrue(page.call("ipc-app", "toggleGraphicalEditingScope", "k", True))
        request = {"definition": {"interfaceName": "IModelReadRpcInterface", "interfaceVersion": "3.5.0"}, "operation": "getElementProps",
                   "parameters": [{"key": "k", "iTwinId": NIL, "iModelId": NIL, "changeset": {"id": "", "index": 0}}, [BLOCK]],
                   "context": {"applicationId": "2686", "applicationVersion": "1.0.0", "id": NIL, "sessionId": NIL, "protocolVersion": "2"}}
        block, = page.call("RPC", "request", request)
        # The geometry stands beside the properties, as an argument of its own.
        created = page.call("editor", "callMethod", "insertGeometricElement", {
            "classFullName": "Generic:PhysicalObject", "model": block["model"], "category": block["category"],
            "code": {"spec": "0x1", "scope": "0x1", "value": ""}, "placement": {"origin": [1, 2, 3], "angles": {}},
        }, {"entryArray": [{"opcode": 5, "data": TWO_POINTS}]})
        self.assertEqual(page.call("ipc-app", "saveChanges", "k", "one"), None)
        self.assertEqual([[push[0], push[1][0]] for push in page.take_pushed()], [
            ["txns:k", "notifyCommit"], ["editing-scope:k", "notifyGeometryChanged"], ["txns:k", "notifyGeometryGuidsChanged"],
            ["txns:k", "notifyElementsChanged"], ["txns:k", "notifyCommitted"]])
        self.assertEqual(page.call("ipc-app", "reverseTxns", "k", 1), 0)
        self.assertEqual({push[0] for push in page.take_pushed()}, {"txns:k", "editing-scope:k"})
        request["parameters"][1] = [created]
        self.assertEqual(self.fails(page, page.call, "RPC", "request", request)["errorNumber"], 65574)
        self.assertEqual(self.fails(page, page.call, "itwinjs-core/RPC", "request", request)["errorNumber"], 65606)

    def test_of_several_undone_transactions_each_is_told_as_it_was_in_between(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.app("toggleGraphicalEditingScope", "k", True)
        block = page.edit("getElementProps", "k", BLOCK)
        new = {**{name: block[name] for name in ("classFullName", "model", "category")}, "code": subject("")["code"]}
        placement = {"origin": [1, 2, 3], "angles": {}, "bbox": {"low": [0, 0, 0], "high": [1, 1, 1]}}
        self.save(page, "insertElement", {**new, "placement": placement, "geom": [{"lineSegment": [[0, 0, 0], [1, 1, 1]]}]})
        element = page.rpc("queryEntityIds", {"key": "k"}, {"from": "bis.Element", "orderBy": "ECInstanceId DESC", "limit": 1})[0]
        self.save(page, "updateElement", {"id": element, "placement": {**placement, "origin": [11, 2, 3]}})
        self.save(page, "deleteElements", [element])
        page.take_pushed()
        ids = "+" + element[2:].upper()
        near, far = ({"low": [x, 2, 3], "high": [x + 1, 3, 4]} for x in (1, 11))
        page.app("reverseTxns", "k", 3)
        self.assertEqual(self.told_geometry(page), [
            {"inserted": {"ids": ids, "ranges": [far]}}, {"updated": {"ids": ids, "ranges": [near]}}, {"deleted": ids}])
        page.app("reinstateTxn", "k")
        self.assertEqual(self.told_geometry(page), [
            {"inserted": {"ids": ids, "ranges": [near]}}, {"updated": {"ids": ids, "ranges": [far]}}, {"deleted": ids}])
        self.save(page, "insertElement", new)
        (change,) = self.told_geometry(page)
        (nowhere,) = change["inserted"]["ranges"]
        self.assertGreater(nowhere["low"][0], nowhere["high"][0])

    def save(self, page, method, arg):
        page.edit(method, "k", arg)
        page.app("saveChanges", "k", method)

    def told_geometry(self, page):
        """What happened to elements, of each notifyGeometryChanged since it was last asked."""
        told = [push[1][1][0] for push in page.take_pushed() if push[1][0] == "notifyGeometryChanged"]
        for model in told:
            self.assertEqual({"id", "range", "guid"}, {"id", "range", "guid"} & model.keys())
        return [{name: model[name] for name in model.keys() - {"id", "range", "guid"}} for model in told]

    def test_a_model_that_is_gone_is_told_without_its_elements(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        block = page.edit("getElementProps", "k", BLOCK)
        part = page.edit("insertElement", "k", {
            "classFullName": "BisCore:PhysicalPartition", "model": "0x1", "code": {"spec": "0x17", "scope": "0x1", "value": "M"},
            "parent": {"id": "0x1", "relClassName": "BisCore:SubjectOwnsPartitionElements"}})
        model = page.edit("insertModel", "k", {"classFullName": "BisCore:PhysicalModel", "modeledElement": {"id": part}})
        element = page.edit("insertElement", "k", {"classFullName": block["classFullName"], "model": model, "category": block["category"],
                                                   "placement": block["placement"], "code": subject("")["code"]})
        page.app("saveChanges", "k", "new model")
        page.app("toggleGraphicalEditingScope", "k", True)
        page.app("reverseTxns", "k", 1)
        (told,) = [push[1][1] for push in page.take_pushed() if push[1][0] == "notifyGeometryChanged"]
        self.assertEqual([[m["id"], m["guid"], sorted(m)] for m in told], [[model, NIL, ["guid", "id", "range"]]])
        self.assertGreater(told[0]["range"]["low"][0], told[0]["range"]["high"][0])
        self.assertIsNotNone(element)

    def test_what_others_save_is_told_where_it_is_watched(self):
        page, other = Page(self.daemon), Page(self.daemon)
        other.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.app("openBriefcase", {"fileName": "small", "key": "w", "watchForChanges": True})
        page.app("openBriefcase", {"fileName": "small", "key": "r", "readonly": True})
        self.assertEqual(self.fails(page, page.app, "saveChanges", "w")["errorNumber"], 65582)
        self.save(other, "insertElement", subject("new"))
        begin, end = [["notifyReplayExternalTxns"]], [["notifyReplayedExternalTxns"]]
        told = [page.receive() for _ in range(4)]
        self.assertEqual({message["channel"] for message in told}, {"itwin.itwinjs-core/txns/w"})
        self.assertEqual([message["data"][:1] for message in told], begin + [["notifyElementsChanged"], ["notifyChangesApplied"]] + end)
        block = other.edit("getElementProps", "k", BLOCK)
        other.take_pushed()
        self.save(other, "updateElement", {"id": BLOCK, "placement": {**block["placement"], "origin": [9, 9, 9]}})
        (guids,) = [push[1] for push in other.take_pushed() if push[1][0] == "notifyGeometryGuidsChanged"]
        told = [page.receive()["data"] for _ in range(5)]
        self.assertEqual(told[0:1] + told[2:], begin + [["notifyChangesApplied"], guids] + end)
        self.assertEqual(told[1][1]["updated"], "+" + BLOCK[2:].upper())
        other.app("reverseTxns", "k", 2)
        self.assertEqual(page.rpc("getElementProps", {"key": "w"}, [BLOCK])[0]["placement"], block["placement"])
        self.assertEqual(page.take_pushed(), [])
        other.app("reinstateTxn", "k")
        self.assertEqual(page.rpc("getElementProps", {"key": "w"}, [BLOCK])[0]["placement"]["origin"], [9, 9, 9])
        self.assertEqual([push[1][0] for push in page.take_pushed()], [
            "notifyReplayExternalTxns", "notifyElementsChanged", "notifyChangesApplied", "notifyElementsChanged",
            "notifyChangesApplied", "notifyGeometryGuidsChanged", "notifyReplayedExternalTxns"])
        page.app("closeIModel", "w")
        self.save(other, "insertElement", subject("newer"))
        self.assertEqual(page.app("queryConcurrency", "io"), 10)
        self.assertEqual(page.take_pushed(), [])

    def test_an_error_tells_what_the_edit_was_about(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        props = {**subject("x"), "classFullName": "No:Such"}
        error = self.fails(page, page.edit, "insertElement", "k", props)
        self.assertEqual([error["metadata"], error["iTwinErrorId"]],
                         [{"elProps": props}, {"scope": "imodel-native", "key": "65539"}])
        error = self.fails(page, page.edit, "deleteElements", "k", [BLOCK, "0xfffffff"])
        self.assertEqual([error["metadata"], error["iTwinErrorId"]],
                         [{"elementId": "0xfffffff"}, {"scope": "dgn-db", "key": "MissingId"}])
        self.assertEqual(page.edit("getElementProps", "k", BLOCK)["id"], BLOCK)
        scoped = {**subject("x"), "code": {"spec": "0x1", "scope": "none", "value": "x"}}
        error = self.fails(page, page.edit, "insertElement", "k", scoped)
        self.assertEqual([error["errorNumber"], error["iTwinErrorId"]], [65539, {"scope": "dgn-db", "key": "BadArg"}])
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        for no_id in ("none", "0", {}):
            error = self.fails(page, page.call, EDITOR, "callMethod", "updateGeometricElement", {"id": no_id, "userLabel": "x"})
            self.assertEqual([error["errorNumber"], error["iTwinErrorId"]], [65559, {"scope": "dgn-db", "key": "InvalidId"}], no_id)
        huge = {**props, "userLabel": "x" * 3000000}
        self.assertNotIn("metadata", self.fails(page, page.edit, "insertElement", "k", huge))
        self.assertEqual(self.fails(page, page.app, "toString", "k"),
                         {"message": 'Method "toString" not available for channel: itwinjs-core/ipc-app'})

    def test_the_project_extents_are_told_at_once(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        page.call(EDITOR, "startCommand", "basicManipulation", "k")
        extents = {"low": [-1, -2, -3], "high": [4, 5, 6]}
        page.call(EDITOR, "callMethod", "updateProjectExtents", extents)
        self.assertEqual(page.take_pushed(), [["itwinjs-core/txns/k", ["notifyProjectExtentsChanged", extents]]])
        page.app("saveChanges", "k", "extents")
        self.assertEqual([push[1][0] for push in page.take_pushed()], ["notifyCommit", "notifyCommitted"])
        as_points = {"low": {"x": -1, "y": -2, "z": -3}, "high": {"x": 4, "y": 5, "z": 6}}
        page.call(EDITOR, "callMethod", "updateProjectExtents", as_points)
        self.assertEqual(page.take_pushed(), [])
        page.app("abandonChanges", "k")
        page.call(EDITOR, "callMethod", "updateProjectExtents", as_points)
        self.assertEqual(page.take_pushed(), [["itwinjs-core/txns/k", ["notifyProjectExtentsChanged", extents]]])
        page.call(EDITOR, "callMethod", "updateProjectExtents", {"low": [2, 2, 2], "high": [2, 3.5, 2]})
        self.assertEqual(page.take_pushed()[0][1][1], {"low": [1.5, 2, 1.5], "high": [2.5, 3.5, 2.5]})
        self.assertIn('"extentsSource":1', page.edit("queryFileProperty", "k", "dgn_Db", "Units")["string"])
        self.assertEqual(self.fails(page, page.call, EDITOR, "callMethod", "updateProjectExtents", 7)["errorNumber"], 1)

    @unittest.skipIf(IS_PACKED, "only of the stock connection")
    def test_a_page_that_is_loaded_anew_opens_what_it_had_open(self):
        page = Page(self.daemon, label="tab")
        page.app("openStandalone", "small", READ_WRITE, {"key": "old"})
        saved = page.edit("insertElement", "old", subject("saved"))
        page.app("saveChanges", "old", "one")
        unsaved = page.edit("insertElement", "old", subject("unsaved"))
        page.app("toggleGraphicalEditingScope", "old", True)
        page.client.reset()
        page = Page(self.daemon, label="tab")
        self.assertEqual(page.app("openStandalone", "small", READ_WRITE, {"key": "new"})["key"], "new")
        error = self.fails(page, page.app, "openStandalone", "small", READ_WRITE, {"key": "new"})
        self.assertEqual(error["errorNumber"], 65538)
        self.assertTrue(self.fails(page, page.app, "saveChanges", "old")["isIModelNotFoundResponse"])
        self.assertEqual(page.edit("getElementProps", "new", unsaved)["userLabel"], "unsaved")
        self.assertEqual(page.app("getUndoString", "new"), "one")
        page.app("saveChanges", "new", "two")
        self.assertNotIn("notifyGeometryChanged", [push[1][0] for push in page.take_pushed()])
        page.app("reverseTxns", "new", 2)
        self.assertEqual(self.fails(page, page.edit, "getElementProps", "new", saved)["errorNumber"], 65574)

    def test_what_is_not_there_is_said_by_name(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        for method in ("pullChanges", "pushChanges", "openCheckpoint"):
            self.assertEqual(self.fails(page, page.app, method, "k")["errorNumber"], 65573, method)
        self.assertEqual(self.fails(page, page.call, EDIT, "noSuchMethod", "k")["errorNumber"], 65606)
        self.assertEqual(self.fails(page, page.edit, "insertElement", "k", 7)["iTwinErrorId"], TYPE_ERROR)
        error = self.fails(page, page.app, "reverseTxns", "k", "many")
        self.assertEqual([error["iTwinErrorId"], error.get("errorNumber")], [TYPE_ERROR, None])
        not_found = {"message": "iModel not found", "isIModelNotFoundResponse": True}
        for key in (None, 7, {}, [], "x" * 3000, ""):
            self.assertEqual(self.fails(page, page.edit, "insertElement", key, {}), not_found, key)
            self.assertEqual(self.fails(page, page.edit, "getElementProps", key, "0x1"), not_found, key)
            self.assertEqual(self.fails(page, page.app, "saveChanges", key), not_found, key)
            self.assertEqual(self.fails(page, page.call, EDITOR, "startCommand", "basicManipulation", key), not_found, key)
        self.assertEqual(self.fails(page, page.edit, "insertElement")["errorNumber"], 65539)

    def test_what_is_not_under_way_can_be_cancelled(self):
        page = Page(self.daemon)
        token = {"key": page.app("openStandalone", "small", READ_WRITE, {"key": "k"})["key"]}
        self.assertIsNone(page.app("cancelTileContentRequests", token, [{"treeId": "0x1", "contentIds": ["a"]}]))
        self.assertIsNone(page.app("cancelElementGraphicsRequests", "k", ["a"]))
        self.assertIsNone(page.app("cancelPullChangesRequest", "k"))
        not_found = {"message": "iModel not found", "isIModelNotFoundResponse": True}
        self.assertEqual(self.fails(page, page.app, "cancelTileContentRequests", {"key": "x"}, []), not_found)
        self.assertEqual(self.fails(page, page.app, "cancelElementGraphicsRequests", "x", []), not_found)

    def test_a_number_of_undone_transactions_has_no_fraction(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        for label in ("a", "b"):
            page.edit("insertElement", "k", subject(label))
            page.app("saveChanges", "k", label)
        self.assertEqual(page.app("reverseTxns", "k", 0.5), 65579)
        self.assertEqual(page.app("reverseTxns", "k", -1e300), 65579)
        self.assertEqual(page.app("reverseTxns", "k", 1.9), 0)
        self.assertEqual(page.app("getUndoString", "k"), "a")
        self.assertEqual(page.app("reverseTxns", "k", 1e300), 0)
        self.assertFalse(page.app("isUndoPossible", "k"))
        self.assertEqual(self.fails(page, page.app, "reverseTxns", "k")["iTwinErrorId"], TYPE_ERROR)


class IpcDrop(unittest.TestCase):
    def test_close_drops_when_it_is_told_to(self):
        self.daemon = Daemon(PROGRAM, "ipc.close=drop", imodel=f"{DATA}/small.bim")
        self.addCleanup(self.daemon.stop)
        page = Page(self.daemon)
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        created = page.edit("insertElement", "k", subject("dropped"))
        page.app("closeIModel", "k")
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        with self.assertRaises(Failed):
            page.edit("getElementProps", "k", created)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
