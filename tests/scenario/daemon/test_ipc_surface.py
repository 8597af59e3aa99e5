#!/usr/bin/env python3
"""Whatever a stock frontend may call at /ipc is answered: by a result, or by an error that says what is the matter.

Usage: test_ipc_surface.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402
from page import APP, EDITOR, RPC, Page  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
PROTOCOL = os.path.join(DATA, "..", "..", "PROTOCOL.md")
KEY = "k"
TOKEN = {"key": KEY, "iTwinId": "", "iModelId": "", "changeset": {"id": "", "index": 0}}
READ_WRITE = 2
NOT_THERE = (65606, 32768)

# What frontends of 4.0 to 5.13 call.
APP_FUNCTIONS = """queryConcurrency log openStandalone openBriefcase openSnapshot openCheckpoint closeIModel saveChanges abandonChanges hasPendingTxns
    isUndoPossible isRedoPossible getUndoString getRedoString reverseTxns reverseAllTxn reinstateTxn restartTxnSession pullChanges
    cancelPullChangesRequest pushChanges toggleGraphicalEditingScope isGraphicalEditingSupported cancelTileContentRequests
    cancelElementGraphicsRequests reverseTxnsAsync reverseAllTxnsAsync reinstateTxnAsync""".split()
COMMANDS = """ping addAllowedChannel removeAllowedChannel deleteElements transformPlacement rotatePlacement insertGeometricElement insertGeometryPart
    updateGeometricElement requestElementGeometry updateProjectExtents updateEcefLocation saveChanges abandonChanges endEdits abandonEdits""".split()
INTERFACES = {
    "IModelReadRpcInterface": ("3.8.0", """getConnectionProps queryRows queryBlob getElementProps loadElementProps queryElementProps queryEntityIds
        getModelProps queryModelProps queryModelRanges queryModelExtents getClassHierarchy getAllCodeSpecs getViewStateData hydrateViewState
        getCustomViewState3dData querySubCategories queryAllUsedSpatialSubCategories getDefaultViewId getViewThumbnail readFontJson getToolTipMessage
        requestSnap cancelSnap getGeometryContainment getMassProperties getMassPropertiesPerCandidate getIModelCoordinatesFromGeoCoordinates
        getGeoCoordinatesFromIModelCoordinates getGeometrySummary queryTextureData generateElementMeshes callViewStore"""),
    "IModelTileRpcInterface": ("3.2.0", """queryVersionInfo requestTileTreeProps generateTileContent retrieveTileContent purgeTileTrees
        getTileCacheConfig requestElementGraphics"""),
    "SnapshotIModelRpcInterface": ("2.0.0", "openFile openRemote close"),
    "DevToolsRpcInterface": ("0.7.0", "ping stats versions setLogLevel"),
    "ECSchemaRpcInterface": ("2.0.0", "getSchemaKeys getSchemaJSON"),
    "PresentationRpcInterface": ("5.0.0", """getNodesCount getPagedNodes getNodesDescriptor getNodePaths getFilteredNodePaths getContentSources
        getContentDescriptor getContentSetSize getPagedContent getPagedContentSet getElementProperties getPagedDistinctValues getContentInstanceKeys
        getDisplayLabelDefinition getPagedDisplayLabelDefinitions getSelectionScopes computeSelection"""),
}
OPERATIONS = [(interface, version, name) for interface, (version, names) in INTERFACES.items() for name in names.split()]
# Of applications for the desktop, and channels of nobody's: there is nothing behind them here.
ELSEWHERE = [("itwinjs-core/nativeApp", "getAccessToken"), ("itwinjs-core/nativeApp", "downloadBriefcase"), ("nativeApp", "storageMgrOpen"),
             ("catalogIModel/ipc", "openReadonly"), ("itwinjs-core/ipcApp-notify", "x"), ("itwinjs-core/txns/k", "notifyCommit"),
             ("itwinjs-core/editing-scope/k", "notifyGeometryChanged"), ("my/app", "x"), ("", "x")]

REST = [[], [None, None, None], [{}, {}, {}], ["0x1", "x", True], [1, 2, 3], [["0x1"], ["0x1"], []]]


class IpcSurface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(PROGRAM, imodel=f"{DATA}/small.bim")
        with open(PROTOCOL, encoding="utf-8") as document:
            cls.documented = set(re.findall(r"^### (\S+)$", document.read(), re.MULTILINE))

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        self.page = Page(self.daemon)

    def tearDown(self):
        # The next test opens the same file, and a session whose connection just went may have it a moment longer.
        self.answer(self.page.send(APP, "closeIModel", [KEY]))
        self.page.client.close()

    def open(self):
        """The iModel is open as KEY, the stock command active, whatever was done before."""
        self.answer(self.page.send(APP, "closeIModel", [KEY]))
        self.page.app("openStandalone", "small", READ_WRITE, {"key": KEY})
        self.page.call(EDITOR, "startCommand", "basicManipulation", KEY)

    def answer(self, request):
        """What a request is answered: a result, or an error by which a page knows what it is."""
        data = self.page.data_of(request)
        self.assertIsInstance(data, dict)
        if "error" in data:
            error = data["error"]
            self.assertEqual(list(data), ["error"])
            self.assertIsInstance(error["message"], str)
            self.assertTrue(error["message"])
            self.assertTrue(error.get("isIModelNotFoundResponse") or error["iTwinErrorId"]["scope"] and error["iTwinErrorId"]["key"], error)
        return data

    def is_missing(self, data):
        return data.get("error", {}).get("errorNumber") in NOT_THERE and "not found" in data["error"]["message"]

    def ask(self, channel, method, first):
        for rest in REST:
            data = self.answer(self.page.send(channel, method, first + rest))
            self.assertFalse(self.is_missing(data), f"{method} {data}")
        self.assertTrue(self.page.app("queryConcurrency", "cpu"))

    def ask_rpc(self, interface, version, operation, first):
        definition = {"interfaceName": interface, "interfaceVersion": version}
        for rest in REST:
            data = self.answer(self.page.send_rpc(operation, *first, *rest, interface=definition))
            self.assertFalse(self.is_missing(data), f"{operation} {data}")
            self.assertIsNotNone(data.get("result", {}), f"{operation}: a page looks into what it gets")

    def test_every_function_of_ipc_app_answers(self):
        for name in APP_FUNCTIONS:
            with self.subTest(name):
                self.ask(APP, name, [KEY])
                self.open()
                self.ask(APP, name, [KEY])
                self.ask(APP, name, [TOKEN])
                self.ask(APP, name, [])

    def test_every_operation_of_rpc_answers(self):
        for interface, version, name in OPERATIONS:
            with self.subTest(name):
                self.open()
                self.ask_rpc(interface, version, name, [TOKEN])
                self.open()
                self.ask_rpc(interface, version, name, [])
        self.assertTrue(self.page.app("queryConcurrency", "cpu"))

    def test_every_operation_of_rpc_answers_without_an_imodel(self):
        for interface, version, name in OPERATIONS:
            with self.subTest(name):
                self.ask_rpc(interface, version, name, [TOKEN])
                self.ask_rpc(interface, version, name, [None])

    def test_every_method_of_the_stock_command_answers(self):
        for name in COMMANDS:
            with self.subTest(name):
                self.open()
                for rest in REST:
                    self.answer(self.page.send(EDITOR, "startCommand", ["basicManipulation", KEY]))
                    data = self.answer(self.page.send(EDITOR, "callMethod", [name] + rest))
                    self.assertFalse(self.is_missing(data), f"{name} {data}")
                self.answer(self.page.send(APP, "closeIModel", [KEY]))
                self.answer(self.page.send(EDITOR, "callMethod", [name]))
        for rest in REST:
            self.answer(self.page.send(EDITOR, "startCommand", rest))
            self.answer(self.page.send(EDITOR, "callMethod", rest))

    def test_what_is_nobodys_is_answered_too(self):
        for channel, method in ELSEWHERE:
            with self.subTest(channel):
                for data in ([], [KEY], None):
                    answer = self.answer(self.page.send(channel, method, data))
                    self.assertEqual(answer["error"]["errorNumber"], 65606)
        self.assertTrue(self.is_missing(self.answer(self.page.send(RPC, "other", []))))
        for data in ([], [None], [{}], [{"definition": {}, "operation": "x"}]):
            self.assertTrue(self.is_missing(self.answer(self.page.send(RPC, "request", data))))

    def test_all_of_it_is_documented(self):
        for name in APP_FUNCTIONS:
            self.assertTrue(f"ipc-app.{name}" in self.documented, name)
        for interface, _, name in OPERATIONS:
            self.assertTrue(f"{interface}.{name}" in self.documented, name)
        for name in ("editor.startCommand", "editor.callMethod", *(f"basicManipulation.{name}" for name in COMMANDS)):
            self.assertTrue(name in self.documented, name)

    def test_all_operations_are_described(self):
        control = {"interfaceName": "x", "interfaceVersion": "CONTROL"}
        endpoints = self.page.result_of(self.page.send_rpc("describeEndpoints", interface=control))
        described = {endpoint["interfaceName"]: set(endpoint["operationNames"]) for endpoint in endpoints}
        for interface, (_, names) in INTERFACES.items():
            # What is answered by errors alone is not offered.
            self.assertEqual(described.get(interface, set()), set() if interface == "PresentationRpcInterface" else set(names.split()))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
