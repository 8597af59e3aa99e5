#!/usr/bin/env python3
"""Run scripts with `weh run` against a server of their own, and check what weh itself does.

    run.py --daemon webedithost --weh weh --data tests/data SCRIPT.weh CODEC   one script
    run.py --daemon webedithost --weh weh --data tests/data --tool             weh's own behaviour

Each case gets a fresh data folder and server. Python's standard library only; no sleeps.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_S = 60


class Server:
    """A server on a temporary data folder with copies of empty.bim and small.bim."""

    def __init__(self, args):
        self.folder = tempfile.mkdtemp(prefix="weh-scenario-")
        self.data = os.path.join(self.folder, "data")
        imodels = os.path.join(self.data, "imodels")
        os.makedirs(imodels)
        for name in ("empty.bim", "small.bim"):
            shutil.copyfile(os.path.join(args.data, name), os.path.join(imodels, name))
        self.log = open(os.path.join(self.folder, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [args.daemon, "--set", "listen.port=0", "--set", "data.dir=" + self.data],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.log.seek(0)
            raise AssertionError("the server did not start:\n" + self.log.read())
        ready = json.loads(line)
        self.environment = dict(os.environ, WEH_URL=ready["sessionUrl"], WEH_TOKEN=ready["token"])

    def stop(self):
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        self.log.seek(0)
        log = self.log.read()
        self.log.close()
        shutil.rmtree(self.folder)
        if status != 0:
            raise AssertionError(f"the server ended with {status}:\n{log}")


def weh(args, server, *arguments, text=None, environment=None):
    """Run weh; its status, output and errors."""
    if environment is None:
        environment = server.environment if server else dict(os.environ)
    done = subprocess.run([args.weh, *arguments], input=text if text is not None else "",
                          capture_output=True, text=True, timeout=TIMEOUT_S, env=environment,
                          check=False)
    token = environment.get("WEH_TOKEN")
    if token:
        check(token not in done.stdout + done.stderr, "the token was printed")
    return done


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def expect(done, status, *patterns):
    """@done ended with @status and its errors match all @patterns."""
    report = f"{done.args[1:]} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
    check(done.returncode == status, f"status {status} expected: {report}")
    for pattern in patterns:
        check(re.search(pattern, done.stderr), f"no {pattern!r} in: {report}")
    return done


def run_script(args):
    server = Server(args)
    try:
        done = weh(args, server, "run", "--codec", args.codec, args.script)
        for line in done.stdout.splitlines():
            json.loads(line)
        expect(done, 0)
    finally:
        server.stop()


def check_usage(args):
    expect(weh(args, None), 2, r"weh COMMAND")
    expect(weh(args, None, "frobnicate"), 2, r"unknown command frobnicate")
    expect(weh(args, None, "run", "--frob", "-"), 2, r"unknown option --frob")
    expect(weh(args, None, "run", "-x"), 2, r"unknown option -x")
    expect(weh(args, None, "run"), 2, r"SCRIPT\|- is missing")
    expect(weh(args, None, "run", "a", "b"), 2, r"one argument too many: b")
    expect(weh(args, None, "run", "--url", "ws://x", "--codec", "xml", "-"), 2, r"--codec")
    expect(weh(args, None, "run", "--url", "ws://x", "--timeout", "0", "-"), 2, r"--timeout")
    bare = {k: v for k, v in os.environ.items() if not k.startswith("WEH_")}
    expect(weh(args, None, "run", "-", environment=bare), 2, r"WEH_URL")
    check("inspect" in expect(weh(args, None, "--help"), 0).stdout, "no inspect in the help")
    for name in ("run", "connect", "new", "inspect", "token", "bench"):
        text = expect(weh(args, None, name, "--help"), 0).stdout
        check(text.startswith("weh " + name), f"no help of {name}")


FAILURES = [
    # script, status, what the errors say
    ("session.ping {\"data\": 1}\nexpect {\"data\": 1.0}\n", 0, []),
    ("session.ping {\"data\": {\"a\": [1, {\"b\": 2}]}}\nexpect {\"data\": {\"a\": [1, {\"b\": 3}]}}\n",
     1, [r"-:2: .*\$\.data\.a\[1\]\.b", r"expected 3", r"received 2"]),
    ("session.ping {\"data\": [1, 2]}\nexpect {\"data\": [1]}\n", 1, [r"-:2: .*\$\.data"]),
    ("session.ping {\"data\": 1}\nexpect {\"more\": 1}\n", 1, [r"\$\.more", r"received nothing"]),
    ("session.ping {\"data\": \"1\"}\nexpect {\"data\": 1}\n", 1, [r"\$\.data"]),
    ("no.such\nsession.ping\n", 1, [r"-:1: .*MethodNotFound"]),
    ("no.such\n", 1, [r"-:1: .*MethodNotFound"]),
    ("no.such\n# still\n\nexpect-error MethodNotFound\n", 0, []),
    ("no.such\nexpect-error Busy\n", 1, [r"-:2: expected the error Busy"]),
    ("session.ping\nexpect-error Busy\n", 1, [r"-:2: expected the error Busy"]),
    ("expect {}\n", 1, [r"-:1: there is no result"]),
    ("session.ping {\n", 1, [r"-:1: "]),
    ("session.ping [1]\n", 1, [r"-:1: .*object"]),
    ("session.ping {\"data\": $x}\n", 1, [r"-:1: no variable \$x"]),
    ("$x session.ping\n", 1, [r"-:1: expected \$name = "]),
    ("$x = session.ping {\"data\": {\"a\": [5, {\"b\": \"q\"}]}}\n"
     "session.ping {\"data\": [$x.data.a[0], \"$x.data.a[1].b\", $x.data, \"$y\", \"$x.data and\"]}\n"
     "expect {\"data\": [5, \"q\", {\"a\": [5, {\"b\": \"q\"}]}, \"$y\", \"$x.data and\"]}\n", 0, []),
    ("$x = session.ping {\"data\": 1}\nsession.ping {\"data\": $x.nothing}\n", 1,
     [r"-:2: no value \$x\.nothing"]),
    ("session.close\nsession.ping\n", 1, [r"-:2: "]),
]


def check_run(args, server):
    for codec in ("json", "msgpack"):
        for script, status, patterns in FAILURES:
            expect(weh(args, server, "run", "--codec", codec, "-", text=script), status, *patterns)
    done = weh(args, server, "run", "--keep-going", "-", text="no.such\nno.other\n")
    expect(done, 1, r"-:1: ", r"-:2: ")
    check(len(weh(args, server, "run", "-", text="no.such\nno.other\n").stdout.splitlines()) == 1,
          "the script went on after a failure")
    done = weh(args, server, "run", "--timeout", "1", "-",
               text="session.ping\nwait-notification txns.onCommit\n")
    expect(done, 1, r"-:2: no notification txns.onCommit")


def check_refused(args, server):
    wrong = dict(server.environment, WEH_TOKEN="not-a-token")
    expect(weh(args, server, "run", "-", text="session.ping\n", environment=wrong), 1, r"weh run: ")
    none = {k: v for k, v in server.environment.items() if k != "WEH_TOKEN"}
    expect(weh(args, server, "run", "-", text="session.ping\n", environment=none), 1, r"weh run: ")


def check_busy(args, server):
    """Two sessions, one file: the second is told at once; when the first closes it may."""
    first = subprocess.Popen([args.weh, "run", "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, env=server.environment)
    try:
        first.stdin.write('briefcase.open {"imodel": "small"}\n')
        first.stdin.flush()
        check("result" in json.loads(first.stdout.readline()), "the first session cannot open")
        script = 'briefcase.open {"imodel": "small"}\nexpect-error Busy\n'
        for codec in ("json", "msgpack"):
            expect(weh(args, server, "run", "--codec", codec, "-", text=script), 0)
        script = 'briefcase.open {"imodel": "small", "mode": "readonly"}\nexpect {"mode": "readonly"}\n'
        expect(weh(args, server, "run", "-", text=script), 0)
        first.stdin.write("briefcase.close\n")
        first.stdin.flush()
        check("result" in json.loads(first.stdout.readline()), "the first session cannot close")
        expect(weh(args, server, "run", "-", text='briefcase.open {"imodel": "small"}\n'), 0)
    finally:
        first.stdin.close()
        first.stdout.close()
        status = first.wait(TIMEOUT_S)
    check(status == 0, f"the first session ended with {status}")


def check_connect(args, server):
    done = weh(args, server, "connect",
               text='$x = session.ping {"data": "a"}\nsession.ping {"data": "$x.data"}\nno.such\n'
                    'session.ping {"data": $_.data}')
    expect(done, 0)
    check(done.stdout.count('"data": "a"') == 3, done.stdout)
    check("error MethodNotFound" in done.stdout, done.stdout)
    expect(weh(args, server, "connect", text="session.close\n"), 0)


def check_files(args, server):
    path = os.path.join(server.folder, "new.bim")
    guid = "0f0e0d0c-0b0a-4908-8706-050403020100"
    expect(weh(args, None, "new", path), 2, r"--name")
    expect(weh(args, None, "new", path, "--name", "x", "--itwin-id", "x"), 2, r"GUID")
    expect(weh(args, None, "new", path, "--name", "New one", "--itwin-id", guid), 0)
    expect(weh(args, None, "new", path, "--name", "Again"), 1)
    text = expect(weh(args, None, "inspect", "--json", path), 0).stdout
    check("New one" in text and guid in text, text)
    json.loads(text)
    table = expect(weh(args, None, "inspect", path), 0).stdout
    check("New one" in table and "BisCore" in table, table)
    expect(weh(args, None, "inspect", os.path.join(server.folder, "none.bim")), 1)
    expect(weh(args, None, "inspect", os.path.join(server.folder, "log")), 1)


def check_token(args, server):
    expect(weh(args, None, "token"), 2, r"--data-dir")
    expect(weh(args, None, "token", "--data-dir", server.data, "--access", "all"), 2, r"--access")
    for access, status in (("view", 1), ("edit", 0)):
        token = expect(weh(args, None, "token", "--data-dir", server.data, "--user", "ann",
                           "--access", access), 0).stdout.strip()
        environment = dict(server.environment, WEH_TOKEN=token)
        script = ('session.info\nexpect {"user": "ann", "access": "%s"}\n'
                  'imodel.create {"imodel": "by-ann", "rootSubject": {"name": "n"}}\n' % access)
        patterns = [r"Denied"] if status else []
        expect(weh(args, server, "run", "-", text=script, environment=environment), status,
               *patterns)


def check_tool(args):
    check_usage(args)
    server = Server(args)
    try:
        for case in (check_run, check_refused, check_busy, check_connect, check_files, check_token):
            case(args, server)
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--daemon", required=True)
    parser.add_argument("--weh", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--tool", action="store_true")
    parser.add_argument("script", nargs="?")
    parser.add_argument("codec", nargs="?", choices=["json", "msgpack"])
    args = parser.parse_args()
    try:
        if args.tool:
            check_tool(args)
        else:
            run_script(args)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
