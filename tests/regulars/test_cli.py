"""The command line as scripts and owners meet it: statuses, streams, sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.processes import Prefect, at_once, environment, regulars, soon

SHOP = """\
shop:
  name: Corner Café
  country: PT
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
"""
BROKEN = """
rules:
  abandoned-cart:
    when: cart abandond
    for: 3
    then:
      - sned: cart-reminder
  we-miss-you:
    when: no visit
    then:
      - send: we-mis-you
"""


def write(folder: Path, text: str) -> None:
    (folder / "config.yaml").write_text(text)


def test_a_good_file_is_fine(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    done = regulars(tmp_path, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "is fine" in done.stdout


def test_a_broken_file_names_every_mistake(tmp_path: Path) -> None:
    write(tmp_path, SHOP + BROKEN)
    done = regulars(tmp_path, "check")
    assert done.returncode == 1
    for told in (
        'config.yaml:13:11: "cart abandond" is not known here. Did you mean "cart abandoned"?',
        "3 what?",
        'Did you mean "send"?',
        "also needs for",
        'Did you mean "we-miss-you"?',
        "5 to fix. Nothing was sent.",
    ):
        assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_file_sends_nothing(tmp_path: Path, prefect: Prefect) -> None:
    write(tmp_path, SHOP + BROKEN)
    done = soon(tmp_path, "run", prefect=prefect)
    assert done.returncode == 1
    assert "5 to fix" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]


def test_mistakes_come_as_one_document_too(tmp_path: Path, prefect: Prefect) -> None:
    write(tmp_path, SHOP + BROKEN)
    done = soon(tmp_path, "check", "--json", prefect=prefect)
    mistakes = json.loads(done.stdout)["mistakes"]
    assert [mistake["line"] for mistake in mistakes] == [13, 14, 16, 18, 20]
    assert done.returncode == 1


def test_an_unknown_word_in_a_template_is_named_with_file_and_line(
    tmp_path: Path, prefect: Prefect
) -> None:
    write(tmp_path, SHOP + "rules: {r: {when: no visit, for: 45 days, then: [{send: hello}]}}\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hello.html").write_text(
        '{% extends "layout.html" %}\n'
        "{% block subject %}Hello{% endblock %}\n"
        "{% block preheader %}Again{% endblock %}\n"
        "{% block content %}<p>{{ customer.frist_name }}</p>{% endblock %}\n"
    )
    for command in ("check", "run"):
        done = soon(tmp_path, command, prefect=prefect)
        assert done.returncode == 1
        assert "hello.html:4" in done.stderr
        assert 'Did you mean "first_name"?' in done.stderr
    assert not (tmp_path / "outbox").exists()


def test_a_missing_name_is_told_with_its_line(tmp_path: Path, prefect: Prefect) -> None:
    source = (
        "from: shopify, store: x.myshopify.com, client id: $NO_SUCH_ID, client secret: $NOR_THIS"
    )
    write(tmp_path, f"{SHOP}sources: {{online-shop: {{{source}}}}}\n")
    done = soon(tmp_path, "check", prefect=prefect)
    assert done.returncode == 1
    assert "config.yaml:10:" in done.stderr
    assert "$NO_SUCH_ID" in done.stderr
    assert "$NOR_THIS" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["chekc"],
        ["run", "--at", "tomorrow"],
        ["run", "--at", "2026-03-03T10:00:00"],
        ["sync", "no-such-source"],
        ["preview", "no-such-letter"],
        ["sandbox", "--customers", "0"],
    ],
)
def test_a_wrong_call_ends_with_2(tmp_path: Path, prefect: Prefect, arguments: list[str]) -> None:
    write(tmp_path, SHOP)
    done = soon(tmp_path, *arguments, prefect=prefect)
    assert done.returncode == 2
    assert done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = regulars(tmp_path, "--config", "nowhere.yaml", "check")
    assert done.returncode == 1
    assert "nowhere.yaml" in done.stderr


def test_a_platform_out_of_reach_ends_with_3_and_loses_nothing(
    tmp_path: Path, prefect: Prefect
) -> None:
    write(
        tmp_path,
        SHOP + "sources: {online-shop: {from: shopify, store: x.myshopify.com, client id: $A,"
        ' client secret: $B, address: "http://127.0.0.1:9"}}\n',
    )
    (tmp_path / ".env").write_text("A=key-of-the-shop\nB=secret-of-the-shop\n")
    done = soon(tmp_path, "sync", "--json", prefect=prefect)
    assert done.returncode == 3
    assert "online-shop" in json.loads(done.stdout)["sources"]
    assert "online-shop" in done.stderr
    assert "Traceback" not in done.stderr
    for kept in [done.stdout, done.stderr, *_texts(prefect.home)]:
        assert "secret-of-the-shop" not in kept


def _texts(folder: Path) -> list[str]:
    return [one.read_text(errors="replace") for one in folder.rglob("*") if one.is_file()]


def test_one_run_is_one_document_whose_sum_is_right(tmp_path: Path, prefect: Prefect) -> None:
    write(
        tmp_path,
        SHOP + "sources:\n"
        "  people: {from: csv, holds: customers, file: people.csv,"
        " columns: {customer: id, e-mail: mail, first name: name, consent: news}}\n"
        "  till: {from: csv, holds: orders, file: orders.csv,"
        " columns: {customer: who, when: date, total: total}}\n"
        "rules:\n"
        "  we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}],"
        " include backlog: yes}\n",
    )
    (tmp_path / "people.csv").write_text(
        "id,mail,name,news\n1,clara@example.com,Clara,yes\n2,bruno@example.com,Bruno,no\n"
    )
    (tmp_path / "orders.csv").write_text("who,date,total\n1,2026-01-01,3.50\n2,2026-01-02,4.00\n")
    synced = regulars(tmp_path, "sync", "--json", prefect=prefect)
    assert synced.returncode == 0, synced.stderr
    at = "2026-03-03T10:00:00+00:00"
    done = regulars(tmp_path, "run", "--json", "--at", at, prefect=prefect)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["rules"].keys() == {"we-miss-you"}
    totals = document["totals"]
    assert totals == document["rules"]["we-miss-you"]
    assert (totals["enrolled"], totals["rehearsed"], totals["skipped"]) == (2, 1, 1)
    assert totals["enrolled"] == sum(many for name, many in totals.items() if name != "enrolled")
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    assert "looked until" not in done.stderr
    before = "2026-03-02T10:00:00+00:00"
    earlier = soon(tmp_path, "run", "--at", before, prefect=prefect)
    assert "looked until 03 March 2026, 10:00 UTC" in earlier.stderr


def test_the_schema_is_one_document(tmp_path: Path, prefect: Prefect) -> None:
    done = soon(tmp_path, "schema", prefect=prefect)
    assert {"shop", "sending"} <= set(json.loads(done.stdout)["properties"])


@pytest.mark.parametrize("command", [["check"], ["schema"], ["preview"]])
def test_the_quick_commands_know_neither_prefect_nor_alembic_nor_the_database(
    tmp_path: Path, command: list[str]
) -> None:
    write(tmp_path, SHOP)
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "regulars", *command],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = {line.split("|")[-1].strip() for line in seen.stderr.splitlines() if "|" in line}
    assert "regulars.cli" in imported
    assert not imported & {"prefect", "alembic", "sqlalchemy", "httpx", "fastapi"}


def test_the_sandbox_says_where_it_is_and_ends_when_told(tmp_path: Path) -> None:
    ports = ["--port", "0", "--square-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "sandbox", "--customers", "20", *ports],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    where = json.loads(process.stdout.readline())
    assert where["now"] == "2026-03-03T10:00:00+00:00"
    assert where["shopify"].keys() == {"address", "store", "client id", "client secret"}
    assert where["square"].keys() == {"address", "access token"}
    process.terminate()
    assert process.wait(10) == 0


def test_every_command_shows_an_example(tmp_path: Path) -> None:
    listed = at_once(tmp_path, "--help").stdout
    for command in (
        "demo", "check", "schema", "sandbox", "sync", "set-aside", "run", "waiting", "approve",
        "decline", "reach", "preview",
    ):  # fmt: skip
        assert command in listed
        assert f"Example: regulars {command}" in at_once(tmp_path, command, "--help").stdout
