"""A customer with several addresses is mailed where consent was given, or not at all."""

from __future__ import annotations

import pytest
from sqlmodel import col

from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity, statement

PHONE = "+351 912 345 678"
BIRTHDAY = """
rules:
  birthday:
    when: birthday
    in: 1 hour
    then: [{wait: 1 hour}, {send: birthday}]
"""


@pytest.fixture
def clara(cafe: Cafe) -> Cafe:
    """Clara opted in online; at the till, another address was typed for her number."""
    cafe.reread(BIRTHDAY)
    online = identity("clara", email="clara@x.example", phone=PHONE, birthday="1990-03-04")
    opt_in = statement("clara", "yes", MARCH - 30 * DAY)
    cafe.arrive(identities=[online], statements=[opt_in])
    till = identity("clara", source="till", email="carla@y.example", phone=PHONE, version=9)
    with write_transaction(cafe.engine) as connection:
        ingest_rows(connection, "till", SourceRows(identities=[till]), country="PT", now=MARCH)
    cafe.run()
    cafe.run(MARCH + 14 * HOUR)
    return cafe


def test_the_mail_goes_to_the_address_that_said_yes(clara: Cafe) -> None:
    clara.run(MARCH + 24 * HOUR)
    [mail] = clara.mails()
    assert str(mail["To"]) == "Clara <clara@x.example>"
    assert "you said yes to our e-mails on 1 February 2026" in mail.as_string()


def test_no_other_address_takes_the_place_of_one_that_bounced(clara: Cafe) -> None:
    with write_transaction(clara.engine) as connection:
        reason = SuppressionReason.HARD_BOUNCE
        suppress_address(connection, "clara@x.example", reason, None, now=MARCH)
    clara.run(MARCH + 24 * HOUR)
    assert clara.mails() == []
    assert clara.select_all(col(Message.reason)) == ["no mail to this address: hard bounce"]


def test_a_waiting_mail_goes_to_the_address_that_said_yes_last(clara: Cafe) -> None:
    newer = statement("clara", "yes", MARCH, source="till")
    with write_transaction(clara.engine) as connection:
        ingest_rows(connection, "till", SourceRows(statements=[newer]), country="PT", now=MARCH)
    assert clara.mails() == []
    clara.run(MARCH + 24 * HOUR)
    assert clara.mailed_names() == ["carla"]
