"""Outcomes and delivery events of confirmation mails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from engine.inbound.message_owner import own_message_ids
from engine.messages.delivery_events import receive_events
from engine.open.open_shop import open_shop
from engine.owner.pause import pause_mail
from engine.signup.confirmation import send_confirmations
from engine.signup.open_sign_ups import count_in_doubt
from engine.signup.signup import request_sign_up
from mail.message.mime import Mail
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import UNCHECKED, NoSuchAddress, Outcome, SendCheck, TemporaryFailure
from sandbox.smtp.server import Kill, SmtpStage, accepted_message_ids, arm_kill
from settings.errors import UnavailableError
from shop.consent.delivery_events import record_events
from shop.consent.signups import SignUpRequest
from shop.consent.suppressions import DeliveryEvent, EventKind, SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from shop.db.workers import register_lease_owner
from shop.tables import SignUp, Suppression
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND
from tests.engine.delivery.test_deliver import dead_worker
from tests.engine.delivery.test_sender_outcomes import FakeMailService
from tests.engine.inbound.mailbox_folder import put_mail, read_folder
from tests.engine.signup.test_confirmation import LIVE
from tests.killed_process import run_and_kill
from tests.mail.mailbox.returned_mails import POSTFIX
from tests.mail.senders.test_smtp_killed import counting_sink
from tests.pages.public.signup_visitors import CLARA, SIGN_UP, SignUpPages


class ScriptedSender(OutboxSender):
    """An outbox that returns scripted outcomes for some addresses."""

    def __init__(self, folder: Path, responses: dict[str, object]) -> None:
        super().__init__(folder)
        self.responses = responses

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            name = mail.to_address.partition("@")[0]
            match self.responses.get(name):
                case Exception() as fault:
                    raise fault
                case "later":
                    yield TemporaryFailure(mail.message_id, "greylisted")
                case "nobody":
                    yield NoSuchAddress(mail.message_id, "no such user")
                case action:
                    yield from super().send([mail], check)
                    if callable(action):
                        action()


def use_sender(till: SignUpPages, **responses: object) -> ScriptedSender:
    office = ScriptedSender(till.cafe.outbox, responses)
    till.cafe.shop = replace(till.cafe.shop, sender=office)
    return office


def test_a_rejected_address_is_suppressed(till: SignUpPages) -> None:
    use_sender(till, clara="nobody")
    till.submit()
    till.send_confirmations()
    assert till.states() == ["bounced"]
    assert till.cafe.select_all(col(Suppression.address), col(Suppression.reason)) == [
        (CLARA, "hard bounce")
    ]


def test_a_deferred_mail_is_retried_later(sqlite_till: SignUpPages) -> None:
    office = use_sender(sqlite_till, clara="later")
    sqlite_till.submit()
    sqlite_till.send_confirmations()
    assert sqlite_till.states() == ["deferred"]
    office.responses = {}
    assert sqlite_till.send_confirmations() == 0
    with write_transaction(sqlite_till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(retry_at=datetime.now(UTC)))
    assert sqlite_till.send_confirmations() == 1
    assert sqlite_till.states() == ["rehearsed"]


def test_a_broken_connection_loses_and_repeats_no_mail(till: SignUpPages) -> None:
    office = use_sender(till, bruno=UnavailableError("The line is down."))
    for name in ("ana", "bruno", "clara"):
        till.submit(f"{name}@example.com")
        till.clock.now += SECOND
    with pytest.raises(UnavailableError):
        till.send_confirmations()
    assert till.states() == ["rehearsed", "queued", "queued"]
    assert till.send_confirmations() == 1  # the failed one waits and blocks no other
    office.responses = {}
    assert sorted(till.states()) == ["queued", "rehearsed", "rehearsed"]
    with write_transaction(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(retry_at=None))
    assert till.send_confirmations() == 1
    assert till.cafe.mailed_names() == ["ana", "bruno", "clara"]


def test_a_stop_or_a_suppression_keeps_the_next_confirmation_back(till: SignUpPages) -> None:
    def suppress_bruno() -> None:
        with write_transaction(till.cafe.engine) as connection:
            reason = SuppressionReason.BY_HAND
            suppress_address(connection, "bruno@example.com", reason, None, now=MARCH)

    def stop() -> None:
        pause_mail(till.cafe.shop, None, None, now=MARCH)

    use_sender(till, ana=suppress_bruno, clara=stop)
    for name in ("ana", "bruno", "clara", "diogo"):
        till.submit(f"{name}@example.com")
        till.clock.now += SECOND
    assert till.send_confirmations() == 2
    assert till.cafe.mailed_names() == ["ana", "clara"]
    assert sorted(till.states()) == ["queued", "queued", "rehearsed", "rehearsed"]


def test_an_error_at_one_mail_fails_only_that_mail(sqlite_till: SignUpPages) -> None:
    use_sender(sqlite_till, bruno=ZeroDivisionError())
    for name in ("ana", "bruno", "clara"):
        sqlite_till.submit(f"{name}@example.com")
    sqlite_till.send_confirmations()
    assert sorted(sqlite_till.states()) == ["failed", "rehearsed", "rehearsed"]


def mark_sending(till: SignUpPages, owner: str, remaining: timedelta) -> None:
    """As if a delivery had been cut off while sending."""
    fields = {
        "state": "sending",
        "claimed_by": owner,
        "claimed_until": datetime.now(UTC) + remaining,
    }
    with write_transaction(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(**fields))


@pytest.mark.parametrize("written", [True, False])
def test_mails_of_a_dead_worker_are_reclaimed(till: SignUpPages, written: bool) -> None:
    till.submit()
    till.send_confirmations()
    [mail] = till.cafe.outbox.glob("*.eml")
    before = mail.stat().st_mtime_ns
    if not written:
        mail.unlink()
    mark_sending(till, f"1@{dead_worker()}", HOUR)
    till.send_confirmations()
    assert till.states() == ["rehearsed"]
    assert (mail.stat().st_mtime_ns == before) is written


def test_mails_of_a_running_delivery_are_left_alone(sqlite_till: SignUpPages) -> None:
    sqlite_till.submit()
    sqlite_till.send_confirmations()
    with register_lease_owner() as worker:
        mark_sending(sqlite_till, worker, timedelta(minutes=-5))
        assert sqlite_till.send_confirmations() == 0
    assert sqlite_till.states() == ["sending"]


@pytest.mark.parametrize("moment", [SmtpStage.DATA, SmtpStage.BEFORE_REPLY, SmtpStage.AFTER_REPLY])
def test_after_sigkill_no_mail_is_lost_or_repeated(tmp_path: Path, moment: SmtpStage) -> None:
    """A real process, a real SIGKILL, a mail server that counts."""
    accepted_log, config = tmp_path / "counted", tmp_path / "config.yaml"
    with counting_sink(accepted_log) as port:
        server = f"127.0.0.1, port: {port}, encryption: none}}"
        config.write_text(f"{LIVE}\n{SIGN_UP}".replace("127.0.0.1}", server), encoding="utf-8")
        shop = open_shop(config)
        for name in ("ana", "clara"):
            request_sign_up(
                shop,
                SignUpRequest(f"{name}@example.com", None, None, "Yes."),
                now=datetime.now(UTC),
            )
        shop.engine.dispose()  # SQLite does not outlive a fork
        send_and_die(config, port, moment)
        send_confirmations(shop, now=datetime.now(UTC))
        with read_transaction(shop.engine) as connection:
            states = dict(
                connection.execute(select(col(SignUp.id), col(SignUp.state))).tuples().all()
            )
            in_doubt_count = count_in_doubt(connection)
    shop.engine.dispose()
    assert sorted(
        address.partition("@")[0] for address in accepted_message_ids(accepted_log)
    ) == sorted(states)
    assert set(states.values()) <= {"sent", "in doubt"}
    assert (
        in_doubt_count == list(states.values()).count("in doubt") <= (moment is not SmtpStage.DATA)
    )


def send_and_die(config: Path, port: int, moment: SmtpStage) -> None:
    def send(_holder: str) -> None:
        send_confirmations(open_shop(config), now=datetime.now(UTC))

    run_and_kill(send, lambda process: arm_kill(port, Kill(process, moment)))


def test_a_mail_in_doubt_is_counted_and_does_not_block_a_new_request(
    sqlite_till: SignUpPages,
) -> None:
    office = FakeMailService(breaks_at="clara")
    sqlite_till.cafe.shop = replace(sqlite_till.cafe.shop, sender=office)
    sqlite_till.submit()
    with pytest.raises(UnavailableError):
        sqlite_till.send_confirmations()
    assert sqlite_till.states() == ["in doubt"]
    with read_transaction(sqlite_till.cafe.engine) as connection:
        assert count_in_doubt(connection) == 1
    office.breaks_at = None
    assert sqlite_till.send_confirmations() == 0  # never repeated automatically
    sqlite_till.submit()
    assert sqlite_till.send_confirmations() == 1


def test_provider_events_about_it_are_recorded(sqlite_till: SignUpPages) -> None:
    sqlite_till.cafe.shop = replace(
        sqlite_till.cafe.shop, sender=FakeMailService(breaks_at="clara")
    )
    sqlite_till.submit()
    with pytest.raises(UnavailableError):
        sqlite_till.send_confirmations()
    [sign_up] = sqlite_till.cafe.select_all(col(SignUp.id))
    with write_transaction(sqlite_till.cafe.engine) as connection:
        assert own_message_ids(connection, [sign_up, "somebody else's"]) == {sign_up}
        event = DeliveryEvent("sendgrid", "1", EventKind.COMPLAINED, MARCH, sign_up, CLARA)
        record_events(connection, [event], now=MARCH)
        assert count_in_doubt(connection) == 0
    sqlite_till.clock.now = MARCH + 2 * DAY
    sqlite_till.submit()
    assert sqlite_till.send_confirmations() == 0


def test_a_bounce_suppresses_the_address_it_was_sent_to(sqlite_till: SignUpPages) -> None:
    mailbox_config = "sending:\n  unsubscribe by: mailbox\n  mailbox: {directory: returned}"
    sqlite_till.cafe.reread(f"{FILE.replace('sending:', mailbox_config)}\n{SIGN_UP}")
    sqlite_till.cafe.shop = replace(sqlite_till.cafe.shop, sender=FakeMailService())
    sqlite_till.submit()
    sqlite_till.send_confirmations()
    [sign_up] = sqlite_till.cafe.select_all(col(SignUp.id))
    put_mail(
        sqlite_till.cafe, POSTFIX, message_id=sign_up
    )  # the report names Bruno's address; the mail went to Clara's
    read_folder(sqlite_till.cafe)
    assert sqlite_till.cafe.select_all(col(Suppression.address)) == [CLARA]


def test_an_opt_out_in_reply_counts_for_the_customer_of_the_address(
    sqlite_till: SignUpPages,
) -> None:
    sqlite_till.sign_up()
    [sign_up] = sqlite_till.cafe.select_all(col(SignUp.id))
    event = DeliveryEvent("mailbox", "1", EventKind.UNSUBSCRIBED, MARCH + HOUR, sign_up)
    receive_events(sqlite_till.cafe.shop, [event], now=MARCH + HOUR)
    assert sqlite_till.basis() == ["no"]
