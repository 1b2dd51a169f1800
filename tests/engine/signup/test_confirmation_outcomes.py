"""The mail that asks whether it was you, on its way: what senders say of it, and what is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from engine.inbound.message_owner import ours
from engine.messages.delivery_events import take_in
from engine.open.open_shop import open_shop
from engine.signup.confirmation import in_doubt, send_confirmations
from engine.signup.signup import ask
from mail.message.mime import Mail
from mail.senders.outbox.sender import Outbox
from mail.senders.protocol import Later, NoSuchAddress, Outcome
from sandbox.smtp.server import Kill, Moment, accepted, ask_to_kill
from settings.errors import OutOfReach
from shop.consent.signups import Asked
from shop.consent.suppressions import Kind, Told, record
from shop.db.engine import reading, writing
from shop.db.workers import holding
from shop.tables import SignUp, Suppression
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND
from tests.engine.delivery.test_deliver import dead_worker
from tests.engine.delivery.test_sender_outcomes import PostOffice
from tests.engine.inbound.test_read_mailbox import lay, read
from tests.engine.signup.test_confirmation import LIVE
from tests.killed_process import killed
from tests.mail.mailbox.returned_mails import POSTFIX
from tests.mail.senders.test_smtp_killed import counting_sink
from tests.pages.public.signup_visitors import CLARA, SIGN_UP, Till


class Office(Outbox):
    """Says of some addresses what it is told to say."""

    def __init__(self, folder: Path, says: dict[str, object]) -> None:
        super().__init__(folder)
        self.says = says

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for mail in mails:
            name = mail.to_address.partition("@")[0]
            match self.says.get(name):
                case Exception() as fault:
                    raise fault
                case "later":
                    yield Later(mail.message_id, "greylisted")
                case "nobody":
                    yield NoSuchAddress(mail.message_id, "no such user")
                case _:
                    yield from super().send([mail])


def with_office(till: Till, **says: object) -> Office:
    office = Office(till.cafe.outbox, says)
    till.cafe.shop = replace(till.cafe.shop, sender=office)
    return office


def test_an_address_that_is_none_is_never_written_to_again(till: Till) -> None:
    with_office(till, clara="nobody")
    till.asks()
    till.writes()
    assert till.states() == ["bounced"]
    assert till.cafe.all(col(Suppression.address), col(Suppression.reason)) == [
        (CLARA, "hard bounce")
    ]


def test_a_server_that_asks_for_patience_gets_it(quick: Till) -> None:
    office = with_office(quick, clara="later")
    quick.asks()
    quick.writes()
    assert quick.states() == ["deferred"]
    office.says = {}
    assert quick.writes() == 0
    with writing(quick.cafe.engine) as connection:
        connection.execute(update(SignUp).values(retry_at=datetime.now(UTC)))
    assert quick.writes() == 1
    assert quick.states() == ["rehearsed"]


def test_a_line_that_breaks_loses_nothing_and_repeats_nothing(till: Till) -> None:
    office = with_office(till, bruno=OutOfReach("The line is down."))
    for name in ("ana", "bruno", "clara"):
        till.asks(f"{name}@example.com")
        till.watch.now += SECOND
    with pytest.raises(OutOfReach):
        till.writes()
    assert till.states() == ["rehearsed", "queued", "queued"]
    assert till.writes() == 1  # the one it broke at waits, and keeps nobody back
    office.says = {}
    assert sorted(till.states()) == ["queued", "rehearsed", "rehearsed"]
    with writing(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(retry_at=None))
    assert till.writes() == 1
    assert till.cafe.mailed() == ["ana", "bruno", "clara"]


def test_one_mail_that_a_sender_stumbles_over_ends_only_itself(quick: Till) -> None:
    with_office(quick, bruno=ZeroDivisionError())
    for name in ("ana", "bruno", "clara"):
        quick.asks(f"{name}@example.com")
    quick.writes()
    assert sorted(quick.states()) == ["failed", "rehearsed", "rehearsed"]


def held(till: Till, by: str, until: timedelta) -> None:
    """As if a delivery had been cut off in the middle of sending."""
    cut = {"state": "sending", "claimed_by": by, "claimed_until": datetime.now(UTC) + until}
    with writing(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(**cut))


@pytest.mark.parametrize("written", [True, False])
def test_what_a_dead_worker_held_is_taken_over_at_once(till: Till, written: bool) -> None:
    till.asks()
    till.writes()
    [mail] = till.cafe.outbox.glob("*.eml")
    before = mail.stat().st_mtime_ns
    if not written:
        mail.unlink()
    held(till, f"1@{dead_worker()}", HOUR)
    till.writes()
    assert till.states() == ["rehearsed"]
    assert (mail.stat().st_mtime_ns == before) is written


def test_what_a_living_delivery_holds_is_its_own(quick: Till) -> None:
    quick.asks()
    quick.writes()
    with holding() as mine:
        held(quick, mine, timedelta(minutes=-5))
        assert quick.writes() == 0
    assert quick.states() == ["sending"]


@pytest.mark.parametrize("moment", [Moment.DATA, Moment.BEFORE_REPLY, Moment.AFTER_REPLY])
def test_killed_for_good_nobody_gets_two_and_none_is_lost(tmp_path: Path, moment: Moment) -> None:
    """A real process, a real SIGKILL, a mail server that counts."""
    counted, config = tmp_path / "counted", tmp_path / "config.yaml"
    with counting_sink(counted) as port:
        server = f"127.0.0.1, port: {port}, encryption: none}}"
        config.write_text(f"{LIVE}\n{SIGN_UP}".replace("127.0.0.1}", server), encoding="utf-8")
        shop = open_shop(config)
        for name in ("ana", "clara"):
            ask(shop, Asked(f"{name}@example.com", None, None, "Yes."), now=datetime.now(UTC))
        shop.engine.dispose()  # SQLite does not outlive a fork
        sent_by_the_killed(config, port, moment)
        send_confirmations(shop, now=datetime.now(UTC))
        with reading(shop.engine) as connection:
            stand = dict(
                connection.execute(select(col(SignUp.id), col(SignUp.state))).tuples().all()
            )
            doubt = in_doubt(connection)
    shop.engine.dispose()
    assert sorted(one.partition("@")[0] for one in accepted(counted)) == sorted(stand)
    assert set(stand.values()) <= {"sent", "in doubt"}
    assert doubt == list(stand.values()).count("in doubt") <= (moment is not Moment.DATA)


def sent_by_the_killed(config: Path, port: int, moment: Moment) -> None:
    def send(_holder: str) -> None:
        send_confirmations(open_shop(config), now=datetime.now(UTC))

    killed(send, lambda process: ask_to_kill(port, Kill(process, moment)))


def test_a_mail_in_doubt_is_told_and_keeps_back_none_that_is_asked_for_anew(quick: Till) -> None:
    office = PostOffice(breaks_at="clara")
    quick.cafe.shop = replace(quick.cafe.shop, sender=office)
    quick.asks()
    with pytest.raises(OutOfReach):
        quick.writes()
    assert quick.states() == ["in doubt"]
    with reading(quick.cafe.engine) as connection:
        assert in_doubt(connection) == 1
    office.breaks_at = None
    assert quick.writes() == 0  # never again by itself
    quick.asks()
    assert quick.writes() == 1


def test_what_the_mail_service_tells_of_it_is_heard(quick: Till) -> None:
    quick.cafe.shop = replace(quick.cafe.shop, sender=PostOffice(breaks_at="clara"))
    quick.asks()
    with pytest.raises(OutOfReach):
        quick.writes()
    [sign_up] = quick.cafe.all(col(SignUp.id))
    with writing(quick.cafe.engine) as connection:
        assert ours(connection, [sign_up, "somebody else's"]) == {sign_up}
        spam = Told("sendgrid", "1", Kind.COMPLAINED, MARCH, sign_up, CLARA)
        record(connection, [spam], now=MARCH)
        assert in_doubt(connection) == 0
    quick.watch.now = MARCH + 2 * DAY
    quick.asks()
    assert quick.writes() == 0


def test_one_that_comes_back_stops_the_address_it_went_to(quick: Till) -> None:
    box = "sending:\n  unsubscribe by: mailbox\n  mailbox: {directory: returned}"
    quick.cafe.reread(f"{FILE.replace('sending:', box)}\n{SIGN_UP}")
    quick.cafe.shop = replace(quick.cafe.shop, sender=PostOffice())
    quick.asks()
    quick.writes()
    [sign_up] = quick.cafe.all(col(SignUp.id))
    lay(quick.cafe, POSTFIX, about=sign_up)  # of Bruno's address, it says; ours went to Clara's
    read(quick.cafe)
    assert quick.cafe.all(col(Suppression.address)) == [CLARA]


def test_a_no_in_answer_to_it_is_a_no_of_whoever_has_the_address(quick: Till) -> None:
    quick.joins()
    [sign_up] = quick.cafe.all(col(SignUp.id))
    wanted = Told("mailbox", "1", Kind.UNSUBSCRIBED, MARCH + HOUR, sign_up)
    take_in(quick.cafe.shop, [wanted], now=MARCH + HOUR)
    assert quick.basis() == ["no"]
