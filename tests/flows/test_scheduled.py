from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.flows.processes import ROOT, environment
from tests.flows.work_pool import VERIFY_TLS

FAST_POLLING = {"PREFECT_RUNNER_POLL_FREQUENCY": "1"}  # seconds, not ten, to the next look


def test_a_scheduled_run_really_starts(demo: Path) -> None:
    """With the wrong versions the server looks healthy and never makes a scheduled run."""
    keys = (
        "SHOPIFY_CLIENT_ID=x\nSHOPIFY_CLIENT_SECRET=y\nSQUARE_ACCESS_TOKEN=w\nREGULARS_SECRET=z\n"
    )
    (demo / ".env").write_text(keys)
    log = demo / "served.log"
    with log.open("wb") as log_file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.scheduled_tick", str(demo / "config.yaml")],
            cwd=ROOT, env={**environment(), **FAST_POLLING},
            stdout=subprocess.PIPE, stderr=log_file, text=True,
        )  # fmt: skip
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, log.read_text()
        address, token = line.split()
        assert wait_for_completed(address, token), log.read_text()
    finally:
        process.terminate()
        process.communicate()


def wait_for_completed(address: str, token: str) -> bool:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if [run for run in completed(address, token) if run["auto_scheduled"]]:
            return True
        time.sleep(0.2)
    return False


def completed(address: str, token: str) -> list[dict[str, Any]]:
    query = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    user, password = token.split(":")
    response = httpx.post(
        f"{address}/flow_runs/filter", json=query, auth=(user, password), trust_env=False,
        verify=VERIFY_TLS,
    )  # fmt: skip
    flow_runs: list[dict[str, Any]] = json.loads(response.content)
    return flow_runs
