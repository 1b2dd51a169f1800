"""A mailbox is read once, whole and without a trace, whatever its server does."""

from __future__ import annotations

import ssl
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mail.mailbox.batches import LONGEST_MAIL, Arrived, Batch
from mail.mailbox.config import Mailbox
from mail.mailbox.factory import batches_of, name_of
from mail.mailbox.imap import batches_at
from mail.mailbox.imap_client import MOST_AT_ONCE, connected, modified_utf7
from mail.mailbox.maildir import batches_in
from settings.errors import OutOfReach, OwnersFileTrouble, Trouble
from settings.values import Secret
from tests.mail.mailbox.imap_server import MARCH, Letterbox, serving
from tests.mail.mailbox.returned_mails import ANSWER, POSTFIX
from tests.mail.senders.smtp_server import certificates

quick = partial(connected, patience=0.3)


def read(box: Mailbox, place: str | None = None, **more: Any) -> list[Batch]:
    return list(batches_at(box, place, now=more.pop("now", MARCH), **more))


def mails(batches: list[Batch]) -> list[Arrived]:
    return [one for batch in batches for one in batch.mails]


def plain(number: int) -> str:
    return f"From: friend{number}@example.com\nSubject: Hello {number}\n\nThis is private.\n"


def test_each_mail_is_read_once_and_in_order() -> None:
    letterbox = Letterbox()
    letterbox.lay(*map(plain, range(60)))
    with serving(letterbox) as box:
        first = read(box)
        assert len(mails(first)) == 60
        assert [f"Hello {n}\r" in one.mail.decode() for n, one in enumerate(mails(first))] == [
            True
        ] * 60
        assert [batch.place for batch in first] == ["1 25", "1 50", "1 60"]
        assert read(box, "1 60") == []
        assert len(mails(read(box, "1 50"))) == 10
        letterbox.lay(plain(60))
        assert [batch.place for batch in read(box, "1 60")] == ["1 61"]


def test_a_mailbox_is_only_looked_at() -> None:
    letterbox = Letterbox()
    letterbox.lay(plain(1), POSTFIX)
    with serving(letterbox) as box:
        read(box)
    asked = b"\n".join(letterbox.asked)
    assert b"EXAMINE" in asked
    assert b"SELECT" not in asked
    assert b"STORE" not in asked
    assert b"BODY[" not in asked


def test_what_people_write_is_not_opened() -> None:
    letterbox = Letterbox()
    letterbox.lay(plain(1), POSTFIX, ANSWER)
    with serving(letterbox) as box:
        private, bounce, answer = mails(read(box))
    assert b"private" not in private.mail
    assert b"come by tomorrow" not in answer.mail
    assert bounce.mail == POSTFIX.replace("\n", "\r\n").encode()


def test_the_first_time_only_the_last_thirty_days_are_read() -> None:
    letterbox = Letterbox()
    letterbox.lay(plain(1), at=MARCH - timedelta(days=31))
    letterbox.lay(plain(2), at=MARCH - timedelta(days=29))
    with serving(letterbox) as box:
        [one] = mails(read(box))
        assert b"Hello 2" in one.mail
        assert len(mails(read(box, "1 0"))) == 2


def test_a_folder_that_was_made_anew_is_read_anew() -> None:
    letterbox = Letterbox(validity=7)
    letterbox.lay(plain(1), plain(2))
    with serving(letterbox) as box:
        assert [batch.place for batch in read(box, "6 99")] == ["7 2"]
        assert read(box, "7 99") == []
        assert len(mails(read(box, "nonsense"))) == 2


def test_without_a_name_for_its_numbering_the_last_days_are_read_again() -> None:
    letterbox = Letterbox(validity=0)
    letterbox.lay(plain(1))
    with serving(letterbox) as box:
        [batch] = read(box)
        assert len(mails(read(box, batch.place))) == 1


def test_a_mail_came_when_the_server_got_it_and_never_later_than_now() -> None:
    letterbox = Letterbox()
    letterbox.lay(plain(1), at=MARCH - timedelta(hours=3))
    letterbox.lay(plain(2), at=MARCH + timedelta(days=400))
    with serving(letterbox) as box:
        early, late = mails(read(box))
    assert early.at == MARCH - timedelta(hours=3)
    assert late.at == MARCH


def test_a_huge_mail_is_not_fetched_whole() -> None:
    letterbox = Letterbox()
    letterbox.lay(POSTFIX.encode().replace(b"\n", b"\r\n") + b"x" * 50_000_000)
    with serving(letterbox) as box:
        [one] = mails(read(box))
    assert len(one.mail) == LONGEST_MAIL
    assert letterbox.told < 2 * LONGEST_MAIL


def test_ten_thousand_mails_are_read_in_little_memory() -> None:
    letterbox = Letterbox()
    letterbox.lay(*(plain(n) + "x" * 1_000 for n in range(10_000)))
    with serving(letterbox) as box:
        batches = batches_at(box, None, now=MARCH)
        next(batches)
        tracemalloc.start()
        many = sum(len(batch.mails) for batch in batches)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert many == 9_975
    assert peak < 8_000_000


def test_a_mail_deleted_meanwhile_does_not_keep_back_the_others() -> None:
    letterbox = Letterbox()
    letterbox.lay(plain(1), plain(2), plain(3))

    def refuse_many(tag: bytes) -> bytes:
        asked = letterbox.asked[-1]
        gone = b"2" in asked.split(b" ")[2].split(b",")
        return tag + b" NO [EXPUNGEISSUED] some are gone\r\n" if gone else b""

    letterbox.manners[b"FETCH"] = refuse_many
    with serving(letterbox) as box:
        [batch] = read(box)
    assert len(batch.mails) == 2
    assert batch.place == "1 3"


GARBAGE: dict[str, tuple[bytes, Callable[[bytes], bytes | None]]] = {
    "closes before it lets us in": (b"AUTHENTICATE", lambda _: None),
    "closes in the middle": (b"FETCH", lambda _: None),
    "closes within a mail": (b"FETCH", lambda _: b"* 1 FETCH (UID 1 BODY[]<0> {500}\r\nhalf"),
    "talks garbage": (b"SEARCH", lambda _: b"\xff\xfe\0garbage\r\n"),
    "talks half garbage": (b"SEARCH", lambda tag: b"* SEARCH x \xff\r\n" + tag + b" BAD \xff\r\n"),
    "offers garbage": (b"CAPABILITY", lambda tag: b"* CAPABILITY \xff\r\n" + tag + b" OK\r\n"),
    "refuses to search": (b"SEARCH", lambda tag: tag + b" NO not today\r\n"),
    "never answers": (b"SEARCH", lambda _: b"* OK wait\r\n"),
    "sends an endless literal": (b"FETCH", lambda _: b"* 1 FETCH (BODY[]<0> {99999999999}\r\nx"),
    "sends an endless line": (b"SEARCH", lambda _: b"* SEARCH" + b" 1" * 1_000_000),
    "never stops talking": (
        b"FETCH",
        lambda _: (b"* 1 FETCH (FLAGS (%s))\r\n" % (b"x" * 900)) * (MOST_AT_ONCE // 900),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", GARBAGE)
def test_a_server_that_misbehaves_ends_the_visit_with_a_sentence(what: str) -> None:
    letterbox = Letterbox()
    letterbox.lay(plain(1))
    name, manner = GARBAGE[what]
    letterbox.manners[name] = manner
    with serving(letterbox) as box, pytest.raises(OutOfReach, match=r"127\.0\.0\.1") as trouble:
        read(box, connect=quick)
    assert "the next sync reads it" in str(trouble.value)
    assert "wörd" not in str(trouble.value)


@pytest.mark.parametrize(
    "greeting", [b"", b"* BYE full\r\n", b"220 smtp.example ESMTP\r\n", b"\xff\n"]
)
def test_what_is_no_imap_server_is_told_apart(greeting: bytes) -> None:
    with serving(Letterbox(greeting=greeting)) as box, pytest.raises(OutOfReach):
        read(box, connect=quick)


def test_nobody_at_that_port_is_a_sentence() -> None:
    with serving(Letterbox()) as box:
        pass
    with pytest.raises(OutOfReach, match="cannot be read"):
        read(box)


@pytest.mark.parametrize("offers", [b"IMAP4rev1 AUTH=PLAIN", b"IMAP4rev1"])
def test_a_login_refused_says_where_to_look_and_not_the_password(offers: bytes) -> None:
    letterbox = Letterbox(offers=offers, users={"ana": "other"})
    with serving(letterbox) as box:
        wrong = box.model_copy(update={"password": Secret("s3cret", "MAILBOX_PASSWORD")})
        with pytest.raises(OutOfReach, match="Look at user and password") as trouble:
            read(wrong)
    assert "s3cret" not in str(trouble.value)


def test_without_plain_a_password_goes_by_login() -> None:
    letterbox = Letterbox(offers=b"IMAP4rev1", users={'an"a': 'a"b\\c d'})
    letterbox.users = {'an\\"a': 'a"c d'}  # as the server's own simple reading gives it back
    with serving(letterbox) as box:
        ours = {"user": 'an"a', "password": Secret('a"c d')}
        assert read(box.model_copy(update=ours)) == []


def test_a_password_with_other_letters_needs_plain() -> None:
    with serving(Letterbox(offers=b"IMAP4rev1")) as box, pytest.raises(OutOfReach) as trouble:
        read(box)
    assert "wörd" not in str(trouble.value)


def test_where_no_password_is_taken_none_is_told() -> None:
    letterbox = Letterbox(offers=b"IMAP4rev1 LOGINDISABLED")
    with serving(letterbox) as box, pytest.raises(OutOfReach, match="takes no password"):
        read(box)
    assert not any(b"LOGIN" in one for one in letterbox.asked)


def test_a_folder_that_is_not_there_is_named() -> None:
    with serving(Letterbox()) as box, pytest.raises(OutOfReach, match="folder Returned"):
        read(box.model_copy(update={"folder": "Returned"}))


@pytest.mark.parametrize(
    ("name", "coded"),
    [("INBOX", "INBOX"), ("Devoluções", "Devolu&AOcA9Q-es"), ("A & B", "A &- B"),
     ("日本語", "&ZeVnLIqe-"), ("☺", "&Jjo-"), ("", "")],
)  # fmt: skip
def test_a_folder_may_have_any_letters(name: str, coded: str) -> None:
    assert modified_utf7(name) == coded


def test_a_folder_is_opened_by_its_coded_name() -> None:
    letterbox = Letterbox(folder=b'"Devolu&AOcA9Q-es \\"1\\""')
    letterbox.lay(plain(1))
    with serving(letterbox) as box:
        assert len(mails(read(box.model_copy(update={"folder": 'Devoluções "1"'})))) == 1


class Elsewhere(Mailbox):
    @property
    def in_the_open(self) -> bool:
        return False


def secure(box: Mailbox, context: ssl.SSLContext) -> Any:
    """As to a server elsewhere: only its port says how it is encrypted."""
    return connected(Elsewhere(**dict(box)), context, patience=2)


def test_it_is_encrypted_from_the_first_byte() -> None:
    theirs, ours = certificates()
    letterbox = Letterbox(context=theirs)
    letterbox.lay(plain(1))
    with serving(letterbox, tls=True) as box:
        connect = partial(secure, context=ours)
        assert len(mails(read(box, connect=connect))) == 1


def test_a_certificate_nobody_vouches_for_is_not_believed() -> None:
    letterbox = Letterbox(context=certificates()[0])
    with serving(letterbox, tls=True) as box:
        connect = partial(secure, context=ssl.create_default_context())
        with pytest.raises(OutOfReach, match="a certificate"):
            read(box, connect=connect)
    assert letterbox.asked == []


@pytest.mark.parametrize("offers", [b"IMAP4rev1 STARTTLS AUTH=PLAIN", b"IMAP4rev1 AUTH=PLAIN"])
def test_at_the_open_port_nothing_is_told_before_it_is_encrypted(
    offers: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = certificates()
    letterbox = Letterbox(context=theirs, offers=offers)
    letterbox.lay(plain(1))
    with serving(letterbox) as box:
        monkeypatch.setattr("mail.mailbox.imap_client.PLAIN_PORT", box.port)
        connect = partial(secure, context=ours)
        if b"STARTTLS" in offers:
            assert len(mails(read(box, connect=connect))) == 1
            before = letterbox.asked[: letterbox.asked.index(b"STARTTLS")]
        else:
            with pytest.raises(OutOfReach):
                read(box, connect=connect)
            before = letterbox.asked
    assert not any(b"AUTHENTICATE" in one for one in before)


def lay(folder: Path, name: str, mail: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(mail, encoding="utf-8")
    return path


def place_of(batches: list[Batch], before: str | None = None) -> str | None:
    return batches[-1].place if batches else before


def test_files_in_a_folder_are_read_once(tmp_path: Path) -> None:
    lay(tmp_path, "one.eml", POSTFIX)
    lay(tmp_path, "two.EML", plain(2))
    lay(tmp_path, "notes.txt", "my own")
    first = list(batches_in(tmp_path, None))
    assert len(mails(first)) == 2
    assert list(batches_in(tmp_path, place_of(first))) == []
    lay(tmp_path, "three.eml", plain(3))
    [new] = mails(list(batches_in(tmp_path, place_of(first))))
    assert b"Hello 3" in new.mail
    assert b"private" not in new.mail


def test_a_mail_read_in_a_maildir_is_still_the_same(tmp_path: Path) -> None:
    new, cur = tmp_path / "new", tmp_path / "cur"
    cur.mkdir()
    lay(tmp_path / "tmp", "half", "not there yet")
    path = lay(new, "1772532311.M1.cafe", POSTFIX)
    first = list(batches_in(tmp_path, None))
    assert len(mails(first)) == 1
    path.rename(cur / f"{path.name}:2,S")
    assert list(batches_in(tmp_path, place_of(first))) == []


def test_what_was_deleted_is_forgotten(tmp_path: Path) -> None:
    for number in range(60):
        lay(tmp_path, f"{number}.eml", plain(number))
    first = list(batches_in(tmp_path, None))
    assert [len(batch.mails) for batch in first] == [25, 25, 10]
    for path in tmp_path.glob("*.eml"):
        path.unlink()
    lay(tmp_path, "new.eml", plain(1))
    last = list(batches_in(tmp_path, place_of(first)))
    assert len(str(place_of(last))) < 30


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    lay(tmp_path, "huge.eml", POSTFIX + "x" * 5_000_000)
    [one] = mails(list(batches_in(tmp_path, None)))
    assert len(one.mail) == LONGEST_MAIL


def test_a_file_that_cannot_be_read_keeps_back_no_other(tmp_path: Path) -> None:
    (tmp_path / "bad.eml").symlink_to("/proc/self/mem")  # there, and nobody can read its beginning
    for number in range(30):
        lay(tmp_path, f"{number}.eml", plain(number))
    first = batches_in(tmp_path, None)
    found = [next(first), next(first)]
    assert len(mails(found)) == 30
    with pytest.raises(OutOfReach, match="1 of the mails in"):
        next(first)
    again = batches_in(tmp_path, place_of(found))
    assert next(again).mails == ()
    with pytest.raises(OutOfReach):
        next(again)


def test_a_file_came_when_it_was_written(tmp_path: Path) -> None:
    lay(tmp_path, "one.eml", plain(1))
    [one] = mails(list(batches_in(tmp_path, None)))
    assert abs(one.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_folder_that_is_not_there_is_the_owners_to_mend(tmp_path: Path) -> None:
    box = Mailbox(directory="returned")
    with pytest.raises(OwnersFileTrouble, match="returned"):
        list(batches_of(box, None, now=MARCH, beside=tmp_path))


@pytest.mark.parametrize("place", ["", "no json", "7", '{"a": 1}', "[1, null]"])
def test_a_place_that_means_nothing_begins_anew(tmp_path: Path, place: str) -> None:
    lay(tmp_path, "one.eml", plain(1))
    assert len(mails(list(batches_in(tmp_path, place)))) == 1


def test_another_mailbox_has_another_name() -> None:
    names = {name_of(Mailbox(directory="returned"))}
    for user, folder in (("ana", "INBOX"), ("bruno", "INBOX"), ("ana", "Returned")):
        box = Mailbox(server="imap.example", user=user, password=Secret("x"), folder=folder)
        names.add(name_of(box))
    assert len(names) == 4
    assert issubclass(OutOfReach, Trouble)
