"""`.ci/audit.py`, with a database of vulnerabilities of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from tests.flows.processes import ROOT, free_port

ADVISORY = {
    "id": "GHSA-0000-0000-0000",
    "modified": "2026-01-01T00:00:00Z",
    "details": "Made up.",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]},
            ],
        }
    ],
}


class Database(BaseHTTPRequestHandler):
    """Knows one vulnerability, of Jinja; answers as OSV does."""

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_affected = query["package"]["name"].lower() == "jinja2"
        body = json.dumps({"vulns": [ADVISORY]} if is_affected else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


def run_audit(port: int) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "OSV_URL": f"http://127.0.0.1:{port}/v1/query", "NO_PROXY": "*"}
    return subprocess.run(
        [sys.executable, ".ci/audit.py"], cwd=ROOT, env=environ, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def test_a_known_vulnerability_fails_the_audit() -> None:
    with HTTPServer(("127.0.0.1", 0), Database) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        completed = run_audit(server.server_port)
        server.shutdown()
    assert completed.returncode == 1
    assert "GHSA-0000-0000-0000" in completed.stdout


def test_an_audit_that_reaches_no_database_says_so_and_passes() -> None:
    completed = run_audit(free_port())
    assert completed.returncode == 0
    assert completed.stdout.startswith("Known vulnerabilities were NOT looked up: ")
