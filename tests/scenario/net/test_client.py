# tests/scenario/net/test_client.py - our own client against the echo server.
#   test_client.py ECHO_SERVER CLIENT_PROBE
"""weh/client.h keeps what its header promises, over plain TCP and TLS."""

import subprocess
import sys

import wsraw


def probe(server, url, ca_file):
    result = subprocess.run(
        [sys.argv[2], url, server.token, ca_file], timeout=wsraw.DEADLINE_S, capture_output=True
    )
    print(result.stdout.decode(), result.stderr.decode()[-4000:])
    assert result.returncode == 0, result.returncode


def test_client_over_plain_tcp():
    server = wsraw.Server(wsraw.program())
    probe(server, server.ready["sessionUrl"], "-")
    server.stop()


def test_client_over_tls_by_address_and_by_name():
    server = wsraw.Server(wsraw.program(), tls=True)
    ca_file = f"{server.folder}/cert.pem"
    assert server.ready["sessionUrl"].startswith("wss://127.0.0.1:"), server.ready
    probe(server, server.ready["sessionUrl"], ca_file)
    probe(server, f"wss://localhost:{server.port}/v1/session", ca_file)
    server.stop()


def test_client_that_reaches_nobody_says_so():
    result = subprocess.run(
        [sys.argv[2], "ws://127.0.0.1:1/", "token", "-"], timeout=wsraw.DEADLINE_S,
        capture_output=True,
    )
    assert result.returncode == 1 and b"no connection" in result.stdout, result.stdout


if __name__ == "__main__":
    sys.exit(wsraw.main(sys.modules[__name__]))
