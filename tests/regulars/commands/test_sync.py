"""`sync` and `set-aside`: arrived records, reach, and quarantined records."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tests.flows.processes import Prefect, run_in_fork, run_in_process
from tests.regulars.commands.test_check import CSV_SOURCES, write_people
from tests.regulars.test_cli import SHOP, write_config


def test_a_sync_prints_reach_and_points_to_set_aside_records(
    tmp_path: Path, prefect: Prefect
) -> None:
    write_config(tmp_path, SHOP + CSV_SOURCES)
    write_people(tmp_path)
    (tmp_path / "bought.csv").write_text("Mail,Date,Total\nclara@example.com,2026-01-02,-1\n")
    completed = run_in_fork(tmp_path, "sync", prefect=prefect)
    assert completed.returncode == 0, completed.stderr
    assert "1 record set aside: regulars set-aside" in completed.stdout
    assert (
        "Reach: 2 known · 2 with e-mail · 1 yes · 0 existing customer · 1 never" in completed.stdout
    )
    document = json.loads(run_in_fork(tmp_path, "sync", "--json", prefect=prefect).stdout)
    assert document["reach"] == json.loads(run_in_process(tmp_path, "reach", "--json").stdout)
    listing = run_in_process(tmp_path, "set-aside")
    assert listing.returncode == 0
    for expected in (
        "line 4", "The e-mail address is none.", "customers",
        "Put them right in people.csv, and run: regulars sync old-list",
        "Put them right in bought.csv, and run: regulars sync purchases",
    ):  # fmt: skip
        assert expected in listing.stdout
    assert "nobody" not in listing.stdout


def test_set_aside_records_are_listed_until_they_are_fixed(
    tmp_path: Path, prefect: Prefect
) -> None:
    write_config(tmp_path, SHOP + CSV_SOURCES.partition("  purchases")[0])
    write_people(tmp_path)
    assert "Nothing is set aside." in run_in_process(tmp_path, "set-aside").stdout
    run_in_fork(tmp_path, "sync", prefect=prefect)
    source_document = json.loads(run_in_process(tmp_path, "set-aside", "--json").stdout)["sources"][
        "old-list"
    ]
    [quarantined] = source_document["records"]
    assert datetime.fromisoformat(quarantined.pop("since"))
    assert quarantined == {
        "kind": "customers",
        "record": "line 4",
        "why": "The e-mail address is none.",
    }
    (tmp_path / "people.csv").write_text("Mail,Born,News\nclara@example.com,,\n")
    run_in_fork(tmp_path, "sync", prefect=prefect)
    assert json.loads(run_in_process(tmp_path, "set-aside", "--json").stdout) == {"sources": {}}
