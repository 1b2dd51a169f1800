"""The command line: exit statuses, streams, and error messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.processes import Prefect, environment, regulars, run_in_fork, run_in_process

SHOP = """\
shop:
  name: Corner Café
  country: PT
  language: en
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


def write_config(folder: Path, text: str) -> None:
    (folder / "config.yaml").write_text(text)


def test_a_good_file_is_fine(tmp_path: Path) -> None:
    write_config(tmp_path, SHOP)
    completed = regulars(tmp_path, "check")
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "is fine" in completed.stdout


def test_a_broken_file_names_every_mistake(tmp_path: Path) -> None:
    write_config(tmp_path, SHOP + BROKEN)
    completed = regulars(tmp_path, "check")
    assert completed.returncode == 1
    for expected in (
        'config.yaml:14:11: "cart abandond" is not known here. Did you mean "cart abandoned"?',
        "3 what?",
        'Did you mean "send"?',
        "also needs for",
        'Did you mean "we-miss-you"?',
        "5 to fix. Nothing was sent.",
    ):
        assert expected in completed.stderr
    assert "Traceback" not in completed.stderr


def test_a_broken_file_sends_nothing(tmp_path: Path, prefect: Prefect) -> None:
    write_config(tmp_path, SHOP + BROKEN)
    completed = run_in_fork(tmp_path, "run", prefect=prefect)
    assert completed.returncode == 1
    assert "5 to fix" in completed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_mistakes_are_one_json_document(tmp_path: Path, prefect: Prefect) -> None:
    write_config(tmp_path, SHOP + BROKEN)
    completed = run_in_fork(tmp_path, "check", "--json", prefect=prefect)
    mistakes = json.loads(completed.stdout)["mistakes"]
    assert [mistake["line"] for mistake in mistakes] == [14, 15, 17, 19, 21]
    assert completed.returncode == 1


def test_an_unknown_word_in_a_template_is_named_with_file_and_line(
    tmp_path: Path, prefect: Prefect
) -> None:
    write_config(
        tmp_path, SHOP + "rules: {r: {when: no visit, for: 45 days, then: [{send: hello}]}}\n"
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hello.html").write_text(
        '{% extends "layout.html" %}\n'
        "{% block subject %}Hello{% endblock %}\n"
        "{% block preheader %}Again{% endblock %}\n"
        "{% block content %}<p>{{ customer.frist_name }}</p>{% endblock %}\n"
    )
    for command in ("check", "run"):
        completed = run_in_fork(tmp_path, command, prefect=prefect)
        assert completed.returncode == 1
        assert "hello.html:4" in completed.stderr
        assert 'Did you mean "first_name"?' in completed.stderr
    assert not (tmp_path / "outbox").exists()


def test_a_missing_environment_name_is_reported_with_its_line(
    tmp_path: Path, prefect: Prefect
) -> None:
    source = (
        "from: shopify, store: x.myshopify.com, client id: $NO_SUCH_ID, client secret: $NOR_THIS"
    )
    write_config(tmp_path, f"{SHOP}sources: {{online-shop: {{{source}}}}}\n")
    completed = run_in_fork(tmp_path, "check", prefect=prefect)
    assert completed.returncode == 1
    assert "config.yaml:11:" in completed.stderr
    assert "$NO_SUCH_ID" in completed.stderr
    assert "$NOR_THIS" in completed.stderr


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
def test_wrong_usage_exits_with_2(tmp_path: Path, prefect: Prefect, arguments: list[str]) -> None:
    write_config(tmp_path, SHOP)
    completed = run_in_fork(tmp_path, *arguments, prefect=prefect)
    assert completed.returncode == 2
    assert completed.stderr
    assert completed.stdout == ""
    assert "Traceback" not in completed.stderr


def test_a_missing_config_is_reported(tmp_path: Path) -> None:
    completed = regulars(tmp_path, "--config", "nowhere.yaml", "check")
    assert completed.returncode == 1
    assert "nowhere.yaml" in completed.stderr


def test_an_unreachable_platform_exits_with_3_and_leaks_no_secret(
    tmp_path: Path, prefect: Prefect
) -> None:
    write_config(
        tmp_path,
        SHOP + "sources: {online-shop: {from: shopify, store: x.myshopify.com, client id: $A,"
        ' client secret: $B, address: "http://127.0.0.1:9"}}\n',
    )
    (tmp_path / ".env").write_text("A=key-of-the-shop\nB=secret-of-the-shop\n")
    completed = run_in_fork(tmp_path, "sync", "--json", prefect=prefect)
    assert completed.returncode == 3
    assert "online-shop" in json.loads(completed.stdout)["sources"]
    assert "online-shop" in completed.stderr
    assert "Traceback" not in completed.stderr
    for text in [completed.stdout, completed.stderr, *_file_texts(prefect.home)]:
        assert "secret-of-the-shop" not in text


def _file_texts(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]


def test_run_json_is_one_document_whose_totals_add_up(tmp_path: Path, prefect: Prefect) -> None:
    write_config(
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
    sync_run = run_in_fork(tmp_path, "sync", "--json", prefect=prefect)
    assert sync_run.returncode == 0, sync_run.stderr
    at = "2026-03-03T10:00:00+00:00"
    tick_run = run_in_fork(tmp_path, "run", "--json", "--at", at, prefect=prefect)
    assert tick_run.returncode == 0, tick_run.stderr
    document = json.loads(tick_run.stdout)
    assert document["rules"].keys() == {"we-miss-you"}
    totals = document["totals"]
    assert totals == document["rules"]["we-miss-you"]
    assert (totals["enrolled"], totals["rehearsed"], totals["skipped"]) == (2, 1, 1)
    assert totals["enrolled"] == sum(count for name, count in totals.items() if name != "enrolled")
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    assert "looked until" not in tick_run.stderr
    before = "2026-03-02T10:00:00+00:00"
    earlier_run = run_in_fork(tmp_path, "run", "--at", before, prefect=prefect)
    assert "looked until 3 March 2026, 10:00 UTC" in earlier_run.stderr


def test_schema_prints_one_json_document(tmp_path: Path, prefect: Prefect) -> None:
    completed = run_in_fork(tmp_path, "schema", prefect=prefect)
    assert {"shop", "sending"} <= set(json.loads(completed.stdout)["properties"])


PRINT_MODULES = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from regulars.cli import main
main()
"""


@pytest.mark.parametrize("command", ["check", "schema", "preview"])
def test_quick_commands_import_neither_prefect_nor_alembic_nor_the_database(
    tmp_path: Path, command: str
) -> None:
    write_config(tmp_path, SHOP)
    completed = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES, command],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = set(completed.stderr.split())
    assert "regulars.cli" in imported
    assert not imported & {"asyncio", "prefect", "alembic", "sqlalchemy", "httpx", "fastapi"}
    commands = {name for name in imported if name.startswith("regulars.commands.")}
    assert commands == {f"regulars.commands.{command}"}, "the module of another command is loaded"


def test_the_sandbox_prints_its_addresses_and_stops_on_sigterm(tmp_path: Path) -> None:
    ports = ["--port", "0", "--square-port", "0", "--woocommerce-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "sandbox", "--customers", "20", *ports],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    addresses = json.loads(process.stdout.readline())
    assert addresses["now"] == "2026-03-03T10:00:00+00:00"
    assert addresses["shopify"].keys() == {"address", "store", "client id", "client secret"}
    assert addresses["square"].keys() == {"address", "access token"}
    process.terminate()
    assert process.wait(10) == 0


def test_every_command_shows_an_example(tmp_path: Path) -> None:
    help_text = run_in_process(tmp_path, "--help").stdout
    for command in (
        "demo", "check", "schema", "sandbox", "sync", "set-aside", "run", "waiting", "approve",
        "decline", "reach", "preview",
    ):  # fmt: skip
        assert command in help_text
        assert f"Example: regulars {command}" in run_in_process(tmp_path, command, "--help").stdout
