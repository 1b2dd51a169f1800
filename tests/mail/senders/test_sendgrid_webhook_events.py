"""SendGrid's words in the shop's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.senders.sendgrid.payload import OUR_ID
from mail.senders.sendgrid.webhook_events import SOURCE, events_of, ids, machines_told, told
from shop.consent.suppressions import Kind, Told
from tests.cafe import DAY, HOUR, MARCH, SECOND
from tests.pages.visitors import event

MAIL = "3f9c21ab"


def one(kind: str, **more: Any) -> Told:
    found = several(kind, **more)
    assert len(found) == 1
    return found[0]


def several(kind: str, **more: Any) -> list[Told]:
    return told([event(MAIL, kind, **more)], ours={MAIL}, now=MARCH)


KINDS = [
    ("processed", {}, Kind.ACCEPTED),
    ("deferred", {"response": "400 try again later", "attempt": "5"}, Kind.DEFERRED),
    ("delivered", {"response": "250 OK"}, Kind.DELIVERED),
    ("bounce", {"type": "bounce", "reason": "500 unknown recipient"}, Kind.BOUNCED),
    ("bounce", {}, Kind.BOUNCED),
    ("bounce", {"type": "blocked", "reason": "550 5.7.1"}, Kind.BOUNCED_FOR_NOW),
    ("bounce", {"type": "expired"}, Kind.BOUNCED_FOR_NOW),
    ("dropped", {"reason": "Spam Content"}, Kind.REJECTED),
    ("dropped", {"reason": "Unsubscribed Address"}, Kind.REJECTED),
    ("spamreport", {}, Kind.COMPLAINED),
    ("unsubscribe", {}, Kind.UNSUBSCRIBED),
    ("group_unsubscribe", {"asm_group_id": 10}, Kind.UNSUBSCRIBED),
    ("group_resubscribe", {"asm_group_id": 10}, Kind.UNKNOWN),
    ("account_status_change", {}, Kind.UNKNOWN),
    ("open", {}, Kind.OPENED),
    ("click", {"url": "https://example.com"}, Kind.CLICKED),
]


@pytest.mark.parametrize(("name", "more", "kind"), KINDS)
def test_every_event_has_its_kind(name: str, more: dict[str, Any], kind: Kind) -> None:
    found = one(name, **more)
    assert (found.kind, found.source, found.message_id) == (kind, SOURCE, MAIL)
    assert (found.address, found.happened_at) == ("clara@example.com", MARCH)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Bounced Address", Kind.BOUNCED),
        ("Invalid", Kind.BOUNCED),
        ("Spam Reporting Address", Kind.COMPLAINED),
    ],
)
def test_what_was_dropped_for_its_address_speaks_against_the_address(
    reason: str, kind: Kind
) -> None:
    mail, address = several("dropped", reason=reason)
    assert (mail.kind, mail.message_id) == (Kind.REJECTED, MAIL)
    assert (address.kind, address.message_id) == (kind, None)
    assert address.address == "clara@example.com"
    assert mail.key != address.key


def test_what_a_machine_opened_is_marked() -> None:
    assert one("open", sg_machine_open=True).by_machine
    assert not one("open", sg_machine_open=False).by_machine


@pytest.mark.parametrize(("after", "machine"), [(-1, True), (0, True), (10, True), (11, False)])
def test_a_click_within_seconds_of_the_delivery_is_a_machines(after: int, machine: bool) -> None:
    stamp = int((MARCH - HOUR).timestamp())
    both = told(
        [event(MAIL, "click", timestamp=stamp + after), event(MAIL, "delivered", timestamp=stamp)],
        ours={MAIL},
        now=MARCH,
    )
    assert [one.by_machine for one in machines_told(both, {})] == [machine, False]
    earlier = {MAIL: MARCH - HOUR}
    assert [one.by_machine for one in machines_told(both[:1], earlier)] == [machine]
    assert machines_told(both[:1], {}) == both[:1]


@pytest.mark.parametrize("stamp", [None, "x", True, -1, 0, 1e300, float("nan"), [], "1513299569"])
def test_an_event_without_a_time_happened_now(stamp: Any) -> None:
    assert one("delivered", timestamp=stamp).happened_at == MARCH


def test_nothing_happens_later_than_it_is_told() -> None:
    """A no from tomorrow would outlive today's yes."""
    later = int((MARCH + DAY).timestamp())
    assert one("unsubscribe", timestamp=later).happened_at == MARCH
    before = int((MARCH - timedelta(minutes=5)).timestamp())
    assert one("unsubscribe", timestamp=before).happened_at == MARCH - 300 * SECOND


def test_an_event_without_a_name_is_the_same_when_told_again() -> None:
    nameless = event(MAIL, "delivered")
    del nameless["sg_event_id"]
    again, other = dict(reversed(nameless.items())), nameless | {"timestamp": 1513299569}
    first, second, third = told([nameless, again, other], ours={MAIL}, now=MARCH)
    assert first.key == second.key != third.key


def test_only_mails_of_ours_are_spoken_of() -> None:
    events = [event(MAIL, "delivered"), event("another", "bounce"), event(None, "bounce")]
    assert ids(events) == {MAIL, "another"}
    assert [one.message_id for one in told(events, ours={MAIL}, now=MARCH)] == [MAIL]


def test_no_link_that_was_followed_is_kept() -> None:
    assert one("click", url="https://cafe.example/u/secret", useragent="x").detail is None


def test_what_a_server_said_is_kept_in_one_line() -> None:
    found = one("bounce", type="bounce", reason="550\r\n5.1.1 \x00unknown", status="5.1.1")
    assert found.detail == "550  5.1.1  unknown · bounce · 5.1.1"


def test_an_id_that_is_none_is_not_cut_to_one() -> None:
    assert ids([event("x" * 201, "open"), event("a\x00b", "open"), event(" a ", "open")]) == set()


anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
names = st.sampled_from(
    ["event", "timestamp", "email", "reason", "type", "sg_event_id", "sg_machine_open", OUR_ID]
)


@given(st.lists(st.dictionaries(names, anything) | anything, max_size=5), st.sampled_from(KINDS))
def test_nothing_that_is_told_makes_it_stumble(
    payload: list[Any], kind: tuple[str, Any, Kind]
) -> None:
    named = [{"event": kind[0], OUR_ID: MAIL} | one if isinstance(one, dict) else one
             for one in payload]  # fmt: skip
    events = events_of(named) or []
    found = told(events, ours=ids(events), now=MARCH)
    assert all(one.happened_at <= MARCH and "\x00" not in f"{one}" for one in found)
    machines_told(found, {MAIL: MARCH})


@given(anything)
def test_what_is_no_list_is_no_delivery(payload: Any) -> None:
    assert (events_of(payload) is None) is not isinstance(payload, list)
