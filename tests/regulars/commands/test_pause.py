"""`stop`, `pause`, `start`, `cancel`, `suppress`, `unsuppress` and `doubt`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.open.open_shop import open_shop
from regulars import cli
from regulars.terminal.reports import warn_if_providers_held
from settings.errors import WrongUsageError
from shop.db.engine import write_transaction
from shop.db.provider_stops import stop_provider
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
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in the current folder, with three abandoned carts."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    for name in ("ana", "bruno", "clara"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    return cafe


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def test_start_lets_the_mail_to_a_refusing_provider_go(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    with write_transaction(cafe_folder.engine) as connection:
        stop_provider(connection, "example.com", "5 of 6 mails were refused alike", now=MARCH)
        stop_provider(connection, "outlook.com", "5 of 5 mails were refused alike", now=MARCH)
    assert cafe_folder.counts() == {"deferred": 3}
    warn_if_providers_held(cafe_folder.engine)
    regulars("start", "--to", "Example.com")
    regulars("start", "--to", "bruno@hotmail.com")
    regulars("start", "--to", "outlook.com")
    assert cafe_folder.counts(datetime.now(UTC)) == {"skipped": 3}  # they are too late by now
    output = capsys.readouterr()
    assert "regulars start --to outlook.com" in " ".join(output.err.split())
    assert output.out.splitlines() == [
        "Mail to example.com goes with the next run. For a day it is not held again.",
        "Mail to outlook.com goes with the next run. For a day it is not held again.",
        "Mail to outlook.com was not held.",
    ]


def test_start_takes_a_rule_or_a_provider(cafe_folder: Cafe) -> None:
    with pytest.raises(WrongUsageError, match="not both"):
        regulars("start", "abandoned-cart", "--to", "gmail.com")


def test_stop_holds_and_start_lets_go(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("stop", "--because", "Ana is ill")
    assert cafe_folder.counts() == {"waiting": 3}
    regulars("stop")
    regulars("start")
    assert cafe_folder.counts(MARCH + HOUR) == {"rehearsed": 3}
    regulars("start")
    output_lines = capsys.readouterr().out.splitlines()
    assert output_lines == [
        "All mail is held. regulars start lets it go.",
        "All mail is held already. regulars start lets it go.",
        "All mail goes with the next run.",
        "All mail was not held. It goes with the next run.",
    ]


def test_pause_holds_one_rule(cafe_folder: Cafe) -> None:
    regulars("pause", "abandoned-cart")
    assert cafe_folder.counts() == {"waiting": 3}
    regulars("start", "abandoned-cart")
    assert cafe_folder.counts(MARCH + HOUR) == {"rehearsed": 3}


def test_an_unknown_rule_cannot_be_paused(cafe_folder: Cafe) -> None:
    with pytest.raises(WrongUsageError, match=r"no rule birthday\. There are: abandoned-cart\."):
        regulars("pause", "birthday")


def test_cancel_ends_waiting_mails_and_later_steps(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    cafe_folder.run()
    cafe_folder.customer("dora")
    cafe_folder.cart("dora", MARCH - 3 * HOUR)
    regulars("stop")
    cafe_folder.run(MARCH + HOUR)
    regulars("cancel", "abandoned-cart")
    regulars("start")
    assert cafe_folder.counts(MARCH + 2 * DAY) == {}
    assert len(cafe_folder.mailed_names()) == 3
    assert set(cafe_folder.select_all(col(Message.reason))) == {None, "cancelled"}
    assert "1 mail of abandoned-cart will not go, and 3 series will not go on." in (
        capsys.readouterr().out
    )


def test_a_suppressed_address_is_listed_and_gets_nothing(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("suppress", "Bruno@example.com", "--because", "He asked me")
    assert cafe_folder.counts() == {"rehearsed": 2, "skipped": 1}
    capsys.readouterr()
    regulars("suppress", "--json")
    [suppression] = json.loads(capsys.readouterr().out)["addresses"]
    assert (suppression["address"], suppression["reason"], suppression["detail"]) == (
        "bruno@example.com", "by hand", "He asked me"
    )  # fmt: skip
    regulars("unsuppress", "bruno@example.com", "--because", "He asked me again")
    regulars("suppress")
    assert "Mail may go to every address." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["suppress", "nobody"], "no e-mail address"),
        (["unsuppress", "ana@example.com", "--because", "x"], "Nothing stands in the way"),
        (["unsuppress", "ana@example.com"], "Say why"),
        (["doubt", "settle", "3f9c21ab"], "Say one of"),
        (["doubt", "settle", "3f9c21ab", "--went", "--again"], "Say one of"),
        (["doubt", "settle", "3f9c21ab", "--went"], "no mail in doubt"),
        (["doubt", "settle", "--went"], "ids or rules, or say --all"),
        (["doubt", "settle", "3f9c21ab", "--all", "--went"], "ids or rules, or say --all"),
    ],
)
def test_an_impossible_command_is_refused_with_its_reason(
    cafe_folder: Cafe, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(WrongUsageError, match=sentence):
        regulars(*arguments)


@pytest.mark.parametrize("choice", ["ids", "abandoned-cart", "--all"])
def test_a_doubt_is_listed_and_settled(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str], choice: str
) -> None:
    cafe_folder.run()
    with write_transaction(cafe_folder.engine) as connection:
        columns = {"state": "in doubt", "through": "smtp", "settled_at": MARCH}
        connection.execute(update(Message).values(**columns))
    regulars("doubt", "list", "--json")
    messages = json.loads(capsys.readouterr().out)["in_doubt"]
    assert [message["rule"] for message in messages] == ["abandoned-cart"] * 3
    regulars("doubt", "list")
    assert messages[0]["id"][:8] in capsys.readouterr().out
    ids = [message["id"][:8] for message in messages]
    regulars("doubt", "settle", *(ids if choice == "ids" else [choice]), "--went")
    assert "3 mails counted as sent" in capsys.readouterr().out
    regulars("doubt", "list")
    assert "Nothing is in doubt." in capsys.readouterr().out


def test_a_stop_is_kept_in_the_database_and_not_in_the_process(cafe_folder: Cafe) -> None:
    regulars("stop")
    cafe_folder.shop = open_shop(cafe_folder.path)
    assert cafe_folder.counts(MARCH + timedelta(seconds=1)) == {"waiting": 3}
