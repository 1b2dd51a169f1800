"""`why` and `customers show` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.owner.pause import hold
from regulars import cli
from settings.errors import WrongUse
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
def here(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in a folder; Clara has left a cart."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    return cafe


def regulars(*words: str) -> None:
    cli.app([*words], standalone_mode=False)


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    regulars(*words, *AT, "--json")
    return json.loads(capsys.readouterr().out)


def test_why_reads_like_a_page(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("why", CLARA, "abandoned-cart", *AT)
    said = capsys.readouterr().out.splitlines()
    mail = next(line for line in said if "mail " in line).split()[1].rstrip(",")
    counted = "cart of 18.50 EUR left 3 March 2026, 07:00, so 3 hours end on 3 March 2026, 10:00"
    assert said == [
        "Clara, clara@example.com, customer 1",
        "",
        "abandoned-cart: when cart abandoned for 3 hours",
        "  looks forward from 2 March 2026, 10:00",
        f"  {counted} · occasion 1",
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


def test_a_mail_that_waits_shows_every_question_of_the_gate(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(here.shop, None, "Ana is ill", now=MARCH)
    here.run(MARCH + DAY)
    regulars("why", CLARA, "--at", (MARCH + DAY).isoformat())
    said = capsys.readouterr().out
    assert "now: all mail is held since 3 March 2026, 10:00: Ana is ill\n" in said
    assert "  basis: yes: SUBSCRIBED (a marketing mail) → yes\n" in said
    assert "we-miss-you: when no visit for 45 days\n" in said
    assert "not begun: They never bought anything that counts" in said


def test_the_document_keeps_its_shape(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "why", CLARA)
    assert list(told) == ["customer", "changed", "held", "rules"]
    assert list(told["customer"]) == ["number", "name", "email", "phone", "was"]
    cart, away = told["rules"]
    assert list(cart) == [
        "rule", "when", "began_at", "looked_until", "held", "nothing", "happenings", "left_out"
    ]  # fmt: skip
    [one] = cart["happenings"]
    assert list(one) == [
        "occasion", "counts", "since_at", "due_at", "standing", "told", "judged_at", "verdict",
        "ended", "asked", "steps",
    ]  # fmt: skip
    assert one["asked"] == [
        {"of": "if", "asked": "cart total: at least 15", "found": "18.50", "met": True}
    ]
    assert list(one["steps"][0]) == [
        "place", "step", "standing", "told", "until", "asked", "mail", "task"
    ]  # fmt: skip
    assert one["due_at"] == MARCH.isoformat()
    assert away["happenings"] == []


def test_the_profile_keeps_its_shape(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "customers", "show", CLARA)
    assert list(told) == [
        "customer", "language", "timezone", "birthday", "joined_at", "identities", "basis",
        "suppression", "bought", "points", "lots", "carts", "answers", "running", "mails",
        "mails_left_out",
    ]  # fmt: skip
    assert told["mails"][0]["template"] == "cart-reminder"


def test_a_profile_reads_like_a_page(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("customers", "show", CLARA, *AT)
    said = capsys.readouterr().out
    assert "Known from\n  online-shop clara: Clara · clara@example.com\n" in said
    assert (
        "    yes, said on 27 January 2025, 10:00: SUBSCRIBED (online-shop, by clara) ← decides"
        in said
    )
    assert "Carts\n  online-shop cart-clara: 18.50 EUR, left 3 March 2026, 07:00\n" in said
    assert "Rules at work\n  abandoned-cart: began 3 March 2026, 10:00, at step 3" in said


def test_a_customers_name_can_neither_colour_nor_break_the_page(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "[red]Cla\nra[/red] :smile:\x1b[31m"
    here.arrive(identities=[identity("clara", email=CLARA, version=2, first_name=name)])
    regulars("why", CLARA, *AT)
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "[red]Cla ra[/red] :smile: [31m, clara@example.com, customer 1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["why", "dora@example.com"], "Nothing is known of dora@example.com"),
        (["customers", "show", "dora@example.com"], "Nothing is known of dora@example.com"),
        (["why", CLARA, "birthday"], "There is no rule birthday. There are: abandoned-cart"),
        (["why", CLARA, "we-mis-you"], 'Did you mean "we-miss-you"?'),
    ],
)
def test_what_is_not_there_is_said(here: Cafe, words: list[str], sentence: str) -> None:
    with pytest.raises(WrongUse) as told:
        regulars(*words)
    assert sentence in str(told.value)
    assert told.value.exit_status == 2


def test_before_the_first_sync_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: Cafe
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.yaml").write_text(here.path.read_text())
    monkeypatch.chdir(elsewhere)
    with pytest.raises(WrongUse, match="Run: regulars sync"):
        regulars("why", CLARA)
    assert [one.name for one in elsewhere.iterdir()] == ["config.yaml"]


def test_asking_leaves_every_file_as_it_was(here: Cafe) -> None:
    def files() -> dict[str, bytes]:
        there = (one for one in here.path.parent.rglob("*") if one.is_file())
        return {one.name: one.read_bytes() for one in there if not one.name.endswith("-shm")}

    regulars("customers", "show", CLARA)
    before = files()
    regulars("why", CLARA)
    regulars("customers", "show", CLARA, "--json")
    assert files() == before
