"""What every sender must do. A new one is added to `SERVICES`."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail.message.mime import Mail
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import Accepted, RecallResult, Refused, Withheld
from settings.errors import UnavailableError
from shop.db.workers import current_worker
from tests.mail.senders.services import SERVICES, Service

MAIL = Mail(
    message_id="0001",
    sender_name="Ana at Corner Café",
    sender_address="ana@cornercafe.example",
    to_address="clara@example.com",
    to_name="Clara",
    reply_to="ana@cornercafe.example",
    subject="Your granola is still here",
    text="Hello",
    html="<p>Hello</p>",
    unsubscribe_url="https://mail.cornercafe.example/u/1.a.b",
    date=datetime(2026, 3, 3, 10, tzinfo=UTC),
    purpose="marketing",
)
LEASE_OWNER = f"00c0ffee@{current_worker()}"


def mails(*ids: str) -> list[Mail]:
    return [
        replace(MAIL, message_id=message_id, to_address=f"{message_id}@example.com")
        for message_id in ids
    ]


@pytest.fixture(params=list(SERVICES))
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    with SERVICES[request.param](tmp_path) as running:
        yield running


def test_what_is_accepted_has_arrived_in_its_order(service: Service) -> None:
    with service.sender().delivery(LEASE_OWNER) as delivery:
        outcomes = list(delivery.send(mails("0001", "0002")))
    assert outcomes == [Accepted("0001"), Accepted("0002")]
    assert service.arrived() == ["0001", "0002"]


def test_a_delivery_sends_batch_after_batch(service: Service) -> None:
    with service.sender().delivery(LEASE_OWNER) as delivery:
        for message_id in ("0001", "0002"):
            assert list(delivery.send(mails(message_id))) == [Accepted(message_id)]
            delivery.outcomes_saved()
    assert service.arrived() == ["0001", "0002"]


def test_what_was_accepted_is_remembered_by_the_next_process(service: Service) -> None:
    with service.sender().delivery(LEASE_OWNER) as delivery:
        list(delivery.send(mails("0001", "0002")))
    recalled = service.sender().recall(dict.fromkeys(["0001", "0002", "0003"], LEASE_OWNER))
    assert recalled.accepted == {"0001", "0002"}
    assert recalled.in_doubt == set()


def test_a_bad_mail_does_not_keep_the_next_one_back(service: Service) -> None:
    bad, good = mails("0001", "0002")
    bad = replace(bad, subject="Hello\r\nBcc: everybody@example.com")
    with service.sender().delivery(LEASE_OWNER) as delivery:
        first, second = delivery.send([bad, good])
    assert isinstance(first, Refused)
    assert second == Accepted("0002")
    assert service.sender().recall({"0001": LEASE_OWNER}).accepted == set()
    assert service.arrived() == ["0002"]


def test_a_refusal_holds_no_address(service: Service) -> None:
    bad = replace(MAIL, to_address='clara"@example.com')
    with service.sender().delivery(LEASE_OWNER) as delivery:
        [refused] = delivery.send([bad])
    assert isinstance(refused, Refused)
    assert "clara" not in refused.reason


class WithholdingCheck:
    """Permits all mails but some, of which it learns only when it is asked about them."""

    def __init__(self, *withheld: str) -> None:
        self._withheld = set(withheld)
        self.asked: list[str] = []

    def permitted(self, message_ids: Sequence[str]) -> list[str]:
        self.asked += message_ids
        return [message_id for message_id in message_ids if message_id not in self._withheld]

    def is_withheld(self, message_id: str) -> bool:
        return message_id in self._withheld and message_id in self.asked


def test_what_the_last_check_withholds_is_not_handed_over(service: Service) -> None:
    with service.sender().delivery(LEASE_OWNER) as delivery:
        check = WithholdingCheck("0001", "0003")
        outcomes = list(delivery.send(mails("0001", "0002", "0003", "0004"), check))
    assert outcomes == [Withheld("0001"), Accepted("0002"), Withheld("0003"), Accepted("0004")]
    assert service.arrived() == ["0002", "0004"]
    recalled = service.sender().recall(dict.fromkeys(["0001", "0003"], LEASE_OWNER))
    assert recalled == RecallResult()


def test_a_delivery_of_nothing_is_nothing(service: Service) -> None:
    with service.sender().delivery(LEASE_OWNER) as delivery:
        assert list(delivery.send([])) == []
    assert service.arrived() == []


def test_the_outbox_holds_a_mail_and_a_page(tmp_path: Path) -> None:
    list(OutboxSender(tmp_path).send([MAIL]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.eml", "0001.html"]
    message = email.message_from_bytes(
        (tmp_path / "0001.eml").read_bytes(), policy=email.policy.default
    )
    assert message["Subject"] == MAIL.subject


def test_a_half_written_file_is_no_mail(tmp_path: Path) -> None:
    (tmp_path / ".0001.eml.unfinished").write_bytes(b"From:")
    assert OutboxSender(tmp_path).recall({"0001": LEASE_OWNER}).accepted == set()


def test_an_outbox_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    with pytest.raises(UnavailableError, match="outbox"):
        list(OutboxSender(tmp_path / "outbox").send([MAIL]))
