"""`regulars run` and `sync` without work: they neither load Prefect nor start its server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.runtime import prefect_server
from flows.runtime.prefect_server import HOME
from regulars.flow_runs import run_tick_flow
from settings.errors import UnavailableError
from shop.tables import Lock
from tests.cafe import HOUR, MARCH, SECOND, Cafe
from tests.flows.processes import Prefect, environment, run_in_fork
from tests.flows.served_shop import add_unhappy_answer, write_shop

TICKS, SYNCS = ({"flows": {"name": {"any_": [name]}}} for name in ("tick", "sync"))
MAIN = """
import json, os, subprocess, sys
commands = []
start = subprocess.Popen.__init__
def record(process, arguments, *rest, **named):
    commands.append(arguments)
    start(process, arguments, *rest, **named)
subprocess.Popen.__init__ = record
sys.argv = ["regulars", *sys.argv[1:], "--json"]
from regulars.cli import main
try:
    main()
except SystemExit as ended:
    status = ended.code
loaded = sorted({"prefect", "fastapi"} & sys.modules.keys())
print(json.dumps([status or 0, loaded, commands]), file=sys.stderr)
"""


def run_alone(folder: Path, *arguments: str) -> Any:
    """Run a command in a new process; returns its document.

    Asserts that it succeeds, loads neither Prefect nor its server and starts no process.
    """
    completed = subprocess.run(
        [sys.executable, "-c", MAIN, *arguments], cwd=folder, env=environment(),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert json.loads(completed.stderr.splitlines()[-1]) == [0, [], []]
    assert not (folder / HOME).exists()
    return json.loads(completed.stdout)


def test_a_run_with_nothing_due_loads_no_prefect_and_starts_no_process(tmp_path: Path) -> None:
    write_shop(tmp_path)
    assert run_alone(tmp_path, "run")["totals"]["sent"] == 0


def test_a_sync_of_files_that_did_not_change_loads_no_prefect_and_starts_no_process(
    tmp_path: Path, prefect: Prefect
) -> None:
    write_shop(tmp_path)
    syncs_before = prefect.count("flow_runs/count", SYNCS)
    assert run_in_fork(tmp_path, "sync", prefect=prefect).returncode == 0
    sources = run_alone(tmp_path, "sync")["sources"]
    assert sources["survey"]["unchanged"] is True
    add_unhappy_answer(tmp_path, "clara@example.com")
    assert run_in_fork(tmp_path, "sync", prefect=prefect).returncode == 0
    assert prefect.count("flow_runs/count", SYNCS) == syncs_before + 2


def test_a_run_with_something_due_is_a_flow_of_prefect(tmp_path: Path, prefect: Prefect) -> None:
    write_shop(tmp_path)
    run_in_fork(tmp_path, "run", prefect=prefect)  # from now on the rule looks
    add_unhappy_answer(tmp_path, "clara@example.com")
    assert run_in_fork(tmp_path, "sync", prefect=prefect).returncode == 0
    ticks_before = prefect.count("flow_runs/count", TICKS)
    completed = run_in_fork(tmp_path, "run", "--json", prefect=prefect)
    assert json.loads(completed.stdout)["totals"]["rehearsed"] == 1
    assert prefect.count("flow_runs/count", TICKS) == ticks_before + 1


def test_a_run_whose_prefect_does_not_start_loses_nothing(
    cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}],
                       include backlog: yes}
    """
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")

    def fail(_folder: Path) -> None:
        raise UnavailableError("Prefect's server stopped by itself.")

    monkeypatch.setattr(prefect_server, "prefect_server", fail)
    with pytest.raises(UnavailableError, match="by itself"):
        run_tick_flow(cafe.shop, now=MARCH)
    assert cafe.select_all(model=Lock) == []
    assert cafe.counts(MARCH + SECOND) == {"rehearsed": 1}
