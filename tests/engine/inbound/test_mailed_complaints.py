"""Complaints by mail: the third of a day waits for the owner, who may call them forged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col

from engine.inbound.complaints import (
    confirm_complaints,
    count_held,
    dismiss_complaints,
    hold_beyond_limit,
    list_complaints,
)
from shop.consent.suppressions import (
    MAILBOX,
    DeliveryEvent,
    EventKind,
    SuppressionReason,
    lift_suppression,
    suppress_address,
)
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Basis, MailEvent, Suppression
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    message_id_of,
    receive,
    states_by_name,
)
from tests.engine.inbound.mailbox_folder import put_mail, read_folder, with_rules
from tests.mail.mailbox import returned_mails

pytestmark = pytest.mark.usefixtures("links")


def complain(cafe: Cafe, *names: str) -> dict[str, int]:
    """Complaints by mail about the mails to `names`; returns what reading them counted."""
    for name in names:
        report = returned_mails.COMPLAINT.replace("arf-1@", f"arf-{name}@")
        put_mail(cafe, report, name=name, message_id=message_id_of(cafe, name))
    return read_folder(cafe)


def suppressed(cafe: Cafe) -> dict[str, str]:
    columns = (col(Suppression.address), col(Suppression.reason), col(Suppression.lifted_at))
    return {
        address.partition("@")[0]: reason
        for address, reason, lifted_at in cafe.select_all(*columns)
        if lifted_at is None
    }


def noes(cafe: Cafe) -> int:
    return cafe.select_all(col(Basis.state)).count("no")


@with_rules
def test_the_third_complaint_of_a_day_waits_for_the_owner(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    counted = complain(cafe, "ana", "bruno", "clara")
    assert (counted["complaints"], counted["complaints to confirm"]) == (2, 1)
    assert suppressed(cafe) == {
        "ana": "complaint", "bruno": "complaint", "clara": "complaint to confirm"
    }  # fmt: skip
    assert states_by_name(cafe) == {"ana": "complained", "bruno": "complained", "clara": "sent"}
    assert noes(cafe) == 2
    cafe.run(MARCH + 2 * DAY)
    assert mail_service.sent.count("clara") == 1  # none meanwhile
    with read_transaction(cafe.engine) as connection:
        assert count_held(connection) == 1
    with write_transaction(cafe.engine) as connection:
        held = lift_suppression(connection, "clara@example.com", "please", now=MARCH)
    assert held is SuppressionReason.HELD_COMPLAINT


@with_rules
def test_a_confirmed_complaint_counts_as_the_others_do(cafe: Cafe) -> None:
    complain(cafe, "ana", "bruno", "clara")
    assert confirm_complaints(cafe.shop, [], now=MARCH + DAY) == ["clara@example.com"]
    assert set(suppressed(cafe).values()) == {"complaint"}
    assert set(states_by_name(cafe).values()) == {"complained"}
    assert noes(cafe) == 3
    assert confirm_complaints(cafe.shop, [], now=MARCH + DAY) == []


@with_rules
def test_what_the_owner_calls_forged_leaves_no_trace_but_the_record(cafe: Cafe) -> None:
    complain(cafe, "ana", "bruno", "clara")
    assert dismiss_complaints(cafe.shop, [], "forged", now=MARCH + DAY) == ["clara@example.com"]
    assert set(suppressed(cafe)) == {"ana", "bruno"}
    people = ["ana@example.com", "Bruno@example.com"]
    assert dismiss_complaints(cafe.shop, people, "forged", now=MARCH + DAY) == [
        "ana@example.com", "bruno@example.com"
    ]  # fmt: skip
    assert suppressed(cafe) == {}
    assert set(states_by_name(cafe).values()) == {"sent"}
    assert set(cafe.select_all(col(Basis.state))) == {"yes"}
    with read_transaction(cafe.engine) as connection:
        kinds = {complaint.kind for complaint in list_complaints(connection)}
    assert kinds == {EventKind.FORGED_COMPLAINT}


@with_rules
def test_a_forged_complaint_lifts_nothing_else(cafe: Cafe) -> None:
    by_hand = SuppressionReason.BY_HAND
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, "ana@example.com", by_hand, "asked me", now=MARCH)
    receive(cafe, "bruno", EventKind.BOUNCED)
    complain(cafe, "ana", "bruno", "clara")
    receive(cafe, "clara", EventKind.COMPLAINED, at=MARCH + HOUR)  # told by the mail service
    people = [f"{name}@example.com" for name in ("ana", "bruno", "clara")]
    dismiss_complaints(cafe.shop, people, "forged", now=MARCH + DAY)
    assert suppressed(cafe) == {"ana": "by hand", "bruno": "hard bounce", "clara": "complaint"}
    assert states_by_name(cafe)["clara"] == "complained"
    assert noes(cafe) == 1


@with_rules
def test_a_complaint_by_mail_outlives_the_lifting_of_a_suppression_by_hand(cafe: Cafe) -> None:
    by_hand = SuppressionReason.BY_HAND
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, "ana@example.com", by_hand, None, now=MARCH)
    complain(cafe, "ana")
    with write_transaction(cafe.engine) as connection:
        lifted = lift_suppression(connection, "ana@example.com", "please", now=MARCH + DAY)
    assert lifted is SuppressionReason.COMPLAINT
    assert set(suppressed(cafe)) == {"ana"}


@with_rules
def test_a_bounce_replaces_a_complaint_to_confirm(cafe: Cafe) -> None:
    complain(cafe, "ana", "bruno", "clara")
    receive(cafe, "clara", EventKind.BOUNCED, at=MARCH + HOUR)
    assert suppressed(cafe)["clara"] == "hard bounce"
    dismiss_complaints(cafe.shop, ["clara@example.com"], "forged", now=MARCH + DAY)
    assert suppressed(cafe)["clara"] == "hard bounce"
    assert "complained" in cafe.select_all(col(MailEvent.kind))


MOMENTS = st.lists(
    st.integers(0, 5 * 24).map(lambda hours: MARCH + timedelta(hours=hours)), max_size=12
)


@given(earlier=MOMENTS, arriving=MOMENTS)
def test_of_any_24_hours_at_most_two_complaints_are_believed(
    earlier: list[datetime], arriving: list[datetime]
) -> None:
    events = [
        DeliveryEvent(MAILBOX, str(number), EventKind.COMPLAINED, at)
        for number, at in enumerate(arriving)
    ]
    result = hold_beyond_limit(events, earlier)
    believed = [event.happened_at for event in result if event.kind is EventKind.COMPLAINED]
    assert len(result) == len(events)
    for at in believed:
        assert sum(at <= other < at + DAY for other in believed) <= 2
        assert sum(abs(other - at) < DAY for other in earlier) <= 1
