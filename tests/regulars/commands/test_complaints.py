"""`complaints`: what the owner decides about complaints that came by mail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from engine.messages.delivery_events import receive_events
from regulars import cli
from settings.errors import WrongUsageError
from shop.consent.suppressions import MAILBOX, DeliveryEvent, EventKind
from shop.tables import Suppression
from tests.cafe import MARCH, Cafe

HELD, COUNTED = EventKind.HELD_COMPLAINT, EventKind.COMPLAINED
AT = ("--at", "2026-03-04T10:00:00+00:00")


@pytest.fixture
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in the current folder; Ana and Bruno complained by mail, Bruno's is held."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, "")
    events = [
        DeliveryEvent(MAILBOX, name, kind, MARCH, address=f"{name}@example.com")
        for name, kind in (("ana", COUNTED), ("bruno", HELD))
    ]
    receive_events(cafe.shop, events, now=MARCH)
    return cafe


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def still_suppressed(cafe: Cafe) -> set[str]:
    rows = cafe.select_all(col(Suppression.address), col(Suppression.lifted_at))
    return {address.partition("@")[0] for address, lifted_at in rows if lifted_at is None}


def test_complaints_are_listed_and_counted(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("waiting")
    assert "1 complaint by mail to confirm" in capsys.readouterr().out
    regulars("morning")
    assert "1 complaint by mail to confirm" in capsys.readouterr().out
    regulars("complaints", "list")
    assert "regulars complaints forged" in capsys.readouterr().out
    regulars("complaints", "list", "--json")
    states = {
        complaint["address"]: complaint["state"]
        for complaint in json.loads(capsys.readouterr().out)["complaints"]
    }
    assert states == {"ana@example.com": "complained", "bruno@example.com": "complaint to confirm"}


def test_all_that_wait_are_decided_at_once(cafe_folder: Cafe) -> None:
    regulars("complaints", "forged", "--all", "--because", "an attack", *AT)
    assert still_suppressed(cafe_folder) == {"ana"}
    with pytest.raises(WrongUsageError, match="to be confirmed"):
        regulars("complaints", "real", "--all", *AT)


def test_one_that_counted_is_taken_back_by_its_address(cafe_folder: Cafe) -> None:
    with pytest.raises(WrongUsageError, match="regulars complaints forged ana"):
        regulars("unsuppress", "ana@example.com", "--because", "forged", *AT)
    regulars("complaints", "forged", "Ana@example.com", "--because", "she asked me", *AT)
    assert still_suppressed(cafe_folder) == {"bruno"}


def test_a_confirmed_one_counts(cafe_folder: Cafe) -> None:
    with pytest.raises(WrongUsageError, match="waits for your decision"):
        regulars("unsuppress", "bruno@example.com", "--because", "please", *AT)
    regulars("complaints", "real", "bruno@example.com", *AT)
    assert set(cafe_folder.select_all(col(Suppression.reason))) == {"complaint"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["forged", "--because", "x"], "Name addresses, or write --all"),
        (["real", "ana@example.com", "--all"], "Name addresses, or write --all"),
        (["forged", "ana@example.com"], "Say how you know"),
        (["forged", "clara@example.com", "--because", "x"], "No complaint by mail of clara"),
        (["real", "ana@example.com"], "No complaint by mail of ana"),
    ],
)
def test_an_impossible_decision_is_refused(
    cafe_folder: Cafe, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(WrongUsageError, match=sentence):
        regulars("complaints", *arguments, *AT)
    assert still_suppressed(cafe_folder) == {"ana", "bruno"}
