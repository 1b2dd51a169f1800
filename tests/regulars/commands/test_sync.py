"""`sync` and `set-aside`: what came, whom it lets the shop reach, and what could not be used."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tests.flows.processes import Prefect, at_once, soon
from tests.regulars.commands.test_check import FILES, people
from tests.regulars.test_cli import SHOP, write


def test_after_a_sync_its_reach_is_told_and_how_to_see_what_was_set_aside(
    tmp_path: Path, prefect: Prefect
) -> None:
    write(tmp_path, SHOP + FILES)
    people(tmp_path)
    (tmp_path / "bought.csv").write_text("Mail,Date,Total\nclara@example.com,2026-01-02,-1\n")
    done = soon(tmp_path, "sync", prefect=prefect)
    assert done.returncode == 0, done.stderr
    assert "1 record set aside: regulars set-aside" in done.stdout
    assert "Reach: 2 known · 2 with e-mail · 1 yes · 0 existing customer · 1 never" in done.stdout
    document = json.loads(soon(tmp_path, "sync", "--json", prefect=prefect).stdout)
    assert document["reach"] == json.loads(at_once(tmp_path, "reach", "--json").stdout)
    shown = at_once(tmp_path, "set-aside")
    assert shown.returncode == 0
    for told in (
        "line 4", "The e-mail address is none.", "customers",
        "Put them right in people.csv, and run: regulars sync old-list",
        "Put them right in bought.csv, and run: regulars sync purchases",
    ):  # fmt: skip
        assert told in shown.stdout
    assert "nobody" not in shown.stdout


def test_what_was_set_aside_is_one_document_until_it_is_mended(
    tmp_path: Path, prefect: Prefect
) -> None:
    write(tmp_path, SHOP + FILES.partition("  purchases")[0])
    people(tmp_path)
    assert "Nothing is set aside." in at_once(tmp_path, "set-aside").stdout
    soon(tmp_path, "sync", prefect=prefect)
    told = json.loads(at_once(tmp_path, "set-aside", "--json").stdout)["sources"]["old-list"]
    [record] = told["records"]
    assert datetime.fromisoformat(record.pop("since"))
    assert record == {
        "kind": "customers",
        "record": "line 4",
        "why": "The e-mail address is none.",
    }
    (tmp_path / "people.csv").write_text("Mail,Born,News\nclara@example.com,,\n")
    soon(tmp_path, "sync", prefect=prefect)
    assert json.loads(at_once(tmp_path, "set-aside", "--json").stdout) == {"sources": {}}
