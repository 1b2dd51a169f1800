"""What came in by mail, and what it does to the mails that would go next."""

from __future__ import annotations

import email.header
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.config.owner_config import remarks
from engine.inbound.read_mailbox import read_mailbox
from engine.message_states import State
from engine.quarantine import remedy, set_aside
from mail.mailbox.batches import Arrived, Batch
from settings.errors import OutOfReach, Trouble
from shop.db.engine import reading, writing
from shop.tables import BasisStatement, Enrolment, MailEvent, Message, Suppression, SyncState
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import PostOffice, message_of, office, states
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import BRUNO, ID, asking

__all__ = ["office"]  # the fixture

RULES = f"""
    {FILE.replace(chr(10), chr(10) + "    ")}
      unsubscribe by: mailbox
      mailbox:
        directory: returned
        address: unsubscribe@cornercafe.example
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{{send: cart-reminder}}, {{wait: 1 day}}, {{send: we-miss-you}}]
        at most late: 3 days
        include backlog: yes
"""


def with_rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


def lay(cafe: Cafe, mail: str, name: str = "BRUNO", about: str | None = None) -> None:
    """A mail lies in the folder; whatever it says of our mail, it says of Bruno's."""
    folder = cafe.path.parent / "returned"
    folder.mkdir(exist_ok=True)
    if ID in mail:
        mail = mail.replace(ID, about or message_of(cafe, "bruno"))
    number = len(list(folder.iterdir()))
    (folder / f"{number}-{name}.eml").write_text(mail, encoding="utf-8")


def read(cafe: Cafe, at: datetime = MARCH + HOUR) -> dict[str, int]:
    synced = read_mailbox(cafe.shop, now=at)
    assert synced is not None
    assert synced.report is not None
    assert synced.trouble is None
    return {**synced.report.streams, "aside": synced.report.quarantined}


def events(cafe: Cafe) -> list[tuple[str, str]]:
    return sorted(cafe.all(col(MailEvent.source), col(MailEvent.kind)))


def aside(cafe: Cafe) -> list[str]:
    with reading(cafe.engine) as connection:
        return [one.why for one in set_aside(connection)]


def _said_no(cafe: Cafe) -> bool:
    return "no" in cafe.all(col(BasisStatement.says))


def evidence(cafe: Cafe) -> list[str]:
    said = cafe.all(col(BasisStatement.says), col(BasisStatement.evidence))
    return [words for says, words in said if says == "no"]


@pytest.fixture
def links(cafe: Cafe, office: PostOffice) -> dict[str, str]:
    """The first mails are out, to Ana, Bruno and Clara; the links that stood in them."""
    found: dict[str, str] = {}
    send = office.send

    def noting(mails: Any) -> Any:
        found.update({one.to_address.partition("@")[0]: one.unsubscribe_url for one in mails})
        return send(mails)

    office.send = noting  # type: ignore[method-assign]  # to look over its shoulder
    cafe.run()
    return found


def subject(links: dict[str, str], name: str) -> str:
    return unquote(links[name].partition("?subject=")[2])


@with_rules
def test_the_link_is_a_mail_with_a_token_of_its_own(cafe: Cafe, links: dict[str, str]) -> None:
    assert len(set(links.values())) == 3
    for one in links.values():
        assert one.startswith("mailto:unsubscribe@cornercafe.example?subject=unsubscribe%201.")


@with_rules
@pytest.mark.parametrize(
    "sender", [f"Bruno <{BRUNO}>", "bruno@his-work.example", "Clara <clara@example.com>", "", "<>"]
)
def test_a_token_says_who_it_is_whoever_sends_it(
    cafe: Cafe, office: PostOffice, links: dict[str, str], sender: str
) -> None:
    lay(cafe, asking(subject(links, "bruno"), sender=sender))
    assert read(cafe) == {"unsubscribed": 1, "aside": 0}
    assert evidence(cafe) == ["unsubscribed, told by mailbox"]
    cafe.run(MARCH + DAY)
    assert sorted(office.sent) == ["ana", "ana", "bruno", "clara", "clara"]


@with_rules
def test_a_token_counts_folded_coded_and_sent_by_a_machine(
    cafe: Cafe, links: dict[str, str]
) -> None:
    words = subject(links, "bruno")
    cut = words[:40] + "\n " + words[40:]
    lay(cafe, asking(f"Fwd: {cut}", more="Auto-Submitted: auto-generated\n"))
    coded = email.header.Header(subject(links, "clara"), "utf-8").encode()
    lay(cafe, asking(f"Re: {coded}", sender="agent@provider.example"))
    assert read(cafe)["unsubscribed"] == 2
    assert len(evidence(cafe)) == 2


@with_rules
def test_a_token_that_is_not_ours_is_none(cafe: Cafe, links: dict[str, str]) -> None:
    words = subject(links, "bruno")
    lay(cafe, asking(words[:-1] + ("A" if words[-1] != "A" else "B"), sender="x@else.example"))
    assert read(cafe) == {"aside": 1}
    assert not _said_no(cafe)


@with_rules
def test_without_a_token_the_word_of_a_known_address_is_taken(
    cafe: Cafe, office: PostOffice, links: dict[str, str]
) -> None:
    lay(cafe, asking("Unsubscribe", sender="Bruno B. <BRUNO@Example.com>"))
    assert read(cafe)["unsubscribed"] == 1
    assert evidence(cafe) == ["by mail from that address, without its token"]
    cafe.run(MARCH + DAY)
    assert office.sent.count("bruno") == 1


@with_rules
def test_a_no_from_nobody_we_know_is_for_the_owner(cafe: Cafe, links: dict[str, str]) -> None:
    lay(cafe, asking("unsubscribe me please!", sender="zoe@else.example"))
    assert read(cafe) == {"aside": 1}
    assert aside(cafe) == ["zoe@else.example wants no more mail, and is nobody we know"]
    assert "in your mailbox" in remedy(cafe.shop.file, "the mailbox")


@with_rules
def test_whatever_goes_to_the_address_for_it_is_a_no_of_whom_we_know(
    cafe: Cafe, links: dict[str, str]
) -> None:
    lay(cafe, asking("I have had enough", sender=BRUNO))
    lay(cafe, asking("Cheap watches", sender="spam@else.example"))
    assert read(cafe) == {"unsubscribed": 1, "aside": 0}


@with_rules
@pytest.mark.parametrize("words", ["How do I unsubscribe from life?", "Unsubscribed!", "Hello"])
def test_other_words_are_no_no(cafe: Cafe, links: dict[str, str], words: str) -> None:
    mail = asking(words, sender=BRUNO).replace("To: unsubscribe@", "To: ana@")
    lay(cafe, mail)
    assert read(cafe) == {"aside": 0}
    assert not _said_no(cafe)


@with_rules
def test_a_no_in_an_answer_is_the_no_of_whom_we_wrote_to(cafe: Cafe, links: dict[str, str]) -> None:
    mail = returned_mails.ANSWER.replace("Re: Your granola is still here", "unsubscribe")
    lay(cafe, mail.replace(f"From: Bruno <{BRUNO}>", "From: b@his-work.example"))
    assert read(cafe)["unsubscribed"] == 1
    assert evidence(cafe) == ["unsubscribed, told by mailbox"]


@with_rules
def test_a_newer_yes_lifts_it_and_reading_again_does_not_renew_the_no(
    cafe: Cafe, office: PostOffice, links: dict[str, str]
) -> None:
    lay(cafe, asking(subject(links, "bruno")))
    lay(cafe, asking("unsubscribe", sender="clara@example.com"))
    read(cafe)
    cafe.says("bruno", "yes", MARCH + 2 * HOUR)
    cafe.says("clara", "yes", MARCH + 2 * HOUR)
    with writing(cafe.engine) as connection:
        connection.execute(update(SyncState).values(cursor=None))
    for path in (cafe.path.parent / "returned").iterdir():
        path.touch()
    assert read(cafe, MARCH + 3 * HOUR)["unsubscribed"] == 2
    assert len(evidence(cafe)) == 2
    cafe.run(MARCH + DAY)
    assert office.sent.count("bruno") == office.sent.count("clara") == 2


@with_rules
@pytest.mark.parametrize("name", ["POSTFIX", "EXIM", "OLD_EXIM", "QMAIL", "EXCHANGE", "GLOBAL"])
def test_what_bounced_for_good_gets_nothing_any_more(
    cafe: Cafe, office: PostOffice, links: dict[str, str], name: str
) -> None:
    lay(cafe, getattr(returned_mails, name))
    assert read(cafe) == {"bounces": 1, "aside": 0}
    assert states(cafe) == {"ana": "sent", "bruno": "bounced", "clara": "sent"}
    assert cafe.all(col(Suppression.address), col(Suppression.reason)) == [
        ("bruno@example.com", "hard bounce")
    ]
    assert read(cafe) == {"aside": 0}
    cafe.run(MARCH + DAY)
    assert office.sent.count("bruno") == 1


@with_rules
@pytest.mark.parametrize(
    ("name", "state"), [("FULL", "bounced"), ("GMAIL", "bounced"), ("POSTFIX_DELAYED", "sent")]
)
def test_what_may_be_over_tomorrow_stops_nothing(
    cafe: Cafe, links: dict[str, str], name: str, state: str
) -> None:
    lay(cafe, getattr(returned_mails, name))
    read(cafe)
    assert states(cafe)["bruno"] == state
    assert cafe.all(of=Suppression) == []


@with_rules
def test_a_bounce_stops_the_address_we_wrote_to_and_no_other(
    cafe: Cafe, links: dict[str, str]
) -> None:
    forged = returned_mails.POSTFIX.replace(BRUNO, "clara@example.com")
    lay(cafe, forged)  # by Bruno, who knows the id of his own mail
    read(cafe)
    assert cafe.all(col(Suppression.address)) == ["bruno@example.com"]


@with_rules
def test_a_bounce_that_names_no_mail_of_ours_stops_nobody(
    cafe: Cafe, links: dict[str, str]
) -> None:
    lay(cafe, returned_mails.POSTFIX, about="f" * 32)
    lay(cafe, returned_mails.COMPLAINT, about="e" * 32)
    assert read(cafe) == {"aside": 2}
    assert cafe.all(of=Suppression) == []
    assert events(cafe) == []
    assert all("names no mail of ours" in why for why in aside(cafe))


@with_rules
def test_a_mail_that_never_left_cannot_come_back(cafe: Cafe, links: dict[str, str]) -> None:
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(state=State.QUEUED.value))
    lay(cafe, returned_mails.POSTFIX)
    assert read(cafe) == {"aside": 1}


@with_rules
def test_a_bounce_settles_a_doubt(cafe: Cafe, office: PostOffice) -> None:
    office.breaks_at = "bruno"
    with pytest.raises(OutOfReach):
        cafe.run()
    lay(cafe, returned_mails.POSTFIX)
    read(cafe)
    assert states(cafe)["bruno"] == State.BOUNCED


@with_rules
def test_who_complains_has_said_no(cafe: Cafe, office: PostOffice, links: dict[str, str]) -> None:
    lay(cafe, returned_mails.COMPLAINT)
    assert read(cafe)["complaints"] == 1
    assert states(cafe)["bruno"] == State.COMPLAINED
    assert evidence(cafe) == ["complained, told by mailbox"]
    assert cafe.all(col(Suppression.reason)) == ["complaint"]


@with_rules
def test_an_answer_ends_the_series_it_belongs_to(
    cafe: Cafe, office: PostOffice, links: dict[str, str]
) -> None:
    lay(cafe, returned_mails.ANSWER)
    assert read(cafe) == {"answers": 1, "aside": 0}
    assert states(cafe)["bruno"] == State.DELIVERED
    assert sorted(cafe.all(col(Enrolment.ended)), key=str) == [None, None, "answered"]
    cafe.run(MARCH + DAY)
    assert sorted(office.sent) == ["ana", "ana", "bruno", "clara", "clara"]
    cafe.cart("bruno", MARCH + 2 * DAY, key="another")
    cafe.run(MARCH + 2 * DAY + 3 * HOUR)
    assert office.sent.count("bruno") == 2  # what he leaves next is another occasion


@with_rules
def test_an_answer_while_the_next_mail_is_under_way_ends_what_follows_it(
    cafe: Cafe, links: dict[str, str]
) -> None:
    lay(cafe, returned_mails.ANSWER)
    read(cafe)
    with writing(cafe.engine) as connection:  # as settling that mail does
        connection.execute(update(Enrolment).values(ended=None, next_at=MARCH + DAY))
    read(cafe, MARCH + 2 * HOUR)
    assert sorted(cafe.all(col(Enrolment.ended)), key=str) == [None, None, "answered"]


@with_rules
@pytest.mark.parametrize("name", ["OUT_OF_OFFICE", "OLD_OUT_OF_OFFICE", "READ_RECEIPT"])
def test_an_answer_by_a_machine_is_none(cafe: Cafe, links: dict[str, str], name: str) -> None:
    lay(cafe, getattr(returned_mails, name))
    assert read(cafe) == {"automatic": 1, "aside": 0}
    assert cafe.all(col(Enrolment.ended)) == [None] * 3
    assert events(cafe) == []


@with_rules
def test_any_garbage_is_passed_over(cafe: Cafe, links: dict[str, str]) -> None:
    folder = cafe.path.parent / "returned"
    folder.mkdir()
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(4000)
    )
    for number, mail in enumerate((b"", b"\0\xff" * 500, b"\n\n", b"Return-Path: <>\n" + deep)):
        (folder / f"{number}.eml").write_bytes(mail)
    lay(cafe, returned_mails.POSTFIX)
    assert read(cafe) == {"bounces": 1, "aside": 1}
    assert aside(cafe) == ["a mail that cannot be read"]


@with_rules
def test_acting_and_the_place_are_one_transaction(
    cafe: Cafe, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(cafe, returned_mails.POSTFIX)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("engine.inbound.read_mailbox._note_place", killed)
        with pytest.raises(KeyboardInterrupt):
            read_mailbox(cafe.shop, now=MARCH + HOUR)
    assert events(cafe) == []
    assert cafe.all(of=SyncState) == []
    assert read(cafe)["bounces"] == 1


def look_of(*batches: Batch, then: Trouble | None = None) -> Callable[..., Iterator[Batch]]:
    def look(*_: Any, **__: Any) -> Iterator[Batch]:
        yield from batches
        if then:
            raise then

    return look


def a_batch(cafe: Cafe, place: str, *mails: str) -> Batch:
    ours = message_of(cafe, "bruno")
    return Batch(tuple(Arrived(one.replace(ID, ours).encode(), MARCH) for one in mails), place)


@with_rules
def test_what_was_read_before_trouble_is_kept(cafe: Cafe, links: dict[str, str]) -> None:
    look = look_of(a_batch(cafe, "1 25", returned_mails.POSTFIX), then=OutOfReach("It hung up."))
    synced = read_mailbox(cafe.shop, now=MARCH, look=look)
    assert synced is not None
    assert str(synced.trouble) == "It hung up."
    assert synced.report is not None
    assert synced.report.streams == {"bounces": 1}
    assert cafe.all(col(SyncState.cursor)) == ["1 25"]


@with_rules
def test_two_who_read_at_once_do_not_put_the_place_back(cafe: Cafe, links: dict[str, str]) -> None:
    def look(*_: Any, **__: Any) -> Iterator[Batch]:
        yield a_batch(cafe, "1 25")
        with writing(cafe.engine) as connection:
            connection.execute(update(SyncState).values(cursor="1 99"))
        yield a_batch(cafe, "1 50", returned_mails.POSTFIX)

    synced = read_mailbox(cafe.shop, now=MARCH, look=look)
    assert synced is not None
    assert cafe.all(col(SyncState.cursor)) == ["1 99"]
    assert events(cafe) == []


@with_rules
def test_a_place_in_another_mailbox_means_nothing_here(cafe: Cafe, links: dict[str, str]) -> None:
    read_mailbox(cafe.shop, now=MARCH, look=look_of(a_batch(cafe, json.dumps(["x"]))))
    places: list[str | None] = []

    def look(box: Any, place: str | None, **_: Any) -> Iterator[Batch]:
        places.append(place)
        return iter(())

    read_mailbox(cafe.shop, now=MARCH, look=look)
    cafe.reread(RULES.replace("directory: returned", "directory: elsewhere"))
    read_mailbox(cafe.shop, now=MARCH, look=look)
    assert places == ['["x"]', None]


@with_rules
def test_a_flood_does_not_fill_the_list(
    cafe: Cafe, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.inbound.read_mailbox.MOST_ASIDE", 10)
    for number in range(40):
        mail = returned_mails.POSTFIX.replace("20260303100511.4F2A91", f"flood-{number}")
        lay(cafe, mail, about=f"{number:032x}")
    assert read(cafe) == {"aside": 40}
    assert len(aside(cafe)) == 10
    read(cafe, MARCH + 40 * DAY)


@with_rules
def test_a_no_is_dated_when_it_arrived_and_never_later_than_now(
    cafe: Cafe, links: dict[str, str]
) -> None:
    """The sender's own Date is not asked: one far ahead would outlive every yes."""
    mail = Arrived(asking(subject(links, "bruno")).encode(), MARCH + 400 * DAY)
    read_mailbox(cafe.shop, now=MARCH + HOUR, look=look_of(Batch((mail,), "1 1")))
    said = cafe.all(col(BasisStatement.says), col(BasisStatement.said_at))
    assert [at for says, at in said if says == "no"] == [MARCH + HOUR]


@with_rules
def test_a_token_outlives_its_mail(cafe: Cafe, links: dict[str, str]) -> None:
    words = subject(links, "bruno")
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(state=State.REHEARSED.value))
    lay(cafe, asking(words, sender="x@else.example"))
    assert read(cafe)["unsubscribed"] == 1
    assert evidence(cafe)[0].startswith("unsubscribed by mail, with the token of mail ")


def test_without_a_mailbox_nothing_is_read(cafe: Cafe) -> None:
    """rules: {}"""
    assert read_mailbox(cafe.shop, now=MARCH) is None
    assert remarks(cafe.shop.file) == []
    cafe.reread(FILE.replace("  public address: https://mail.cornercafe.example\n", ""))
    assert "Nobody but you" in remarks(cafe.shop.file)[0]
