#!/usr/bin/env python3
"""What monitoring sees of the daemon: health, readiness, metrics.

Usage: test_metrics.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, until  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = os.path.abspath(sys.argv[2]) + "/small.bim"


class Metrics(unittest.TestCase):
    def test_metrics_say_what_was_done(self):
        daemon = Daemon(PROGRAM, imodel=SMALL)
        before = daemon.metrics()
        session = daemon.connect()
        session.must("briefcase.open", {"imodel": "small"})
        session.insert("counted")
        session.call("elements.getElementProps", {"id": "0xffffff"})
        for _ in range(3):
            session.must("query.ecsql", {"ecsql": "SELECT 1"})
        session.must("txns.saveChanges")
        session.must("session.ping")  # the one before has been counted
        during = daemon.metrics()
        self.assertEqual(before['webedithost_sessions{state="ready"}'], 0)
        self.assertEqual(during['webedithost_sessions{state="ready"}'], 1)
        method = 'method="elements.insertElement"'
        self.assertEqual(during[f"webedithost_requests_total{{{method}}}"], 1)
        self.assertEqual(during[f"webedithost_request_duration_seconds_count{{{method}}}"], 1)
        self.assertGreater(during[f"webedithost_request_duration_seconds_sum{{{method}}}"], 0)
        failed = 'webedithost_request_failures_total{method="elements.getElementProps"}'
        self.assertEqual(during[failed], 1)
        self.assertEqual(during['webedithost_query_cache_total{outcome="miss"}'], 1)
        self.assertEqual(during['webedithost_query_cache_total{outcome="hit"}'], 2)
        # SQLite is a part of what the requests took.
        took = sum(value for key, value in during.items()
                   if key.startswith("webedithost_request_duration_seconds_sum"))
        self.assertEqual(before["webedithost_sqlite_seconds_total"], 0)
        self.assertGreater(during["webedithost_sqlite_seconds_total"], 0)
        self.assertLess(during["webedithost_sqlite_seconds_total"], took)
        self.assertGreater(during["webedithost_bytes_received_total"], 300)
        self.assertGreater(during["webedithost_bytes_sent_total"], 300)
        self.assertGreater(during["webedithost_process_resident_memory_bytes"], 1 << 20)
        self.assertGreater(during["webedithost_process_open_fds"],
                           before["webedithost_process_open_fds"])
        session.call("session.close")
        session.close()
        until(lambda: daemon.metrics()['webedithost_sessions_ended_total{reason="SESSION_CLOSE"}'] == 1,
              "the session's end is counted")
        self.assertEqual(daemon.metrics()['webedithost_sessions{state="ready"}'], 0)
        daemon.stop()

    def test_buckets_of_a_method_add_up(self):
        daemon = Daemon(PROGRAM)
        session = daemon.connect()
        for _ in range(50):
            session.must("session.ping")
        metrics = daemon.metrics()
        name = 'webedithost_request_duration_seconds_bucket{method="session.ping",le="%s"}'
        values = [value for key, value in metrics.items() if key.startswith(name.split(",")[0] + ",")]
        self.assertEqual(values, sorted(values))
        self.assertEqual(metrics[name % "+Inf"], 50)
        daemon.stop()

    def test_every_line_is_prometheus_text(self):
        daemon = Daemon(PROGRAM)
        daemon.connect().must("session.ping")
        status, headers, body = daemon.get("/metrics", daemon.token)
        self.assertEqual(status, 200)
        self.assertTrue(headers["content-type"].startswith("text/plain; version=0.0.4"))
        sample = re.compile(r'webedithost_[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.]+')
        comment = re.compile(r"# (HELP|TYPE) webedithost_[a-z_]+ \S.*")
        for line in body.decode().splitlines():
            self.assertTrue(sample.fullmatch(line) or comment.fullmatch(line), line)
        daemon.stop()

    def test_metrics_are_for_who_may_see_them(self):
        daemon = Daemon(PROGRAM)
        self.assertEqual(daemon.get("/metrics")[0], 401)
        self.assertEqual(daemon.get("/metrics", "x.y.z")[0], 401)
        self.assertEqual(daemon.get("/metrics", daemon.token)[0], 200)
        refused = daemon.metrics()['webedithost_auth_refusals_total{what="metrics"}']
        self.assertEqual(refused, 2)
        daemon.stop()
        daemon = Daemon(PROGRAM, "metrics.access=open")
        self.assertEqual(daemon.get("/metrics")[0], 200)
        daemon.stop()
        daemon = Daemon(PROGRAM, "metrics.access=off")
        self.assertEqual(daemon.get("/metrics", daemon.token)[0], 404)
        daemon.stop()

    def test_health_and_readiness(self):
        daemon = Daemon(PROGRAM, "limits.sessions=1")
        self.assertEqual(daemon.get("/healthz")[0], 200)
        self.assertEqual(daemon.get("/readyz")[0], 200)
        session = daemon.connect()
        self.assertEqual(daemon.get("/readyz")[0], 503)
        self.assertEqual(daemon.get("/healthz")[0], 200)
        session.call("session.close")
        session.close()
        until(lambda: daemon.get("/readyz")[0] == 200, "ready again")
        daemon.stop()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
