"""`oops` on the command line: what its owner reads, and what scripts do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from regulars import cli
from settings.errors import WrongUse
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import PostOffice

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""
AT = ("--at", "2026-03-03T11:00:00+00:00")


@pytest.fixture
def here(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in a folder; Ana and Clara were sent a reminder for real."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    for name in ("ana", "clara"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    rehearsing = cafe.shop
    cafe.shop = replace(cafe.shop, sender=PostOffice())
    cafe.run()
    cafe.shop = rehearsing
    return cafe


def regulars(*words: str) -> None:
    cli.app([*words], standalone_mode=False)


def test_it_says_what_was_done_and_what_is_left(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("oops", "abandoned-cart", "--saying", "It was [red]wrong", *AT)
    said = capsys.readouterr().out
    assert "The mail of abandoned-cart is held. regulars start abandoned-cart lets it go." in said
    assert "2 customers got it since 24 Feb 11:00." in said
    assert "2 corrections wait for your word. Look at it: regulars preview correction" in said
    assert "regulars approve oops:abandoned-cart" in said
    regulars("preview", "correction", "--customer", "ana@example.com", *AT)
    shown = capsys.readouterr().out
    assert "It was [red]wrong" in shown
    assert "on Tuesday, 3 March, “We kept your Granola for you”" in shown
    regulars("waiting", "--json", *AT)
    assert '"rule": "oops:abandoned-cart"' in capsys.readouterr().out
    regulars("approve", "oops:abandoned-cart", *AT)
    assert "2 mails approved." in capsys.readouterr().out
    here.shop = replace(here.shop, sender=PostOffice())
    assert here.counts(MARCH + 2 * HOUR) == {"sent": 2}
    regulars("oops", "abandoned-cart", *AT)
    again = capsys.readouterr().out
    assert "is held already" in again
    assert "Nobody is drafted a second correction." in again
    assert "wait for your word" not in again


def test_scripts_get_one_document(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("oops", "abandoned-cart", "--since", "2 hours", "--json", *AT)
    told = json.loads(capsys.readouterr().out)
    assert (told["drafted"], told["held"], told["newly_paused"]) == (2, 0, True)
    assert told["corrections"] == "oops:abandoned-cart"
    ana, _ = sorted(told["people"], key=lambda one: str(one["address"]))
    assert (ana["address"], ana["state"], ana["mails"], ana["at"]) == (
        "ana@example.com", "sent", 1, "2026-03-03T10:00:00+00:00",
    )  # fmt: skip


@pytest.mark.parametrize("since", ["30 minutes", "2026-03-03T10:30:00+00:00"])
def test_it_looks_no_further_back_than_asked(
    here: Cafe, capsys: pytest.CaptureFixture[str], since: str
) -> None:
    regulars("oops", "abandoned-cart", "--since", since, *AT)
    assert "Nobody got a mail of it since 03 Mar 10:30." in capsys.readouterr().out


@pytest.mark.parametrize("since", ["yesterday", "2026-03-03T10:30:00", "3d"])
def test_a_since_that_is_none_changes_nothing(here: Cafe, since: str) -> None:
    with pytest.raises(WrongUse, match=f"--since {since}: write a length of time, like 3 days"):
        regulars("oops", "abandoned-cart", "--since", since, *AT)
    assert here.counts(MARCH + HOUR) == {}
    regulars("pause", "abandoned-cart")


def test_a_broken_template_of_ones_own_is_told_and_holds_nothing_up(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    own = here.path.parent / "templates"
    own.mkdir()
    (own / "correction.html").write_text("{% extends 'layout-plain.html' %}")
    regulars("oops", "abandoned-cart", *AT)
    said = capsys.readouterr().out
    assert "is held." in said
    assert "The correction cannot be written: There is no {% block subject %}." in said


def test_a_correction_can_be_looked_at_before_there_is_one(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("preview", "correction", *AT)
    shown = capsys.readouterr().out
    assert "Please ignore our e-mail of 3 March  (regulars oops)" in shown
    assert (here.path.parent / "preview" / "correction.html").exists()
    with pytest.raises(WrongUse, match=r"No correction is drafted for ana@example\.com"):
        regulars("preview", "correction", "--customer", "ana@example.com", *AT)
