"""An event is one file: a made-up one goes the whole way, and no product file knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col

import triggers.events
from engine.config.owner_config import load_owner_config
from engine.explain.explain import explain_customer
from settings.yaml.load import ConfigError
from shop.db.engine import read_transaction
from shop.tables import Enrolment
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND, Cafe
from tests.triggers.booking_missed import EVENT
from tests.triggers.events.occasions import EVENT_CASES
from triggers import registry
from triggers.event import Event
from triggers.registry import events, registered

RULES = """
rules:
  missed: {when: booking missed, then: [{send: welcome}, {wait: 1 hour}, {send: we-miss-you}]}
"""


@pytest.fixture
def booking_missed() -> Iterator[None]:
    with registered(EVENT):
        yield


def ingest_booking(cafe: Cafe, name: str, **columns: Any) -> None:
    row = {
        "source": "online-shop", "external_id": f"booking-{name}",
        "customer_source": "online-shop", "customer_key": name, "made_at": MARCH - DAY,
        "starts_at": MARCH, "status": "missed", "version": 1,
    } | columns  # fmt: skip
    cafe.arrive(bookings=[row])


def ingest_bookings(cafe: Cafe) -> None:
    cafe.reread(FILE + RULES)
    cafe.run(MARCH - 10 * DAY)
    for name in ("ana", "bruno", "clara"):
        cafe.customer(name)
    ingest_booking(cafe, "ana", starts_at=MARCH)
    ingest_booking(cafe, "bruno", starts_at=MARCH + SECOND)
    ingest_booking(cafe, "clara", status="kept")


@pytest.mark.usefixtures("booking_missed")
def test_a_made_up_event_goes_through_a_whole_tick(cafe: Cafe) -> None:
    """
    rules: {}
    """
    ingest_bookings(cafe)
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["ana"]
    body = cafe.mails()[0].get_body(("plain",))
    assert body
    assert "You get this because you had booked with us" in body.get_content()
    cafe.run(MARCH + HOUR / 2)
    assert cafe.mailed_names() == ["ana", "bruno"]
    ingest_booking(cafe, "ana", status="kept", version=2)
    cafe.run(MARCH + 2 * HOUR)
    assert cafe.mailed_names() == ["ana", "bruno", "bruno"]
    reasons = cafe.select_all(col(Enrolment.ended))
    assert sorted(reasons) == ["done", "the booking was kept after all"]


@pytest.mark.usefixtures("booking_missed")
def test_why_gives_the_sentences_of_a_made_up_event(cafe: Cafe) -> None:
    """
    rules: {}
    """
    ingest_bookings(cafe)
    cafe.run(MARCH)
    with read_transaction(cafe.engine) as connection:
        ana, clara = (
            explain_customer(
                connection, cafe.shop, f"{name}@example.com", "missed", now=MARCH
            ).rules[0]
            for name in ("ana", "clara")
        )
    assert [occasion.description for occasion in ana.occasions] == [
        "missed a booking at 3 March 2026, 10:00"
    ]
    assert clara.no_occasion == "They missed no booking."


def test_an_event_that_is_not_registered_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(FILE + RULES)
    with pytest.raises(ConfigError) as raised:
        load_owner_config(path, {})
    assert "Not available yet: booking missed." in str(raised.value)
    assert EVENT.name not in events()


def test_every_event_has_a_case_among_the_edge_cases() -> None:
    rules = [case.rule.removeprefix("when: ") for case in EVENT_CASES.values()]
    assert {rule.partition(",")[0] for rule in rules} == set(events())


def test_every_file_of_events_is_registered_under_its_name() -> None:
    files = Path(triggers.events.__file__).parent.glob("[!_]*.py")
    assert sorted(events()) == sorted(file.stem.replace("_", " ") for file in files)


def test_an_event_that_cannot_be_imported_leaves_none_registered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complete = dict(events())

    def import_two_of_them() -> Iterator[tuple[str, Event]]:
        yield from list(complete.items())[:2]
        raise ImportError

    monkeypatch.setattr(registry, "_registered", {})
    with monkeypatch.context() as broken:
        broken.setattr(registry, "_discover", import_two_of_them)
        with pytest.raises(ImportError):
            events()
    assert events() == complete


def test_a_registered_event_replaces_no_other() -> None:
    built_in = dict(events())
    no_visit = built_in["no visit"]
    with pytest.raises(ValueError, match="no visit already"), registered(no_visit):
        pass
    assert events() == built_in
