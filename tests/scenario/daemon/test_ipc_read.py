#!/usr/bin/env python3
"""Stock frontends read at /ipc by RPC: what the official backend has said of the same iModel.

Usage: test_ipc_read.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import base64
import json
import lzma
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, TEXT, frame  # noqa: E402
from page import EDIT, IS_PACKED, Failed, Page  # noqa: E402
from wsraw import BINARY  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
READ_ONLY, READ_WRITE = 1, 2
TOKEN = {"key": "k", "iTwinId": "", "iModelId": "", "changeset": {"id": "", "index": 0}}
TILES = {"interfaceName": "IModelTileRpcInterface", "interfaceVersion": "3.2.0"}
SCHEMAS = {"interfaceName": "ECSchemaRpcInterface", "interfaceVersion": "2.0.0"}
TOOLS = {"interfaceName": "DevToolsRpcInterface", "interfaceVersion": "0.7.0"}
SNAPSHOTS = {"interfaceName": "SnapshotIModelRpcInterface", "interfaceVersion": "2.0.0"}
PRESENTATION = {"interfaceName": "PresentationRpcInterface", "interfaceVersion": "5.0.0"}


def dump(name):
    """Lines of what the official backend has told, as values."""
    with lzma.open(f"{DATA}/oracle/small.{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def plain(value):
    """As the dumps have binary values."""
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def save_blob(page, space, name, number, text, blob):
    """Save a file property with a binary value, which follows the message."""
    if IS_PACKED:
        page.edit("saveFileProperty", "k", space, name, number, 0, text, blob)
        return
    message = {"type": 2, "channel": f"itwin.{EDIT}", "method": "saveFileProperty", "request": page.n_requests + 1, "sequence": page.n_sent,
               "data": ["k", space, name, number, 0, text, {"ipc": "binary", "type": 0, "index": 0}]}
    page.n_requests += 1
    page.n_sent += 1
    page.client.send(frame(TEXT, json.dumps([json.dumps(message), 1]).encode()) + frame(BINARY, blob))
    page.result_of(page.n_requests)


class IpcRead(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(PROGRAM, imodel=f"{DATA}/small.bim")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def page(self, mode=READ_ONLY):
        page = Page(self.daemon)
        self.addCleanup(page.client.close)
        page.app("openStandalone", "small", mode, {"key": "k"})
        return page

    def fails(self, page, operation, *parameters, **interface):
        with self.assertRaises(Failed) as caught:
            page.result_of(page.send_rpc(operation, *parameters, **interface))
        return caught.exception.error

    def ask(self, page, interface, operation, *parameters):
        return page.result_of(page.send_rpc(operation, *parameters, interface=interface))

    def test_elements_are_what_the_official_backend_says(self):
        page, elements = self.page(), dump("elements")
        self.assertGreater(len(elements), 400)
        ids = [element["id"] for element in elements]
        told = {element["id"]: element for element in page.rpc("getElementProps", TOKEN, ids)}
        self.assertEqual(set(told), set(ids))
        for element in elements:
            expected = {key: value for key, value in element.items() if key != "geom"}
            self.assertEqual(plain(told[element["id"]]), expected)

    def test_models_and_code_specs_are_what_the_official_backend_says(self):
        page, models = self.page(), dump("models")
        self.assertEqual(page.rpc("getModelProps", TOKEN, [model["id"] for model in models]), models)
        self.assertEqual(page.rpc("queryModelProps", TOKEN, {"from": "BisCore.Model", "orderBy": "ECInstanceId"}), models)
        specs = [{"id": spec["id"], "name": spec["name"], "jsonProperties": spec["properties"]} for spec in dump("codespecs")]
        self.assertEqual(page.rpc("getAllCodeSpecs", TOKEN), specs)

    def test_schemas_are_what_the_official_backend_writes(self):
        page = self.page()
        for schema in dump("schemas"):
            self.assertEqual(self.ask(page, SCHEMAS, "getSchemaJSON", TOKEN, schema["name"]), schema)
        keys = self.ask(page, SCHEMAS, "getSchemaKeys", TOKEN)
        self.assertEqual(len(keys), 12)
        self.assertIn({"name": "BisCore", "read": 1, "write": 0, "minor": 22}, keys)
        for name in ("bis", "Nope", "x" * 512):
            self.assertEqual(self.fails(page, "getSchemaJSON", TOKEN, name, interface=SCHEMAS)["errorNumber"], 65574)

    def test_of_several_those_that_are_not_there_are_left_out(self):
        page = self.page()
        self.assertEqual([element["id"] for element in page.rpc("getElementProps", TOKEN, ["0x1", "0xfffff", "nope", 7, None, "0x1", "0x10"])],
                         ["0x1", "0x10"])
        self.assertEqual(page.rpc("getElementProps", TOKEN, []), [])
        self.assertEqual(page.rpc("getElementProps", TOKEN, ["0xfffff", "0xffffe"]), [])
        for operation in ("getElementProps", "getModelProps"):
            for missing in ("0xfffff", "nope", ""):
                self.assertEqual(self.fails(page, operation, TOKEN, [missing])["errorNumber"], 65574, missing)
        self.assertEqual([model["id"] for model in page.rpc("getModelProps", TOKEN, ["0xfffff", "0x35"])], ["0x35"])

    def test_an_element_is_found_by_id_guid_and_code_or_is_undefined(self):
        page = self.page()
        by_id = page.rpc("loadElementProps", TOKEN, "0x8a", None)
        self.assertEqual(page.rpc("loadElementProps", TOKEN, by_id["federationGuid"].upper(), {}), by_id)
        self.assertEqual(page.rpc("loadElementProps", TOKEN, by_id["code"]), by_id)
        with_geometry = page.rpc("loadElementProps", TOKEN, "0x8a", {"wantGeometry": True, "onlyBaseProperties": True})
        self.assertEqual({**with_geometry, "geom": None}, {**by_id, "geom": None})
        self.assertEqual(with_geometry["geom"][1], {"lineString": [[0, 0, 0], [1, 2, 0.5]]})
        for missing in ("0xfffff", "0", "", "nope", "00000000-0000-4000-8000-00000000dead", {"spec": "0x1", "scope": "0x1", "value": ""}, {}):
            request = page.send_rpc("loadElementProps", TOKEN, missing, None)
            self.assertEqual(page.data_of(request), {}, missing)
        for wrong in (7, True, ["0x1"]):
            self.assertEqual(self.fails(page, "loadElementProps", TOKEN, wrong)["errorNumber"], 65539)

    def test_queries_of_entities_are_put_together_and_bounded(self):
        page = self.page()
        subjects = ["0x1", "0x11", "0x12", "0x13"]
        self.assertEqual(page.rpc("queryEntityIds", TOKEN, {"from": "BisCore:Subject"}), subjects)
        self.assertEqual(page.rpc("queryEntityIds", TOKEN, {"from": "bis.Subject", "only": True, "limit": 2, "offset": 1, "where": ""}), subjects[1:3])
        self.assertEqual(page.rpc("queryEntityIds", TOKEN, {"from": "bis.Subject", "where": "ECInstanceId>? AND CodeValue LIKE :name",
                                                            "bindings": {"1": "0x11", "name": "Build%"}, "orderBy": "CodeValue DESC"}), ["0x13", "0x12"])
        self.assertEqual([element["id"] for element in page.rpc("queryElementProps", TOKEN, {"from": "bis.Subject"})], subjects)
        for params in ({"from": "No.Such"}, {"from": "bis.Subject; DELETE FROM bis.Element"}, {"from": "bis.Subject", "where": "("},
                       {"from": "bis.Subject", "where": "x=:x", "bindings": {}}):
            self.assertEqual(self.fails(page, "queryEntityIds", TOKEN, params)["errorNumber"], 1, params)
        for params in ({}, {"from": 7}, {"from": "bis.Subject", "where": 7}, {"from": "bis.Subject", "bindings": "x"}):
            self.assertEqual(self.fails(page, "queryEntityIds", TOKEN, params)["errorNumber"], 65539, params)
        many = "bis.Element a, bis.Element b"
        self.assertEqual(self.fails(page, "queryEntityIds", TOKEN, {"from": "bis.Element", "where": "x" * 200000})["errorNumber"], 18)
        self.assertEqual(self.fails(page, "queryEntityIds", TOKEN, {"from": many})["errorNumber"], 1)
        values = "bis.Element JOIN (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30) SELECT i FROM n) ON 1=1"
        self.assertEqual(self.fails(page, "queryEntityIds", TOKEN, {"from": values})["errorNumber"], 65542)

    def test_an_edit_overtakes_a_long_query_of_elements(self):
        page = self.page(READ_WRITE)
        slow = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1500000) SELECT COUNT(*) FROM n)>0"
        query = page.send_rpc("queryElementProps", TOKEN, {"from": "BisCore.Subject", "where": slow})
        edit = page.send(EDIT, "updateElement", ["k", {"id": "0x11", "userLabel": "overtaken"}])
        self.assertEqual(page.next_answer(), edit)
        self.assertIsNone(page.result_of(edit))
        self.assertEqual([element["id"] for element in page.result_of(query)], ["0x1", "0x11", "0x12", "0x13"])
        page.app("abandonChanges", "k")
        query = page.send_rpc("queryElementProps", TOKEN, {"from": "BisCore.Subject", "where": slow})
        other = page.send(EDIT, "ping", ["k", 1])
        closing = page.send_rpc("close", TOKEN, interface=SNAPSHOTS)
        self.assertEqual(len(page.result_of(query)), 4)
        self.assertEqual([page.result_of(other), page.result_of(closing)], [1, True])

    def test_unsaved_edits_are_read(self):
        page = self.page(READ_WRITE)
        created = page.edit("insertElement", "k", {"classFullName": "BisCore:Subject", "model": "0x1", "userLabel": "mine", "code": {"spec": "0x1", "scope": "0x1", "value": ""},
                                                   "parent": {"id": "0x1", "relClassName": "BisCore:SubjectOwnsSubjects"}})
        self.assertEqual(page.rpc("getToolTipMessage", TOKEN, created)[0], "mine")
        self.assertIn(created, page.rpc("queryEntityIds", TOKEN, {"from": "BisCore.Subject"}))
        page.app("abandonChanges", "k")
        self.assertNotIn(created, page.rpc("queryEntityIds", TOKEN, {"from": "BisCore.Subject"}))
        page.app("closeIModel", "k")

    def test_a_view_comes_with_all_that_it_is_made_of(self):
        page = self.page()
        state = page.rpc("getViewStateData", TOKEN, "0x1b6", {"displayStyle": {}})
        self.assertEqual({key: value["id"] for key, value in state.items()},
                         {"viewDefinitionProps": "0x1b6", "categorySelectorProps": "0x1b4", "displayStyleProps": "0x1b5", "modelSelectorProps": "0x1b3"})
        self.assertEqual(page.rpc("hydrateViewState", TOKEN, {}), {})
        nothing = {"notLoadedModelSelectorStateModels": "", "sheetViewAttachmentIds": ""}
        self.assertEqual(page.rpc("hydrateViewState", TOKEN, nothing), {})
        self.assertEqual(page.rpc("hydrateViewState", TOKEN, {"spatialViewId": "0x1b6"}), {"spatialViewProps": state})
        self.assertEqual(self.fails(page, "hydrateViewState", TOKEN, {"spatialViewId": "0xfffff"})["errorNumber"], 65574)
        self.assertEqual(page.rpc("hydrateViewState", TOKEN, {"sheetViewAttachmentIds": "+1", "acsId": "0xfffff"}),
                         {"sheetViewViews": [None], "sheetViewAttachmentProps": page.rpc("getElementProps", TOKEN, ["0x1"])})
        for wrong in ({"sheetViewAttachmentIds": 7}, {"notLoadedModelSelectorStateModels": "+0"}, {"sheetViewAttachmentIds": "nope"}):
            self.assertEqual(self.fails(page, "hydrateViewState", TOKEN, wrong)["errorNumber"], 65539, wrong)
        self.assertEqual(page.rpc("getCustomViewState3dData", TOKEN)["modelIds"], "+35+1+3")
        self.assertEqual(page.rpc("getDefaultViewId", TOKEN), "0")

    def test_ids_in_a_display_style_are_shown_as_they_are_asked_for(self):
        page = self.page(READ_WRITE)
        timeline = {"batchId": 1, "elementIds": ["0x8a", "0x8b"], "visibilityTimeline": [{"time": 1, "value": 0}]}
        script = [{"modelId": "0x35", "elementTimelines": [timeline, {"batchId": 2}]}, {"modelId": "0x36"}, 7]

        def styles(options, view=False):
            parts = page.rpc("getViewStateData", TOKEN, "0x1b6", {"displayStyle": options}) if view else {
                "displayStyleProps": page.rpc("loadElementProps", TOKEN, "0x1b5", {"displayStyle": options})}
            return parts["displayStyleProps"]["jsonProperties"]["styles"]

        page.edit("updateElement", "k", {"id": "0x1b5", "jsonProperties": {"styles": {"excludedElements": "+8A+1+2", "scheduleScript": script}}})
        for view in (False, True):
            for options in (None, {}, {"compressExcludedElementIds": False}):
                self.assertEqual([styles(options, view)[key] for key in ("excludedElements", "scheduleScript")], [["0x8a", "0x8b", "0x8d"], script])
            shown = styles({"compressExcludedElementIds": True, "omitScheduleScriptElementIds": True}, view)
            self.assertEqual(shown["excludedElements"], "+8A+1+2")
            self.assertEqual(shown["scheduleScript"], [{"modelId": "0x35", "elementTimelines": [{**timeline, "elementIds": ""}, {"batchId": 2}]}, {"modelId": "0x36"}, 7])
        for odd in ("", "nope", "+1*FFFFFFFFFFFF", 7, ["0x1"], {"a": 1}):
            page.edit("updateElement", "k", {"id": "0x1b5", "jsonProperties": {"styles": {"excludedElements": odd, "scheduleScript": odd}}})
            self.assertEqual([styles({"omitScheduleScriptElementIds": True}).get(key) for key in ("excludedElements", "scheduleScript")], [odd, odd])
        self.assertEqual(self.fails(page, "loadElementProps", TOKEN, "0x1b5", {"displayStyle": {"compressExcludedElementIds": 1}})["errorNumber"], 65539)
        page.app("abandonChanges", "k")
        page.app("closeIModel", "k")

    def test_default_view_and_thumbnail_are_what_is_saved(self):
        page = self.page(READ_WRITE)
        image = bytes(range(200))
        facts = json.dumps({"format": "jpeg", "width": 20, "height": 10})
        save_blob(page, "dgn_View", "DefaultView", 0, None, struct.pack("<Q", 0x1b6))
        self.assertEqual(page.rpc("getDefaultViewId", TOKEN), "0x1b6")
        for wrong in (b"", b"1234567", b"123456789"):
            save_blob(page, "dgn_View", "DefaultView", 0, "x", wrong)
            self.assertEqual(page.rpc("getDefaultViewId", TOKEN), "0", wrong)
        page.edit("saveFileProperty", "k", "dgn_View", "Thumbnail", 0x1b6, 0, facts, None)
        for view in ("0x1b6", "0x1b9", "0", "nope"):
            no_content = page.rpc("getViewThumbnail", TOKEN, view)
            self.assertEqual([no_content["managedStatus"], no_content["responseValue"]["errorNumber"]], ["noContent", 65604])
        save_blob(page, "dgn_View", "Thumbnail", 0x1b6, facts, image)
        self.assertEqual(page.rpc("getViewThumbnail", TOKEN, "0x1b6"), struct.pack("<4I", 200, 0, 20, 10) + image)
        for odd in ("{", "7", '{"format":7,"width":-1,"height":1e99}'):
            save_blob(page, "dgn_View", "Thumbnail", 0x1b6, odd, image)
            self.assertEqual(page.rpc("getViewThumbnail", TOKEN, "0x1b6"), struct.pack("<4I", 200, 2, 0, 0) + image)
        page.app("abandonChanges", "k")
        self.assertEqual(page.rpc("getDefaultViewId", TOKEN), "0")
        page.app("closeIModel", "k")

    def test_a_texture_is_the_image_as_it_is_stored(self):
        page = self.page()
        texture = page.rpc("queryTextureData", TOKEN, {"name": "0x2c", "maxTextureSize": 1})
        self.assertEqual([texture["width"], texture["height"], texture["format"], texture["bytes"][:4]], [1, 1, 2, b"\x89PNG"])
        for other in ("0x1", "0xfffff"):
            self.assertEqual(page.data_of(page.send_rpc("queryTextureData", TOKEN, {"name": other})), {})
        self.assertEqual(self.fails(page, "queryTextureData", TOKEN, {"name": "x"})["errorNumber"], 65539)

    def test_what_needs_geometry_tiles_or_rules_is_refused_by_name(self):
        page = self.page()
        refused = [("getGeometrySummary", None), ("generateElementMeshes", None), ("callViewStore", None), ("requestTileTreeProps", TILES),
                   ("generateTileContent", TILES), ("retrieveTileContent", TILES), ("openRemote", SNAPSHOTS), ("getPagedNodes", PRESENTATION)]
        for operation, interface in refused:
            error = self.fails(page, operation, TOKEN, "x", **({} if interface is None else {"interface": interface}))
            self.assertEqual(error["errorNumber"], 65573, operation)
            self.assertIn(operation, error["message"])
        self.assertEqual(self.fails(page, "getConnectionProps", {"iModelId": "x"})["errorNumber"], 65574)
        self.assertEqual(page.rpc("requestSnap", TOKEN, "session", {}), {"status": 2})
        self.assertEqual(page.rpc("getGeometryContainment", TOKEN, {"candidates": []}), {"status": 32768})
        self.assertEqual(page.rpc("getMassPropertiesPerCandidate", TOKEN, {"operations": [0], "candidates": "+1*2"}),
                         [{"status": 32768, "candidate": "0x1"}, {"status": 32768, "candidate": "0x2"}])
        for wrong in ({}, {"operation": 3}, {"operation": "0"}):
            self.assertEqual(self.fails(page, "getMassProperties", TOKEN, wrong)["errorNumber"], 65539)
        for nothing in ("purgeTileTrees", "requestElementGraphics", "getTileCacheConfig"):
            self.assertEqual(page.data_of(page.send_rpc(nothing, TOKEN, None, interface=TILES)), {})

    def test_an_unknown_key_is_an_error_and_closes_nothing(self):
        page = self.page()
        for token in ({"key": "other"}, {"key": 7}, {}):
            self.assertEqual(self.fails(page, "getElementProps", token, ["0x1"])["errorNumber"], 65574, token)
        for token in (None, "k", ["k"]):
            self.assertEqual(self.fails(page, "getElementProps", token, ["0x1"])["errorNumber"], 65539, token)
        self.assertEqual(len(page.rpc("getElementProps", TOKEN, ["0x1"])), 1)

    def test_every_operation_answers_whatever_it_is_given(self):
        page = self.page()
        endpoints = self.ask(page, {"interfaceName": "x", "interfaceVersion": "CONTROL"}, "describeEndpoints")
        self.assertEqual([endpoint["interfaceName"] for endpoint in endpoints][0], "IModelReadRpcInterface")
        odd = [None, True, 7, -1, 1e300, "", "0x8a", "0x1b6", "+1*FFFFFFFFFFFFFFFF", "x\0y", [], ["0x8a", None, {}, [[]]], {}, {"name": "0x8a"},
               {"from": "", "where": None}, {"spatialViewId": "0x1", "baseModelId": [], "acsId": {}}, {"operation": 1, "candidates": {}},
               {"iModelCoords": {}, "geoCoords": 7}, {"modelIds": "+FFFFFFFFFFFFFFFF+1"}]
        for endpoint in endpoints:
            interface = {key: endpoint[key] for key in ("interfaceName", "interfaceVersion")}
            for operation in endpoint["operationNames"]:
                parameters = [[TOKEN, value, other] for value in odd for other in (None, {})] + [[value] for value in odd] + [[]]
                for given in parameters:
                    if operation == "close" and given[:1] == [TOKEN]:
                        continue
                    answer = page.data_of(page.send_rpc(operation, *given, interface=interface))
                    self.assertEqual(set(answer) - {"result", "error"}, set(), [operation, given, answer])
                    self.assertIsNotNone(answer.get("result", answer), [operation, given])
                    if "error" in answer and given[:1] == [TOKEN]:
                        self.assertIn("errorNumber", answer["error"], [operation, given, answer])
        self.assertEqual(len(page.rpc("getElementProps", TOKEN, ["0x1"])), 1)

    def test_tools_tell_nothing_that_names_the_server(self):
        page = self.page()
        self.assertIs(self.ask(page, TOOLS, "ping", TOKEN), True)
        self.assertEqual(page.data_of(page.send_rpc("setLogLevel", TOKEN, "core", 0, interface=TOOLS)), {})
        self.assertEqual(set(self.ask(page, TOOLS, "versions", TOKEN)), {"application", "iTwinJs", "availableRpcs"})
        stats = self.ask(page, TOOLS, "stats", TOKEN, 0)
        self.assertIsInstance(stats["os"]["totalmem"], (int, float))
        self.assertNotIn("hostname", stats["os"])
        self.assertNotIn("pid", stats["process"])
        self.assertTrue(self.ask(page, TOOLS, "stats", TOKEN, 1)["os"]["totalmem"].endswith(" MB"))

    def test_snapshots_open_and_close_by_rpc(self):
        page = self.page()
        props = self.ask(page, SNAPSHOTS, "openFile", "small", {"key": "snapshot"})
        self.assertEqual(props["key"], "snapshot")
        self.assertEqual(len(page.rpc("getElementProps", props, ["0x1"])), 1)
        self.assertIs(self.ask(page, SNAPSHOTS, "close", props), True)
        self.assertEqual(self.fails(page, "close", props, interface=SNAPSHOTS)["errorNumber"], 65574)

    def test_nothing_is_undone_where_only_reading_is_open(self):
        page = self.page()
        self.assertEqual([page.app("reverseTxns", "k", 1), page.app("reverseAllTxn", "k"), page.app("reinstateTxn", "k")], [65579, 65579, 65578])
        for method in ("abandonChanges", "restartTxnSession"):
            self.assertIsNone(page.app(method, "k"))
        with self.assertRaises(Failed) as caught:
            page.app("saveChanges", "k")
        self.assertEqual(caught.exception.error["errorNumber"], 65582)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
