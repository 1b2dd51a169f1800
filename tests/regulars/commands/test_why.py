"""`why` and `customers show` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.owner.pause import pause_mail
from regulars import cli
from settings.errors import WrongUsageError
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    if: {cart total: at least 15}
    then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
  we-miss-you:
    when: no visit
    for: 45 days
    then: [{send: we-miss-you}]
"""
CLARA = "clara@example.com"
AT = ("--at", MARCH.isoformat())


@pytest.fixture
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in the current folder; Clara has abandoned a cart."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    return cafe


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    regulars(*arguments, *AT, "--json")
    return json.loads(capsys.readouterr().out)


def test_why_reads_like_a_page(cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("why", CLARA, "abandoned-cart", *AT)
    output_lines = capsys.readouterr().out.splitlines()
    mail = next(line for line in output_lines if "mail " in line).split()[1].rstrip(",")
    occasion = "cart of 18.50 EUR left 3 March 2026, 07:00, so 3 hours end on 3 March 2026, 10:00"
    assert output_lines == [
        "Clara, clara@example.com, customer 1",
        "",
        "abandoned-cart: when cart abandoned for 3 hours",
        "  looks forward from 2 March 2026, 10:00",
        f"  {occasion} · occasion 1",
        "    running: began on 3 March 2026, 10:00",
        "    verdict: go",
        "    if cart total: at least 15 · found 18.50 → met",
        "    step 1, send cart-reminder: rehearsed",
        f"      mail {mail}, rehearsed 3 March 2026, 10:00",
        "      to clara@example.com, through outbox",
        "      basis then: SUBSCRIBED",
        "    step 2, wait 1 day: waits until 4 March 2026, 10:00",
        "    step 3, send we-miss-you: comes next, due 4 March 2026, 10:00",
    ]


def test_a_waiting_mail_shows_every_gate_check(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    pause_mail(cafe_folder.shop, None, "Ana is ill", now=MARCH)
    cafe_folder.run(MARCH + DAY)
    regulars("why", CLARA, "--at", (MARCH + DAY).isoformat())
    output = capsys.readouterr().out
    assert "now: all mail is held since 3 March 2026, 10:00: Ana is ill\n" in output
    assert "  basis: yes: SUBSCRIBED (a marketing mail) → yes\n" in output
    assert "we-miss-you: when no visit for 45 days\n" in output
    assert "not begun: They never bought anything that counts" in output


def test_the_document_keeps_its_shape(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    explanation = document(capsys, "why", CLARA)
    assert list(explanation) == ["customer", "changed", "held", "rules"]
    assert list(explanation["customer"]) == ["number", "name", "email", "phone", "merged_from"]
    cart, lapsed = explanation["rules"]
    assert list(cart) == [
        "rule", "when", "began_at", "looked_until", "held", "no_occasion", "occasions", "left_out"
    ]  # fmt: skip
    [occasion] = cart["occasions"]
    assert list(occasion) == [
        "occasion", "description", "since_at", "due_at", "status", "explanation", "evaluated_at",
        "verdict", "ended", "conditions", "steps",
    ]  # fmt: skip
    assert occasion["conditions"] == [
        {"clause": "if", "condition": "cart total: at least 15", "actual": "18.50", "met": True}
    ]
    assert list(occasion["steps"][0]) == [
        "place", "step", "status", "explanation", "until", "conditions", "mail", "task"
    ]  # fmt: skip
    assert occasion["due_at"] == MARCH.isoformat()
    assert lapsed["occasions"] == []


def test_the_profile_keeps_its_shape(cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    profile = document(capsys, "customers", "show", CLARA)
    assert list(profile) == [
        "customer", "language", "timezone", "birthday", "joined_at", "custom_fields",
        "identities", "basis", "suppression", "bought", "points", "lots", "carts", "answers",
        "running", "mails", "mails_left_out",
    ]  # fmt: skip
    assert profile["mails"][0]["template"] == "cart-reminder"


def test_a_profile_reads_like_a_page(cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("customers", "show", CLARA, *AT)
    output = capsys.readouterr().out
    assert "Known from\n  online-shop clara: Clara · clara@example.com\n" in output
    assert (
        "    yes, said on 27 January 2025, 10:00: SUBSCRIBED (online-shop, by clara) ← decides"
        in output
    )
    assert "Carts\n  online-shop cart-clara: 18.50 EUR, left 3 March 2026, 07:00\n" in output
    assert (
        "Rules at work\n  abandoned-cart: began 3 March 2026, 10:00, next: send we-miss-you"
        in output
    )


def test_a_customers_name_can_neither_colour_nor_break_the_page(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "[red]Cla\nra[/red] :smile:\x1b[31m"
    cafe_folder.arrive(identities=[identity("clara", email=CLARA, version=2, first_name=name)])
    regulars("why", CLARA, *AT)
    first_line = capsys.readouterr().out.splitlines()[0]
    assert first_line == "[red]Cla ra[/red] :smile: [31m, clara@example.com, customer 1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["why", "dora@example.com"], "Nothing is known of dora@example.com"),
        (["customers", "show", "dora@example.com"], "Nothing is known of dora@example.com"),
        (["why", CLARA, "birthday"], "There is no rule birthday. There are: abandoned-cart"),
        (["why", CLARA, "we-mis-you"], 'Did you mean "we-miss-you"?'),
    ],
)
def test_an_unknown_customer_or_rule_is_reported(
    cafe_folder: Cafe, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(WrongUsageError) as error_info:
        regulars(*arguments)
    assert sentence in str(error_info.value)
    assert error_info.value.exit_status == 2


def test_before_the_first_sync_no_file_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cafe_folder: Cafe
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.yaml").write_text(cafe_folder.path.read_text())
    monkeypatch.chdir(elsewhere)
    with pytest.raises(WrongUsageError, match="Run: regulars sync"):
        regulars("why", CLARA)
    assert [path.name for path in elsewhere.iterdir()] == ["config.yaml"]


def test_why_changes_no_file(cafe_folder: Cafe) -> None:
    def files() -> dict[str, bytes]:
        paths = (path for path in cafe_folder.path.parent.rglob("*") if path.is_file())
        return {path.name: path.read_bytes() for path in paths if not path.name.endswith("-shm")}

    regulars("customers", "show", CLARA)
    before = files()
    regulars("why", CLARA)
    regulars("customers", "show", CLARA, "--json")
    assert files() == before
