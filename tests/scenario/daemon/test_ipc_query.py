#!/usr/bin/env python3
"""queryRows and queryBlob of stock frontends at /ipc, and what goes on beside them.

Usage: test_ipc_query.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import json
import os
import statistics
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402
from page import IS_PACKED, Failed, Page  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
READ_ONLY, READ_WRITE = 1, 2
TOKEN = {"key": "k"}
DONE, CANCEL, PARTIAL = 1, 2, 3
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT "
COUNT_ENDLESS = ENDLESS + "COUNT(*) FROM n"
ROWS_ENDLESS = ENDLESS + "i FROM n"
SUBJECTS = "SELECT COUNT(*) FROM BisCore.Subject"
SUBJECT = {"classFullName": "BisCore:Subject", "model": "0x1", "code": {"spec": "0x1", "scope": "0x1", "value": ""},
           "parent": {"id": "0x1", "relClassName": "BisCore:SubjectOwnsSubjects"}}
# What a short request may take beside a long query: most of them at once, and none, however busy the machine is, as long
# as if it had waited for the query.
SHORT_S, LATE_S = 0.2, 5


def request(query, **more):
    return {"kind": 1, "query": query, "args": {}, "limit": {"offset": 0, "count": -1}, "includeMetaData": True,
            "valueFormat": 0, "rowFormat": 1, **more}


class Queries(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(PROGRAM, imodel=f"{DATA}/small.bim")
        self.addCleanup(self.daemon.stop)

    def open(self, mode=READ_WRITE):
        page = Page(self.daemon)
        page.app("openStandalone", "small", mode, {"key": "k"})
        return page

    def rows(self, page, query, **more):
        return page.rpc("queryRows", TOKEN, request(query, **more))

    def send(self, page, query, **more):
        return page.send_rpc("queryRows", TOKEN, request(query, **more))

    def one(self, page, query, **more):
        return self.rows(page, query, **more)["data"][0][0]


class QueryRows(Queries):
    def test_answer_has_the_members_of_a_response(self):
        page = self.open()
        answer = self.rows(page, "SELECT ECInstanceId FROM bis.Element WHERE ECInstanceId<=0x10")
        stats = answer.pop("stats")
        self.assertEqual(answer, {
            "kind": 1, "status": DONE, "error": "", "rowCount": 3, "data": [["0x1"], ["0xe"], ["0x10"]],
            "meta": [{"className": "", "accessString": "ECInstanceId", "generated": False, "index": 0, "jsonName": "id",
                      "name": "ECInstanceId", "extendedType": "Id", "typeName": "long"}]})
        self.assertEqual(set(stats), {"cpuTime", "totalTime", "timeLimit", "memLimit", "memUsed", "prepareTime"})
        self.assertEqual([stats["timeLimit"], stats["memLimit"]], [60000, 8388608])
        # As the rows are encoded.
        self.assertEqual(stats["memUsed"], 21 if IS_PACKED else len('[["0x1"],["0xe"],["0x10"]]'))

    def test_rows_end_with_their_last_value(self):
        page = self.open()
        self.assertEqual(self.rows(page, "SELECT 1, NULL, 2, NULL")["data"], [[1, None, 2]])

    def test_binary_values_are_texts(self):
        page = self.open()
        stream = self.one(page, "SELECT GeometryStream FROM bis.GeometricElement3d WHERE ECInstanceId=0x8a")
        self.assertTrue(stream.startswith("encoding=base64;"), stream)
        short = self.one(page, "SELECT GeometryStream FROM bis.GeometricElement3d WHERE ECInstanceId=0x8a", abbreviateBlobs=True)
        self.assertEqual(list(json.loads(short)), ["bytes"])

    def test_names_are_as_they_are_asked_for(self):
        page = self.open()
        query = "SELECT ECClassId, Parent FROM bis.Element WHERE Parent.Id=0x1 LIMIT 1"
        plain = self.rows(page, query)["data"][0]
        self.assertEqual(list(plain[1]), ["Id", "RelECClassId"])
        self.assertTrue(plain[0].startswith("0x"))
        named = self.rows(page, query, convertClassIdsToClassNames=True)["data"][0]
        self.assertEqual([named[0].split(".")[0], list(named[1])], ["BisCore", ["Id", "RelECClassId"]])
        js = self.rows(page, query, valueFormat=1)["data"][0]
        self.assertEqual([js[0].split(".")[0], list(js[1])], ["BisCore", ["id", "relClassName"]])

    def test_limits_choose_rows_and_metadata_can_be_left_out(self):
        page = self.open()
        query = "SELECT ECInstanceId FROM bis.Element"
        whole = self.rows(page, query)
        self.assertEqual([whole["rowCount"], len(whole["data"])], [423, 423])
        part = self.rows(page, query, limit={"offset": 400, "count": 2}, includeMetaData=False)
        self.assertEqual([part["data"], part["meta"], part["status"]], [whole["data"][400:402], [], DONE])
        self.assertEqual(page.rpc("queryRows", TOKEN, {"query": query})["meta"], whole["meta"])
        self.assertEqual(self.rows(page, query, limit={"offset": 420, "count": -1})["data"], whole["data"][420:])
        self.assertEqual(self.rows(page, query, limit={"offset": 0, "count": 0})["data"], [])
        self.assertEqual(self.rows(page, query, limit=None)["data"], whole["data"])
        self.assertEqual(self.rows(page, query, limit={"offset": -3, "count": -7})["data"], whole["data"])

    def test_arguments_are_bound_by_position_and_name(self):
        page = self.open()
        by_id = "SELECT ECInstanceId FROM bis.Element WHERE ECInstanceId="
        for query, args, data in (
                (by_id + "?", {"1": {"type": 9, "value": "0x1"}, "2": {"type": 9, "value": "x"}}, [["0x1"]]),
                (by_id + ":id", {"id": {"type": 2, "value": "0x10"}}, [["0x10"]]),
                (by_id + "?", {}, []),
                (by_id + "?", None, []),
                ("SELECT ECInstanceId FROM bis.Element WHERE InVirtualSet(?, ECInstanceId)", {"1": {"type": 3, "value": "+1+F+1"}},
                 [["0x1"], ["0x10"], ["0x11"]])):
            self.assertEqual(self.rows(page, query, args=args)["data"], data, (query, args))

    def test_faults_are_told_by_status(self):
        page = self.open()
        by_id = "SELECT ECInstanceId FROM bis.Element WHERE ECInstanceId="
        for query, args, status, text in (
                ("SELECT x FROM bis.Element", {}, 101, "No property or enumeration found for expression 'x'."),
                ("SELECT nope FROM bis.NoSuch", {}, 101, "'bis.NoSuch'"),
                ("", {}, 101, ""), (None, {}, 101, ""), ("DELETE FROM bis.Element", {}, 101, ""),
                ("SELECT 1; SELECT 2", {}, 101, ""),
                ("SELECT abs(-9223372036854775808) FROM bis.Element", {}, 102, "integer overflow"),
                ("SELECT json_extract(UserLabel||'{', '$') FROM bis.Element", {}, 102, "malformed JSON"),
                # One good row goes before the fault.
                ("SELECT json_extract(s, '$') FROM (SELECT '1' s UNION ALL SELECT '{')", {}, 102, "malformed JSON"),
                (by_id + ":a", {"b": {"type": 9, "value": "x"}}, 104, "fail to find param index for named param 'b'"),
                (by_id + "?", {"1": {"type": 11, "value": {}}}, 104, "Struct type binding not supported"),
                (by_id + "?", {"1": {"type": 99, "value": 1}}, 104, "unsupported parameter type '99'")):
            answer = self.rows(page, query, args=args)
            self.assertEqual([answer["kind"], answer["status"]], [2, status], answer)
            self.assertEqual(set(answer), {"kind", "status", "error", "stats"})
            self.assertIn(text, answer["error"])
            self.assertTrue(answer["error"])
        self.assertEqual(self.one(page, "SELECT 1"), 1)

    def test_quotas_are_those_that_are_allowed(self):
        page = self.open()
        for quota, time_ms, memory in ((None, 60000, 8388608), ({"time": 11}, 11000, 8388608), ({"time": 10.5}, 60000, 8388608),
                                       ({"time": 61, "memory": 1e30}, 60000, 8388608), ({"memory": 32000}, 60000, 8388608),
                                       ({"memory": 32001}, 60000, 32001), ({"time": -1, "memory": -1}, 60000, 8388608)):
            stats = self.rows(page, "SELECT 1", quota=quota)["stats"]
            self.assertEqual([stats["timeLimit"], stats["memLimit"]], [time_ms, memory], quota)

    def test_memory_quota_ends_with_a_part(self):
        page = self.open()
        query = "SELECT hex(zeroblob(1000)) FROM bis.Element"
        answer = self.rows(page, query, quota={"memory": 40000})
        self.assertEqual([answer["status"], answer["rowCount"], len(answer["data"])], [PARTIAL, 20, 20])
        self.assertGreaterEqual(answer["stats"]["memUsed"], 40000)
        rest = self.rows(page, query, limit={"offset": 20, "count": -1})
        self.assertEqual([rest["status"], rest["rowCount"]], [DONE, 403])

    def test_whole_default_quota_comes_in_one_answer(self):
        page = self.open()
        answer = self.rows(page, ENDLESS + "i, '" + '"\\' * 50 + "' FROM n")
        self.assertEqual(answer["status"], PARTIAL)
        self.assertGreaterEqual(answer["stats"]["memUsed"], 8388608)
        self.assertLess(answer["stats"]["memUsed"], 8388608 + 300)

    def test_unsaved_changes_are_seen_on_the_primary_connection_only(self):
        page = self.open()
        before = self.one(page, SUBJECTS)
        page.edit("insertElement", "k", SUBJECT)
        self.assertEqual([self.one(page, SUBJECTS), self.one(page, SUBJECTS, usePrimaryConn=True)], [before, before + 1])
        page.app("saveChanges", "k", "one")
        self.assertEqual(self.one(page, SUBJECTS), before + 1)
        page.app("reverseTxns", "k", 1)
        self.assertEqual(self.one(page, SUBJECTS), before)

    def test_a_reader_sees_what_a_writer_has_saved(self):
        writer, reader = self.open(), self.open(READ_ONLY)
        before = self.one(reader, SUBJECTS)
        writer.edit("insertElement", "k", SUBJECT)
        self.assertEqual(self.one(reader, SUBJECTS, usePrimaryConn=True), before)
        writer.app("saveChanges", "k", "one")
        self.assertEqual([self.one(reader, SUBJECTS), self.one(reader, SUBJECTS, usePrimaryConn=True)], [before + 1] * 2)

    def test_a_token_of_no_open_iModel_is_an_error(self):
        page = self.open()
        for token in ({"key": "other"}, {}, {"key": 7}):
            with self.assertRaises(Failed) as caught:
                page.rpc("queryRows", token, request("SELECT 1"))
            self.assertEqual(caught.exception.error["errorNumber"], 65574)
        for args in ([TOKEN], [TOKEN, 7], [TOKEN, None], [7, request("SELECT 1")]):
            with self.assertRaises(Failed):
                page.rpc("queryRows", *args)

    def test_odd_requests_hurt_nobody(self):
        page = self.open()
        for odd in (None, 7, "x", [], {}, True, -1, 1e300, [[1]], {"offset": "x", "count": {}}):
            for member in ("query", "args", "limit", "quota", "restartToken", "priority", "valueFormat", "includeMetaData",
                           "abbreviateBlobs", "usePrimaryConn", "delay", "kind"):
                try:
                    self.assertIn("status", page.rpc("queryRows", TOKEN, {**request("SELECT 1"), member: odd}))
                except Failed:
                    pass
        self.assertEqual(self.one(page, "SELECT 1"), 1)


class Beside(Queries):
    """A long query beside everything else of its page."""

    def finish(self, page, number):
        """End the long query @number by another one with its token."""
        self.assertEqual(self.rows(page, "SELECT 1", restartToken="long")["data"], [[1]])
        answer = page.result_of(number)
        self.assertEqual([answer["kind"], answer["status"], "data" in answer], [2, CANCEL, False])

    def setUp(self):
        super().setUp()
        self.times = []
        self.addCleanup(self.check_times)

    def check_times(self):
        self.assertLess(statistics.median(self.times or [0]), SHORT_S)
        self.assertLess(max(self.times, default=0), LATE_S)

    def timed(self, call, *args):
        started = time.monotonic()
        result = call(*args)
        self.times.append(time.monotonic() - started)
        return result

    def check_page_goes_on(self, page, seconds):
        end = time.monotonic() + seconds
        n_saved = self.one(page, SUBJECTS)
        while time.monotonic() < end:
            new = self.timed(page.edit, "insertElement", "k", SUBJECT)
            self.assertEqual(self.timed(page.edit, "getElementProps", "k", new)["id"], new)
            self.assertEqual(self.timed(self.one, page, SUBJECTS), n_saved)
            self.timed(page.app, "saveChanges", "k", "x")
            n_saved += 1
            self.assertEqual(self.timed(self.one, page, SUBJECTS), n_saved)

    def test_page_goes_on_beside_a_long_query(self):
        page = self.open()
        long = self.send(page, COUNT_ENDLESS, restartToken="long")
        self.check_page_goes_on(page, 5)
        self.assertNotIn(long, page.answers)
        self.finish(page, long)

    def test_page_goes_on_beside_a_long_query_over_something_unsaved(self):
        page = self.open()
        page.edit("insertElement", "k", SUBJECT)
        long = self.send(page, COUNT_ENDLESS, restartToken="long")
        page.app("saveChanges", "k", "first")
        self.check_page_goes_on(page, 1)
        self.finish(page, long)

    def test_page_goes_on_beside_a_long_query_of_a_reader(self):
        page = self.open(READ_ONLY)
        long = self.send(page, COUNT_ENDLESS, restartToken="long")
        for _ in range(20):
            self.timed(self.one, page, SUBJECTS)
            self.timed(page.app, "isUndoPossible", "k")
        self.finish(page, long)

    def test_long_query_answers_what_it_began_with(self):
        page = self.open()
        n = self.one(page, SUBJECTS)
        long = self.send(page, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000000) "
                         f"SELECT COUNT(*), ({SUBJECTS}) FROM n")
        page.edit("insertElement", "k", SUBJECT)
        page.app("saveChanges", "k", "x")
        self.assertEqual(page.result_of(long)["data"], [[3000000, n]])
        self.assertEqual(self.one(page, SUBJECTS), n + 1)

    def test_four_long_queries_go_on_at_once_and_further_ones_wait(self):
        page = self.open()
        long = [self.send(page, COUNT_ENDLESS, restartToken=f"long {i}") for i in range(6)]
        for _ in range(3):
            self.timed(page.edit, "insertElement", "k", SUBJECT)
            self.timed(page.app, "saveChanges", "k", "x")
        short = self.send(page, "SELECT 1", restartToken="short")
        self.timed(page.app, "saveChanges", "k", "overtakes the query that waits")
        self.assertNotIn(short, page.answers)
        # The one that runs innermost makes room for the others.
        replaced = [self.send(page, "SELECT 2", restartToken=f"long {i}") for i in range(6)]
        self.assertEqual(page.result_of(short)["data"], [[1]])
        self.assertEqual([page.result_of(one)["data"] for one in replaced], [[[2]]] * 6)
        self.assertEqual([page.result_of(one)["status"] for one in long], [CANCEL] * 6)

    def test_any_of_four_long_queries_can_be_replaced(self):
        page = self.open()
        long = [self.send(page, COUNT_ENDLESS, restartToken=f"long {i}") for i in range(4)]
        page.app("isUndoPossible", "k")
        # The outermost is over, but others run within it; what replaces it does not wait for them.
        self.assertEqual(self.rows(page, "SELECT 1", restartToken="long 0")["data"], [[1]])
        self.assertEqual(self.rows(page, "SELECT 2", restartToken="long 1")["data"], [[2]])
        for i in (3, 2):
            self.assertEqual(self.rows(page, "SELECT 3", restartToken=f"long {i}")["data"], [[3]])
        self.assertEqual([page.result_of(one)["status"] for one in long], [CANCEL] * 4)

    def test_query_that_waits_is_cancelled_by_its_successor(self):
        page = self.open()
        long = self.send(page, COUNT_ENDLESS, restartToken="long")
        numbers = [self.send(page, f"SELECT {i}", restartToken="long") for i in range(20)]
        answers = [page.result_of(number) for number in numbers]
        self.assertEqual(answers[-1]["data"], [[19]])
        self.assertEqual({answer["status"] for answer in answers[:-1]} - {DONE, CANCEL}, set())
        self.assertEqual(page.result_of(long)["status"], CANCEL)

    def test_rows_without_end_come_in_parts_while_others_wait(self):
        page = self.open()
        filter = "WHERE i<=20 OR i>1000000000000"
        long = [self.send(page, f"{ROWS_ENDLESS} {filter}", restartToken=f"long {i}") for i in range(4)]
        short = self.send(page, "SELECT 1")
        self.assertEqual(page.result_of(short)["data"], [[1]])
        parts = [number for number in long if number in page.answers]
        self.assertTrue(parts)
        for number in parts:
            answer = page.result_of(number)
            self.assertEqual([answer["status"], answer["rowCount"]], [PARTIAL, 20])

    def test_close_ends_the_queries_of_its_iModel(self):
        for query in (COUNT_ENDLESS, f"{ROWS_ENDLESS} WHERE i<3"):
            page = self.open()
            long = [self.send(page, query) for _ in range(3)]
            page.app("closeIModel", "k")
            for number in long:
                self.assertEqual(page.result_of(number)["status"], PARTIAL)
            with self.assertRaises(Failed):
                self.rows(page, "SELECT 1")

    def test_other_iModels_open_and_close_beside_a_query(self):
        page = self.open()
        long = self.send(page, COUNT_ENDLESS, restartToken="long")
        self.timed(page.app, "openSnapshot", "small", {"key": "other"})
        self.assertEqual(page.rpc("queryRows", {"key": "other"}, request("SELECT 7"))["data"], [[7]])
        self.timed(page.app, "closeIModel", "other")
        self.finish(page, long)

    def test_lost_connection_ends_a_long_query(self):
        page = self.open()
        for _ in range(3):
            self.send(page, COUNT_ENDLESS)
        page.app("isUndoPossible", "k")
        page.client.reset()
        page = Page(self.daemon)
        started = time.monotonic()
        while True:
            try:
                page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
                break
            except Failed as busy:
                self.assertEqual(busy.error["errorNumber"], 5)
                self.assertLess(time.monotonic() - started, 10)
                time.sleep(0.02)
        self.assertEqual(self.one(page, "SELECT 1"), 1)

    @unittest.skipIf(IS_PACKED, "only of the stock connection")
    def test_a_page_that_is_loaded_anew_does_not_wait_for_the_queries_of_the_former(self):
        page = Page(self.daemon, label="tab")
        page.app("openStandalone", "small", READ_WRITE, {"key": "k"})
        for _ in range(3):
            self.send(page, COUNT_ENDLESS)
        new = page.edit("insertElement", "k", SUBJECT)
        page.client.reset()
        page = Page(self.daemon, label="tab")
        self.timed(page.app, "openStandalone", "small", READ_WRITE, {"key": "again"})
        self.assertEqual(page.edit("getElementProps", "again", new)["id"], new)
        self.assertEqual(page.rpc("queryRows", {"key": "again"}, request("SELECT 1"))["data"], [[1]])

    def test_random_queries_hold_up_nobody(self):
        page = self.open()
        long = self.send(page, f"{ENDLESS} COUNT(*), MAX(random()) FROM n", restartToken="long")
        self.timed(page.edit, "insertElement", "k", SUBJECT)
        self.finish(page, long)


class QueryBlob(Queries):
    def blob(self, page, **more):
        return page.rpc("queryBlob", TOKEN, {"kind": 0, "className": "Generic:PhysicalObject", "accessString": "GeometryStream",
                                             "instanceId": "0x8a", "range": {"offset": 0, "count": -1}, **more})

    def test_whole_and_parts(self):
        page = self.open()
        whole = self.blob(page)
        self.assertEqual([whole["kind"], whole["status"], whole["error"], whole["rawBlobSize"], len(whole["data"])], [0, DONE, "", 71, 71])
        for more, data in (({"range": None}, whole["data"]), ({"range": {"offset": 3, "count": 5}}, whole["data"][3:8]),
                           ({"range": {"count": 4}}, whole["data"][:4]), ({"range": {"offset": -1, "count": 1}}, whole["data"][:1]),
                           ({"range": {"offset": 71, "count": 0}}, None),
                           ({"className": "BisCore.GeometricElement3d"}, whole["data"])):
            answer = self.blob(page, **more)
            if data is not None:
                self.assertEqual([answer["status"], answer["rawBlobSize"], answer["data"]], [DONE, 71, data], more)
        self.assertEqual(len(self.blob(page, accessString="FederationGuid")["data"]), 16)

    def test_faults_are_told_by_status(self):
        page = self.open()
        unable = "BlobIO: unable to open blob for classname"
        for more, status, text in (
                ({"range": {"offset": 3, "count": 69}}, 106, "offset + length"), ({"range": {"offset": 72, "count": 1}}, 106, "offset provided"),
                ({"range": {"offset": 3}}, 106, "offset + length"), ({"range": {"offset": 1e300, "count": 1e300}}, 106, "offset provided"),
                ({"className": "No.Such"}, 105, "BlobIO: unable to find classname 'No.Such'"), ({"className": None}, 105, "''"),
                ({"className": "BisCore.Element"}, 105, f"{unable} 'BisCore.Element' , accessString 'GeometryStream' for instanceId '0x8a'"),
                ({"accessString": "Nope"}, 105, "'Nope'"), ({"accessString": "UserLabel"}, 105, unable), ({"accessString": ""}, 105, unable),
                ({"accessString": "a] FROM b"}, 105, unable), ({"accessString": "Model.Id"}, 105, unable), ({"accessString": 7}, 105, unable),
                ({"instanceId": "0xfffffff"}, 105, "'0xfffffff'"), ({"instanceId": "junk"}, 105, "'0'"), ({"instanceId": None}, 105, "'0'"),
                ({"instanceId": "0x1"}, 105, unable)):
            answer = self.blob(page, **more)
            self.assertEqual([answer["kind"], answer["status"], "data" in answer], [2, status, False], (more, answer))
            self.assertIn(text, answer["error"])

    def test_unsaved_is_read_on_the_primary_connection_only(self):
        page = self.open()
        new = page.edit("insertElement", "k", {**SUBJECT, "federationGuid": "11111111-2222-4333-8444-555555555555"})
        asked = {"className": "BisCore:Subject", "accessString": "FederationGuid", "instanceId": new}
        self.assertEqual(self.blob(page, **asked)["status"], 105)
        self.assertEqual(len(self.blob(page, usePrimaryConn=True, **asked)["data"]), 16)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
