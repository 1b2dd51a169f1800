"""`oops`: its output and its JSON document."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from regulars import cli
from settings.errors import WrongUsageError
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService

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
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in the current folder; Ana and Clara were sent a reminder."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    for name in ("ana", "clara"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    rehearsing_shop = cafe.shop
    cafe.shop = replace(cafe.shop, sender=FakeMailService())
    cafe.run()
    cafe.shop = rehearsing_shop
    return cafe


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def test_oops_prints_what_it_did_and_the_next_steps(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("oops", "abandoned-cart", "--saying", "It was [red]wrong", *AT)
    output = capsys.readouterr().out
    assert "The mail of abandoned-cart is held. regulars start abandoned-cart lets it go." in output
    assert "2 customers got it since 24 Feb 11:00." in output
    assert "2 corrections wait for your word. Look at it: regulars preview correction" in output
    assert "regulars approve oops:abandoned-cart" in output
    regulars("preview", "correction", "--customer", "ana@example.com", *AT)
    preview = capsys.readouterr().out
    assert "It was [red]wrong" in preview
    assert "on Tuesday, 3 March, “We kept your Granola for you”" in preview
    regulars("waiting", "--json", *AT)
    assert '"rule": "oops:abandoned-cart"' in capsys.readouterr().out
    regulars("approve", "oops:abandoned-cart", *AT)
    assert "2 mails approved." in capsys.readouterr().out
    cafe_folder.shop = replace(cafe_folder.shop, sender=FakeMailService())
    assert cafe_folder.counts(MARCH + 2 * HOUR) == {"sent": 2}
    regulars("oops", "abandoned-cart", *AT)
    second_output = capsys.readouterr().out
    assert "is held already" in second_output
    assert "Nobody is drafted a second correction." in second_output
    assert "wait for your word" not in second_output


def test_json_output_is_one_document(cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("oops", "abandoned-cart", "--since", "2 hours", "--json", *AT)
    document = json.loads(capsys.readouterr().out)
    assert (document["drafted"], document["held"], document["newly_paused"]) == (2, 0, True)
    assert document["corrections"] == "oops:abandoned-cart"
    ana, _ = sorted(document["people"], key=lambda person: str(person["address"]))
    assert (ana["address"], ana["state"], ana["mails"], ana["at"]) == (
        "ana@example.com", "sent", 1, "2026-03-03T10:00:00+00:00",
    )  # fmt: skip


@pytest.mark.parametrize("since", ["30 minutes", "2026-03-03T10:30:00+00:00"])
def test_since_limits_how_far_back_oops_looks(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str], since: str
) -> None:
    regulars("oops", "abandoned-cart", "--since", since, *AT)
    assert "Nobody got a mail of it since 03 Mar 10:30." in capsys.readouterr().out


@pytest.mark.parametrize("since", ["yesterday", "2026-03-03T10:30:00", "3d"])
def test_an_invalid_since_changes_nothing(cafe_folder: Cafe, since: str) -> None:
    with pytest.raises(
        WrongUsageError, match=f"--since {since}: write a length of time, like 3 days"
    ):
        regulars("oops", "abandoned-cart", "--since", since, *AT)
    assert cafe_folder.counts(MARCH + HOUR) == {}
    regulars("pause", "abandoned-cart")


def test_a_broken_own_template_is_reported_and_the_rule_is_held(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    templates = cafe_folder.path.parent / "templates"
    templates.mkdir()
    (templates / "correction.html").write_text("{% extends 'layout-plain.html' %}")
    regulars("oops", "abandoned-cart", *AT)
    output = capsys.readouterr().out
    assert "is held." in output
    assert "The correction cannot be written: There is no {% block subject %}." in output


def test_a_correction_can_be_previewed_before_it_is_drafted(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("preview", "correction", *AT)
    preview = capsys.readouterr().out
    assert "Please ignore our e-mail of 3 March  (regulars oops)" in preview
    assert (cafe_folder.path.parent / "preview" / "correction.html").exists()
    with pytest.raises(WrongUsageError, match=r"No correction is drafted for ana@example\.com"):
        regulars("preview", "correction", "--customer", "ana@example.com", *AT)
