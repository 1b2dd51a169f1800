"""The confirmation mail: recipients, limits, and that it is sent once."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import select, update
from sqlalchemy.event import listen
from sqlmodel import col

from engine.delivery.send_check import never_stop
from engine.owner.pause import pause_mail, resume_mail, resume_provider
from engine.signup.build_confirmation import build_confirmation
from engine.signup.confirmation_limits import confirmation_check
from engine.signup.open_sign_ups import has_open_sign_ups
from mail.senders.protocol import Accepted
from settings.errors import UnavailableError
from shop.consent.mailbox_spellings import mailbox_of
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.change_watch import open_change_watch
from shop.db.engine import read_transaction, write_transaction
from shop.db.provider_stops import stop_provider
from shop.db.upsert import table_of
from shop.tables import SignUp
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND
from tests.engine.delivery.test_going_live import break_off
from tests.engine.delivery.test_sender_outcomes import FakeMailService
from tests.pages.public.signup_visitors import CLARA, SIGN_UP, SignUpPages

LIVE = FILE.replace("sending:", "sending:\n  through: smtp\n  smtp: {server: 127.0.0.1}")
MARKS = "UPDATE sign_ups SET state="


def test_it_states_the_request_and_repeats_no_user_input(sqlite_till: SignUpPages) -> None:
    sqlite_till.submit(first_name="Free Money")
    sqlite_till.send_confirmations()
    [mail] = sqlite_till.cafe.mails()
    text = mail.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    assert str(mail["Subject"]) == "Corner Café: one press and you are on the list"
    assert "3 March 2026, 10:00" in words
    assert "until 10 March 2026" in words
    assert "Corner Café may write to me" in words
    assert f"https://mail.cornercafe.example{sqlite_till.link()}" in words
    assert "Rua das Flores 12" in words
    assert "Free Money" not in mail.as_string()
    assert str(mail["To"]) == CLARA
    assert "List-Unsubscribe" not in mail


def test_one_sign_up_is_mailed_once(till: SignUpPages) -> None:
    till.submit()
    assert [till.send_confirmations(), till.send_confirmations()] == [1, 0]
    assert till.states() == ["rehearsed"]


def test_an_address_gets_one_mail_a_day_and_three_a_month(till: SignUpPages) -> None:
    sent_counts = []
    for hours in (0, 1, 25, 50, 75, 24 * 30):
        till.clock.now = MARCH + hours * HOUR
        till.submit("CLARA@example.com" if hours == 1 else CLARA)
        sent_counts.append(till.send_confirmations())
    assert sent_counts == [1, 0, 1, 1, 0, 1]
    assert set(till.cafe.select_all(col(SignUp.reason))) == {None, "enough mail for now"}


SPELLINGS = (
    "clara.gomes@gmail.com", "c.l.a.r.a.gomes@gmail.com", "ClaraGomes@googlemail.com",
    "claragomes+cakes@gmail.com", "CLARA.GOMES+x@GoogleMail.com",
)  # fmt: skip


def test_all_spellings_of_one_mailbox_get_one_mail(till: SignUpPages) -> None:
    for spelling in SPELLINGS:
        till.submit(spelling)
    assert till.send_confirmations() == 1
    till.submit("clara.gomes@outlook.example")
    till.submit("claragomes@outlook.example")
    assert till.send_confirmations() == 2  # there a dot may tell two people apart


def test_spellings_of_a_mailbox_are_told_as_its_provider_documents() -> None:
    assert {mailbox_of(spelling) for spelling in SPELLINGS} == {"claragomes@gmail.com"}
    assert mailbox_of("c-g_x@pm.me") == mailbox_of("CGX@protonmail.com")
    assert mailbox_of("c.g@ya.ru") == mailbox_of("c-g@yandex.com")
    assert mailbox_of("clara@münchen.example") == mailbox_of("Clara+x@xn--mnchen-3ya.example")
    assert mailbox_of("c.g@example.com") != mailbox_of("cg@example.com")


def test_tagged_addresses_count_as_one_mailbox(till: SignUpPages) -> None:
    sent_counts = []
    for days, name in enumerate(("clara", "Clara+cakes", "clara+a+b", "clara")):
        till.clock.now = MARCH + days * 25 * HOUR
        till.submit(f"{name}@example.com")
        till.submit(f"clara+{days}@example.com")
        sent_counts.append(till.send_confirmations())
    assert sent_counts == [1, 1, 1, 0]
    till.submit("clara+cakes@another.example")
    till.submit("bruno+cakes@example.com")
    assert till.send_confirmations() == 2
    assert "bruno+cakes" in till.cafe.mailed_names()  # in the original spelling


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_concurrent_runs_send_one_mail(till: SignUpPages) -> None:
    office = FakeMailService()
    till.cafe.shop = replace(till.cafe.shop, sender=office)
    till.submit()
    threads: list[Thread] = []

    def another(_: object, __: object, statement: str, *more: object) -> None:
        """A second request and a second process, just before the first marks the mail."""
        if MARKS in statement and not threads:
            till.submit()
            threads.append(Thread(target=till.send_confirmations))
            threads[0].start()
            threads[0].join(0.5)

    listen(till.cafe.engine, "before_cursor_execute", another)
    till.send_confirmations()
    threads[0].join()
    assert office.sent == ["clara"]
    assert sorted(till.states()) == ["sent", "skipped"]


def test_two_requests_before_delivery_are_one_mail(till: SignUpPages) -> None:
    till.submit()
    till.submit()
    assert till.send_confirmations() == 1
    assert sorted(till.states()) == ["rehearsed", "skipped"]


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.COMPLAINT, SuppressionReason.HARD_BOUNCE, SuppressionReason.BY_HAND],
)
def test_a_suppressed_address_gets_no_mail(
    sqlite_till: SignUpPages, reason: SuppressionReason
) -> None:
    with write_transaction(sqlite_till.cafe.engine) as connection:
        suppress_address(connection, CLARA, reason, None, now=MARCH)
    sqlite_till.submit("Clara@example.com")
    assert sqlite_till.send_confirmations() == 0
    assert sqlite_till.cafe.select_all(col(SignUp.state), col(SignUp.reason)) == [
        ("skipped", f"no mail to this address: {reason}")
    ]


def test_a_suppressed_mailbox_gets_no_mail_in_any_spelling(till: SignUpPages) -> None:
    complaint = SuppressionReason.COMPLAINT
    with write_transaction(till.cafe.engine) as connection:
        for address in ("clara.gomes@gmail.com", "ana+cakes@example.com"):
            suppress_address(connection, address, complaint, None, now=MARCH)
    for address in (*SPELLINGS, "Ana@example.com"):
        till.submit(address)
    assert till.send_confirmations() == 0
    till.submit("ana@another.example")
    assert till.send_confirmations() == 1


def test_the_spelling_that_an_earlier_version_stored_does_not_matter(till: SignUpPages) -> None:
    address = "a.na@proton.me"
    till.submit(address)
    with write_transaction(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(mailbox=address))
        suppress_address(connection, address, SuppressionReason.COMPLAINT, None, now=MARCH)
    assert till.send_confirmations() == 0
    assert till.states() == ["skipped"]


def test_a_mailbox_that_is_suppressed_during_a_batch_gets_no_mail_in_any_spelling(
    till: SignUpPages,
) -> None:
    till.submit("claragomes@gmail.com")
    engine = till.cafe.engine
    with read_transaction(engine) as connection:
        [row] = connection.execute(select(table_of(SignUp))).all()
    mail = build_confirmation(till.cafe.shop, row, MARCH)
    with open_change_watch(engine) as watch:
        check = confirmation_check(engine, [mail], watch, never_stop)
        assert list(check.permitted([mail.message_id])) == [mail.message_id]
        with write_transaction(engine) as connection:
            complaint = SuppressionReason.COMPLAINT
            suppress_address(connection, "clara.gomes@gmail.com", complaint, None, now=MARCH)
        assert list(check.permitted([mail.message_id])) == []


def test_a_held_mail_waits_and_expires_after_a_day(
    sqlite_till: SignUpPages,
) -> None:
    sqlite_till.submit()
    pause_mail(sqlite_till.cafe.shop, None, None, now=MARCH)
    assert sqlite_till.send_confirmations() == 0
    assert sqlite_till.states() == ["queued"]
    resume_mail(sqlite_till.cafe.shop, None)
    sqlite_till.clock.now = MARCH + DAY + SECOND
    assert sqlite_till.send_confirmations() == 0
    assert sqlite_till.cafe.select_all(col(SignUp.reason)) == ["too late"]


def test_a_confirmation_waits_for_its_provider(till: SignUpPages) -> None:
    till.submit("clara@hotmail.com")
    till.submit("bruno@example.com")
    with write_transaction(till.cafe.engine) as connection:
        stop_provider(connection, "outlook.com", "it refuses most mail", now=MARCH)
    assert till.send_confirmations() == 1
    assert till.send_confirmations() == 0
    assert sorted(till.states()) == ["deferred", "rehearsed"]
    assert not has_open_sign_ups(till.cafe.shop)
    assert resume_provider(till.cafe.shop, "outlook.com", now=MARCH)
    assert till.send_confirmations() == 1
    assert till.states() == ["rehearsed"] * 2


def test_a_provider_that_is_stopped_meanwhile_gets_no_more_confirmations(
    sqlite_till: SignUpPages,
) -> None:
    addresses = ["ana@hotmail.com", "bruno@outlook.com", "clara@example.com"]
    office = FakeMailService(answers={"ana": lambda id_: stopping(sqlite_till, id_)})
    sqlite_till.cafe.reread(f"{LIVE}\n{SIGN_UP}")
    sqlite_till.cafe.shop = replace(sqlite_till.cafe.shop, sender=office)
    for address in addresses:
        sqlite_till.submit(address)
        sqlite_till.clock.now += SECOND
    sqlite_till.send_confirmations()
    assert office.sent == ["ana", "clara"]
    assert sqlite_till.states() == ["sent", "deferred", "sent"]


def stopping(till: SignUpPages, message_id: str) -> Accepted:
    with write_transaction(till.cafe.engine) as connection:
        stop_provider(connection, "outlook.com", "it refuses most mail", now=MARCH)
    return Accepted(message_id)


def test_without_sign_up_in_the_config_nothing_is_sent(sqlite_till: SignUpPages) -> None:
    sqlite_till.submit()
    sqlite_till.cafe.reread("")
    assert sqlite_till.send_confirmations() == 0
    assert sqlite_till.states() == ["queued"]


def test_only_to_limits_delivery_and_rehearses_the_others(sqlite_till: SignUpPages) -> None:
    only = LIVE.replace("ask me", "only to: [ana@example.com]\n  ask me")
    sqlite_till.cafe.reread(f"{only}\n{SIGN_UP}")
    office = FakeMailService()
    sqlite_till.cafe.shop = replace(sqlite_till.cafe.shop, sender=office)
    sqlite_till.submit()
    sqlite_till.submit("ana@example.com")
    assert sqlite_till.send_confirmations() == 2
    assert office.sent == ["ana"]
    assert sqlite_till.cafe.mailed_names() == ["clara"]
    assert sorted(sqlite_till.states()) == ["rehearsed", "sent"]


def test_a_delivery_that_ends_at_the_first_mail_holds_none_of_the_rehearsal(
    sqlite_till: SignUpPages,
) -> None:
    only = LIVE.replace("ask me", "only to: [ana@example.com]\n  ask me")
    sqlite_till.cafe.reread(f"{only}\n{SIGN_UP}")
    office = FakeMailService(answers={"ana": break_off})
    sqlite_till.cafe.shop = replace(sqlite_till.cafe.shop, sender=office)
    sqlite_till.submit()
    sqlite_till.submit("ana@example.com")
    with pytest.raises(UnavailableError, match="connection broke"):
        sqlite_till.send_confirmations()
    assert sqlite_till.states() == ["queued", "queued"]


@pytest.mark.parametrize(
    "copy",
    [
        "<title>Olá</title><body>{{ nothing_of_ours }}</body>",
        "<title>Olá</title><body>No link.</body>",
        "<title>Olá</title><body>Nobody sees it.<!-- {{ link }} --></body>",
        "<title>Olá</title><body>Nor this. <style>{{ link }}</style></body>",
        '<body><a href="{{ link }}">No title</a></body>',
    ],
)
def test_a_broken_custom_template_is_ignored(sqlite_till: SignUpPages, copy: str) -> None:
    own = sqlite_till.cafe.path.parent / "templates" / "sign-up"
    own.mkdir(parents=True)
    (own / "confirm.html").write_text(copy)
    sqlite_till.submit()
    sqlite_till.send_confirmations()
    text = sqlite_till.cafe.mails()[0].get_body(("plain",))
    assert text is not None
    assert sqlite_till.link() in text.get_content()


def test_a_custom_template_is_used(sqlite_till: SignUpPages) -> None:
    own = sqlite_till.cafe.path.parent / "templates" / "sign-up"
    own.mkdir(parents=True)
    (own / "confirm.html").write_text('<title>Olá</title><body><a href="{{ link }}">Sim</a></body>')
    sqlite_till.submit()
    sqlite_till.send_confirmations()
    assert str(sqlite_till.cafe.mails()[0]["Subject"]) == "Olá"
