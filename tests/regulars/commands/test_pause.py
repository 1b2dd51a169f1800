"""The owner's hand on the command line: `stop`, `pause`, `cancel`, `suppress`, `doubt`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.open.open_shop import open_shop
from regulars import cli
from settings.errors import WrongUse
from shop.db.engine import writing
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    at most late: 3 days
    include backlog: yes
"""


@pytest.fixture
def here(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in a folder, with three carts left."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    for name in ("ana", "bruno", "clara"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    return cafe


def regulars(*words: str) -> None:
    cli.app([*words], standalone_mode=False)


def test_stop_holds_and_start_lets_go(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("stop", "--because", "Ana is ill")
    assert here.counts() == {"waiting": 3}
    regulars("stop")
    regulars("start")
    assert here.counts(MARCH + HOUR) == {"rehearsed": 3}
    regulars("start")
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "All mail is held. regulars start lets it go.",
        "All mail is held already. regulars start lets it go.",
        "All mail goes with the next run.",
        "All mail was not held. It goes with the next run.",
    ]


def test_pause_holds_one_rule(here: Cafe) -> None:
    regulars("pause", "abandoned-cart")
    assert here.counts() == {"waiting": 3}
    regulars("start", "abandoned-cart")
    assert here.counts(MARCH + HOUR) == {"rehearsed": 3}


def test_a_rule_that_is_none_cannot_be_paused(here: Cafe) -> None:
    with pytest.raises(WrongUse, match=r"no rule birthday\. There are: abandoned-cart\."):
        regulars("pause", "birthday")


def test_cancel_ends_what_waits_and_what_would_follow(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    here.run()
    here.customer("dora")
    here.cart("dora", MARCH - 3 * HOUR)
    regulars("stop")
    here.run(MARCH + HOUR)
    regulars("cancel", "abandoned-cart")
    regulars("start")
    assert here.counts(MARCH + 2 * DAY) == {}
    assert len(here.mailed()) == 3
    assert set(here.all(col(Message.reason))) == {None, "cancelled"}
    assert "1 mail of abandoned-cart will not go, and 3 series will not go on." in (
        capsys.readouterr().out
    )


def test_a_suppressed_address_is_listed_and_gets_nothing(
    here: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("suppress", "Bruno@example.com", "--because", "He asked me")
    assert here.counts() == {"rehearsed": 2, "skipped": 1}
    capsys.readouterr()
    regulars("suppress", "--json")
    [one] = json.loads(capsys.readouterr().out)["addresses"]
    assert (one["address"], one["reason"], one["detail"]) == (
        "bruno@example.com", "by hand", "He asked me"
    )  # fmt: skip
    regulars("unsuppress", "bruno@example.com", "--because", "He asked me again")
    regulars("suppress")
    assert "Mail may go to every address." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["suppress", "nobody"], "no e-mail address"),
        (["unsuppress", "ana@example.com", "--because", "x"], "Nothing stands in the way"),
        (["unsuppress", "ana@example.com"], "Say why"),
        (["doubt", "settle", "3f9c21ab"], "Say one of"),
        (["doubt", "settle", "3f9c21ab", "--went", "--again"], "Say one of"),
        (["doubt", "settle", "3f9c21ab", "--went"], "no mail in doubt"),
    ],
)
def test_what_cannot_be_done_is_said(here: Cafe, words: list[str], sentence: str) -> None:
    with pytest.raises(WrongUse, match=sentence):
        regulars(*words)


def test_a_doubt_is_listed_and_settled(here: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    here.run()
    with writing(here.engine) as connection:
        doubt = {"state": "in doubt", "through": "smtp", "settled_at": MARCH}
        connection.execute(update(Message).values(**doubt))
    regulars("doubt", "list", "--json")
    found = json.loads(capsys.readouterr().out)["in_doubt"]
    assert [one["rule"] for one in found] == ["abandoned-cart"] * 3
    regulars("doubt", "list")
    assert found[0]["id"][:8] in capsys.readouterr().out
    regulars("doubt", "settle", *(one["id"][:8] for one in found), "--went")
    regulars("doubt", "list")
    assert "Nothing is in doubt." in capsys.readouterr().out


def test_a_stop_is_kept_in_the_database_and_not_in_the_process(here: Cafe) -> None:
    regulars("stop")
    here.shop = open_shop(here.path)
    assert here.counts(MARCH + timedelta(seconds=1)) == {"waiting": 3}
