"""The mail that asks whether it was you: whom it reaches, and that it goes once."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy.event import listen
from sqlmodel import col

from engine.owner.pause import go_on, hold
from shop.consent.suppressions import Why, suppress
from shop.db.engine import writing
from shop.tables import SignUp
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND
from tests.engine.delivery.test_sender_outcomes import PostOffice
from tests.pages.public.signup_visitors import CLARA, SIGN_UP, Till

LIVE = FILE.replace("sending:", "sending:\n  through: smtp\n  smtp: {server: 127.0.0.1}")
MARKS = "UPDATE sign_ups SET state="


def test_it_says_who_asked_and_when_and_nothing_that_was_typed(quick: Till) -> None:
    quick.asks(first_name="Free Money")
    quick.writes()
    [mail] = quick.cafe.mails()
    text = mail.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    assert str(mail["Subject"]) == "Corner Café: one press and you are on the list"
    assert "3 March 2026, 10:00" in words
    assert "until 10 March 2026" in words
    assert "Corner Café may write to me" in words
    assert f"https://mail.cornercafe.example{quick.link()}" in words
    assert "Rua das Flores 12" in words
    assert "Free Money" not in mail.as_string()
    assert str(mail["To"]) == CLARA
    assert "List-Unsubscribe" not in mail


def test_one_sign_up_is_one_mail_however_often_it_is_looked_for(till: Till) -> None:
    till.asks()
    assert [till.writes(), till.writes()] == [1, 0]
    assert till.states() == ["rehearsed"]


def test_one_address_gets_one_a_day_and_three_a_month(till: Till) -> None:
    came = []
    for hours in (0, 1, 25, 50, 75, 24 * 30):
        till.watch.now = MARCH + hours * HOUR
        till.asks("CLARA@example.com" if hours == 1 else CLARA)
        came.append(till.writes())
    assert came == [1, 0, 1, 1, 0, 1]
    assert set(till.cafe.all(col(SignUp.reason))) == {None, "enough mail for now"}


def test_the_many_addresses_of_one_mailbox_are_one(till: Till) -> None:
    came = []
    for days, name in enumerate(("clara", "Clara+cakes", "clara+a+b", "clara")):
        till.watch.now = MARCH + days * 25 * HOUR
        till.asks(f"{name}@example.com")
        till.asks(f"clara+{days}@example.com")
        came.append(till.writes())
    assert came == [1, 1, 1, 0]
    till.asks("clara+cakes@another.example")
    till.asks("bruno+cakes@example.com")
    assert till.writes() == 2
    assert "bruno+cakes" in till.cafe.mailed()  # as it was typed


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_two_that_look_at_the_same_time_write_one_mail(till: Till) -> None:
    office = PostOffice()
    till.cafe.shop = replace(till.cafe.shop, sender=office)
    till.asks()
    others: list[Thread] = []

    def another(_: object, __: object, statement: str, *more: object) -> None:
        """Asked again, and looked for by another process, while the first is about to mark it."""
        if MARKS in statement and not others:
            till.asks()
            others.append(Thread(target=till.writes))
            others[0].start()
            others[0].join(0.5)

    listen(till.cafe.engine, "before_cursor_execute", another)
    till.writes()
    others[0].join()
    assert office.sent == ["clara"]
    assert sorted(till.states()) == ["sent", "skipped"]


def test_asked_twice_before_it_went_it_is_one_mail(till: Till) -> None:
    till.asks()
    till.asks()
    assert till.writes() == 1
    assert sorted(till.states()) == ["rehearsed", "skipped"]


@pytest.mark.parametrize("why", [Why.COMPLAINT, Why.HARD_BOUNCE, Why.BY_HAND])
def test_an_address_that_is_suppressed_gets_none(quick: Till, why: Why) -> None:
    with writing(quick.cafe.engine) as connection:
        suppress(connection, CLARA, why, None, now=MARCH)
    quick.asks("Clara@example.com")
    assert quick.writes() == 0
    assert quick.cafe.all(col(SignUp.state), col(SignUp.reason)) == [
        ("skipped", f"no mail to this address: {why}")
    ]


def test_while_all_mail_is_held_it_waits_and_after_a_day_it_is_too_late(quick: Till) -> None:
    quick.asks()
    hold(quick.cafe.shop, None, None, now=MARCH)
    assert quick.writes() == 0
    assert quick.states() == ["queued"]
    go_on(quick.cafe.shop, None)
    quick.watch.now = MARCH + DAY + SECOND
    assert quick.writes() == 0
    assert quick.cafe.all(col(SignUp.reason)) == ["too late"]


def test_without_the_words_in_the_file_nobody_is_written_to(quick: Till) -> None:
    quick.asks()
    quick.cafe.reread("")
    assert quick.writes() == 0
    assert quick.states() == ["queued"]


def test_only_to_reaches_only_those_and_rehearses_the_others(quick: Till) -> None:
    only = LIVE.replace("ask me", "only to: [ana@example.com]\n  ask me")
    quick.cafe.reread(f"{only}\n{SIGN_UP}")
    office = PostOffice()
    quick.cafe.shop = replace(quick.cafe.shop, sender=office)
    quick.asks()
    quick.asks("ana@example.com")
    assert quick.writes() == 2
    assert office.sent == ["ana"]
    assert quick.cafe.mailed() == ["clara"]
    assert sorted(quick.states()) == ["rehearsed", "sent"]


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
def test_a_broken_copy_of_the_shops_own_is_passed_over(quick: Till, copy: str) -> None:
    own = quick.cafe.path.parent / "templates" / "sign-up"
    own.mkdir(parents=True)
    (own / "confirm.html").write_text(copy)
    quick.asks()
    quick.writes()
    text = quick.cafe.mails()[0].get_body(("plain",))
    assert text is not None
    assert quick.link() in text.get_content()


def test_the_shops_own_words_win(quick: Till) -> None:
    own = quick.cafe.path.parent / "templates" / "sign-up"
    own.mkdir(parents=True)
    (own / "confirm.html").write_text('<title>Olá</title><body><a href="{{ link }}">Sim</a></body>')
    quick.asks()
    quick.writes()
    assert str(quick.cafe.mails()[0]["Subject"]) == "Olá"
