"""SendGrid's events as delivery events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.senders.sendgrid.payload import MESSAGE_ID_ARG
from mail.senders.sendgrid.webhook_events import (
    SOURCE,
    claimed_message_ids,
    event_list,
    parse_events,
)
from mail.senders.webhook import mark_machine_clicks
from shop.consent.suppressions import DeliveryEvent, EventKind
from tests.cafe import DAY, HOUR, MARCH, SECOND
from tests.pages.visitors import event

MAIL = "3f9c21ab"


def only_event(kind: str, **more: Any) -> DeliveryEvent:
    events = events_for(kind, **more)
    assert len(events) == 1
    return events[0]


def events_for(kind: str, **more: Any) -> list[DeliveryEvent]:
    return parse_events([event(MAIL, kind, **more)], known_ids={MAIL}, now=MARCH)


KINDS = [
    ("processed", {}, EventKind.ACCEPTED),
    ("deferred", {"response": "400 try again later", "attempt": "5"}, EventKind.DEFERRED),
    ("delivered", {"response": "250 OK"}, EventKind.DELIVERED),
    ("bounce", {"type": "bounce", "reason": "500 unknown recipient"}, EventKind.BOUNCED),
    ("bounce", {}, EventKind.BOUNCED),
    ("bounce", {"type": "blocked", "reason": "550 5.7.1"}, EventKind.SOFT_BOUNCED),
    ("bounce", {"type": "expired"}, EventKind.SOFT_BOUNCED),
    ("dropped", {"reason": "Spam Content"}, EventKind.REJECTED),
    ("dropped", {"reason": "Unsubscribed Address"}, EventKind.REJECTED),
    ("spamreport", {}, EventKind.COMPLAINED),
    ("unsubscribe", {}, EventKind.UNSUBSCRIBED),
    ("group_unsubscribe", {"asm_group_id": 10}, EventKind.UNSUBSCRIBED),
    ("group_resubscribe", {"asm_group_id": 10}, EventKind.UNKNOWN),
    ("account_status_change", {}, EventKind.UNKNOWN),
    ("open", {}, EventKind.OPENED),
    ("click", {"url": "https://example.com"}, EventKind.CLICKED),
]


@pytest.mark.parametrize(("name", "more", "kind"), KINDS)
def test_every_event_has_its_kind(name: str, more: dict[str, Any], kind: EventKind) -> None:
    parsed = only_event(name, **more)
    assert (parsed.kind, parsed.source, parsed.message_id) == (kind, SOURCE, MAIL)
    assert (parsed.address, parsed.happened_at) == ("clara@example.com", MARCH)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Bounced Address", EventKind.SOFT_BOUNCED),
        ("Invalid", EventKind.BOUNCED),
        ("Spam Reporting Address", EventKind.COMPLAINED),
    ],
)
def test_what_was_dropped_for_its_address_speaks_against_the_address(
    reason: str, kind: EventKind
) -> None:
    mail, address = events_for("dropped", reason=reason)
    assert (mail.kind, mail.message_id) == (EventKind.REJECTED, MAIL)
    assert (address.kind, address.message_id) == (kind, None)
    assert address.address == "clara@example.com"
    assert mail.key != address.key


def test_what_a_machine_opened_is_marked() -> None:
    assert only_event("open", sg_machine_open=True).by_machine
    assert not only_event("open", sg_machine_open=False).by_machine


@pytest.mark.parametrize(("after", "machine"), [(-1, True), (0, True), (10, True), (11, False)])
def test_a_click_within_seconds_of_the_delivery_is_a_machines(after: int, machine: bool) -> None:
    stamp = int((MARCH - HOUR).timestamp())
    events = parse_events(
        [event(MAIL, "click", timestamp=stamp + after), event(MAIL, "delivered", timestamp=stamp)],
        known_ids={MAIL},
        now=MARCH,
    )
    assert [parsed.by_machine for parsed in mark_machine_clicks(events, {})] == [machine, False]
    earlier = {MAIL: MARCH - HOUR}
    assert [parsed.by_machine for parsed in mark_machine_clicks(events[:1], earlier)] == [machine]
    assert mark_machine_clicks(events[:1], {}) == events[:1]


@pytest.mark.parametrize("stamp", [None, "x", True, -1, 0, 1e300, float("nan"), [], "1513299569"])
def test_an_event_without_a_time_happened_now(stamp: Any) -> None:
    assert only_event("delivered", timestamp=stamp).happened_at == MARCH


def test_no_event_lies_in_the_future() -> None:
    """An opt-out dated tomorrow would outlive today's opt-in."""
    later = int((MARCH + DAY).timestamp())
    assert only_event("unsubscribe", timestamp=later).happened_at == MARCH
    before = int((MARCH - timedelta(minutes=5)).timestamp())
    assert only_event("unsubscribe", timestamp=before).happened_at == MARCH - 300 * SECOND


def test_an_event_without_an_id_has_a_stable_key() -> None:
    nameless = event(MAIL, "delivered")
    del nameless["sg_event_id"]
    again, other = dict(reversed(nameless.items())), nameless | {"timestamp": 1513299569}
    first, second, third = parse_events([nameless, again, other], known_ids={MAIL}, now=MARCH)
    assert first.key == second.key != third.key


def test_events_of_foreign_mails_are_left_out() -> None:
    events = [event(MAIL, "delivered"), event("another", "bounce"), event(None, "bounce")]
    assert claimed_message_ids(events) == {MAIL, "another"}
    assert [parsed.message_id for parsed in parse_events(events, known_ids={MAIL}, now=MARCH)] == [
        MAIL
    ]


def test_no_link_that_was_followed_is_kept() -> None:
    assert only_event("click", url="https://cafe.example/u/secret", useragent="x").detail is None


def test_a_servers_reason_is_kept_in_one_line() -> None:
    parsed = only_event("bounce", type="bounce", reason="550\r\n5.1.1 \x00unknown", status="5.1.1")
    assert parsed.detail == "550  5.1.1  unknown · bounce · 5.1.1"


def test_an_invalid_id_is_not_truncated_to_a_valid_one() -> None:
    assert (
        claimed_message_ids(
            [event("x" * 201, "open"), event("a\x00b", "open"), event(" a ", "open")]
        )
        == set()
    )


anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
names = st.sampled_from(
    [
        "event",
        "timestamp",
        "email",
        "reason",
        "type",
        "sg_event_id",
        "sg_machine_open",
        MESSAGE_ID_ARG,
    ]
)


@given(st.lists(st.dictionaries(names, anything) | anything, max_size=5), st.sampled_from(KINDS))
def test_no_payload_raises(payload: list[Any], kind: tuple[str, Any, EventKind]) -> None:
    raw_events = [{"event": kind[0], MESSAGE_ID_ARG: MAIL} | raw if isinstance(raw, dict) else raw
             for raw in payload]  # fmt: skip
    events = event_list(raw_events) or []
    parsed = parse_events(events, known_ids=claimed_message_ids(events), now=MARCH)
    assert all(raw.happened_at <= MARCH and "\x00" not in f"{raw}" for raw in parsed)
    mark_machine_clicks(parsed, {MAIL: MARCH})


@given(anything)
def test_a_payload_that_is_no_list_is_refused(payload: Any) -> None:
    assert (event_list(payload) is None) is not isinstance(payload, list)
