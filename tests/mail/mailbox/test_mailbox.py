"""A mailbox is read once, completely and without changes, whatever its server does."""

from __future__ import annotations

import ssl
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mail.mailbox.batches import MAX_MAIL_BYTES, MAX_TEXT_BYTES, MailboxBatch, ReceivedMail
from mail.mailbox.config import Mailbox
from mail.mailbox.factory import mailbox_identity, read_batches
from mail.mailbox.imap import imap_batches
from mail.mailbox.imap_client import MAX_RESPONSE_BYTES, encode_modified_utf7, open_connection
from mail.mailbox.maildir import maildir_batches
from settings.errors import OwnerFileError, RegularsError, UnavailableError
from settings.values import Secret
from tests.mail.mailbox.imap_server import MARCH, FakeMailbox, serve_mailbox
from tests.mail.mailbox.returned_mails import ANSWER, POSTFIX
from tests.mail.senders.smtp_server import certificates

connect_quickly = partial(open_connection, timeout=0.3)


def read_all(mailbox: Mailbox, cursor: str | None = None, **more: Any) -> list[MailboxBatch]:
    return list(imap_batches(mailbox, cursor, now=more.pop("now", MARCH), **more))


def all_mails(batches: list[MailboxBatch]) -> list[ReceivedMail]:
    return [mail for batch in batches for mail in batch.mails]


def private_mail(number: int) -> str:
    return f"From: friend{number}@example.com\nSubject: Hello {number}\n\nThis is private.\n"


def test_each_mail_is_read_once_and_in_order() -> None:
    letterbox = FakeMailbox()
    letterbox.add(*map(private_mail, range(60)))
    with serve_mailbox(letterbox) as mailbox:
        first = read_all(mailbox)
        assert len(all_mails(first)) == 60
        assert [
            f"Hello {n}\r" in mail.content.decode() for n, mail in enumerate(all_mails(first))
        ] == [True] * 60
        assert [batch.cursor for batch in first] == ["1 25", "1 50", "1 60"]
        assert read_all(mailbox, "1 60") == []
        assert len(all_mails(read_all(mailbox, "1 50"))) == 10
        letterbox.add(private_mail(60))
        assert [batch.cursor for batch in read_all(mailbox, "1 60")] == ["1 61"]


def test_a_mailbox_is_only_looked_at() -> None:
    letterbox = FakeMailbox()
    letterbox.add(private_mail(1), POSTFIX)
    with serve_mailbox(letterbox) as mailbox:
        read_all(mailbox)
    commands = b"\n".join(letterbox.commands)
    assert b"EXAMINE" in commands
    assert b"SELECT" not in commands
    assert b"STORE" not in commands
    assert b"BODY[" not in commands


def test_of_what_people_write_the_beginning_is_read_and_of_mailings_nothing() -> None:
    letterbox = FakeMailbox()
    long_mail = private_mail(1) + "x" * MAX_TEXT_BYTES
    mailing = private_mail(2).replace("Subject:", "List-Unsubscribe: <mailto:a@b.c>\nSubject:")
    letterbox.add(long_mail, mailing, POSTFIX, ANSWER)
    with serve_mailbox(letterbox) as mailbox:
        private, other, bounce, answer = all_mails(read_all(mailbox))
    assert len(private.content) == MAX_TEXT_BYTES
    assert b"private" not in other.content
    assert b"come by tomorrow" in answer.content
    assert bounce.content == POSTFIX.replace("\n", "\r\n").encode()


def test_the_first_time_only_the_last_thirty_days_are_read() -> None:
    letterbox = FakeMailbox()
    letterbox.add(private_mail(1), received_at=MARCH - timedelta(days=31))
    letterbox.add(private_mail(2), received_at=MARCH - timedelta(days=29))
    with serve_mailbox(letterbox) as mailbox:
        [mail] = all_mails(read_all(mailbox))
        assert b"Hello 2" in mail.content
        assert len(all_mails(read_all(mailbox, "1 0"))) == 2


def test_a_new_uid_validity_reads_the_folder_from_the_start() -> None:
    letterbox = FakeMailbox(validity=7)
    letterbox.add(private_mail(1), private_mail(2))
    with serve_mailbox(letterbox) as mailbox:
        assert [batch.cursor for batch in read_all(mailbox, "6 99")] == ["7 2"]
        assert read_all(mailbox, "7 99") == []
        assert len(all_mails(read_all(mailbox, "nonsense"))) == 2


def test_without_uid_validity_the_last_days_are_read_again() -> None:
    letterbox = FakeMailbox(validity=0)
    letterbox.add(private_mail(1))
    with serve_mailbox(letterbox) as mailbox:
        [batch] = read_all(mailbox)
        assert len(all_mails(read_all(mailbox, batch.cursor))) == 1


def test_a_mail_came_when_the_server_got_it_and_never_later_than_now() -> None:
    letterbox = FakeMailbox()
    letterbox.add(private_mail(1), received_at=MARCH - timedelta(hours=3))
    letterbox.add(private_mail(2), received_at=MARCH + timedelta(days=400))
    with serve_mailbox(letterbox) as mailbox:
        early, late = all_mails(read_all(mailbox))
    assert early.received_at == MARCH - timedelta(hours=3)
    assert late.received_at == MARCH


def test_a_huge_mail_is_not_fetched_whole() -> None:
    letterbox = FakeMailbox()
    letterbox.add(POSTFIX.encode().replace(b"\n", b"\r\n") + b"x" * 50_000_000)
    with serve_mailbox(letterbox) as mailbox:
        [mail] = all_mails(read_all(mailbox))
    assert len(mail.content) == MAX_MAIL_BYTES
    assert letterbox.sent_bytes < 2 * MAX_MAIL_BYTES


@pytest.mark.parametrize(
    ("mails", "size"), [(1_000, 20_000), pytest.param(10_000, 1_000, marks=pytest.mark.soak)]
)
def test_many_mails_are_read_in_little_memory(mails: int, size: int) -> None:
    letterbox = FakeMailbox()
    letterbox.add(*(private_mail(n) + "x" * size for n in range(mails)))
    with serve_mailbox(letterbox) as mailbox:
        batches = imap_batches(mailbox, None, now=MARCH)
        next(batches)
        tracemalloc.start()
        count = sum(len(batch.mails) for batch in batches)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == mails - 25  # the first batch
    assert peak < 8_000_000


def test_a_mail_deleted_meanwhile_does_not_keep_back_the_others() -> None:
    letterbox = FakeMailbox()
    letterbox.add(private_mail(1), private_mail(2), private_mail(3))

    def refuse_many(tag: bytes) -> bytes:
        command = letterbox.commands[-1]
        is_gone = b"2" in command.split(b" ")[2].split(b",")
        return tag + b" NO [EXPUNGEISSUED] some are gone\r\n" if is_gone else b""

    letterbox.misbehaviours[b"FETCH"] = refuse_many
    with serve_mailbox(letterbox) as mailbox:
        [batch] = read_all(mailbox)
    assert len(batch.mails) == 2
    assert batch.cursor == "1 3"


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
        lambda _: (b"* 1 FETCH (FLAGS (%s))\r\n" % (b"x" * 900)) * (MAX_RESPONSE_BYTES // 900),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", GARBAGE)
def test_a_server_that_misbehaves_ends_the_visit_with_a_sentence(case: str) -> None:
    letterbox = FakeMailbox()
    letterbox.add(private_mail(1))
    name, misbehaviour = GARBAGE[case]
    letterbox.misbehaviours[name] = misbehaviour
    with (
        serve_mailbox(letterbox) as mailbox,
        pytest.raises(UnavailableError, match=r"127\.0\.0\.1") as error,
    ):
        read_all(mailbox, connect=connect_quickly)
    assert "the next sync reads it" in str(error.value)
    assert "wörd" not in str(error.value)


@pytest.mark.parametrize(
    "greeting", [b"", b"* BYE full\r\n", b"220 smtp.example ESMTP\r\n", b"\xff\n"]
)
def test_a_server_that_is_not_imap_is_unavailable(greeting: bytes) -> None:
    with serve_mailbox(FakeMailbox(greeting=greeting)) as mailbox, pytest.raises(UnavailableError):
        read_all(mailbox, connect=connect_quickly)


def test_a_closed_port_is_explained() -> None:
    with serve_mailbox(FakeMailbox()) as mailbox:
        pass
    with pytest.raises(UnavailableError, match="cannot be read"):
        read_all(mailbox)


@pytest.mark.parametrize("offers", [b"IMAP4rev1 AUTH=PLAIN", b"IMAP4rev1"])
def test_a_login_refused_says_where_to_look_and_not_the_password(offers: bytes) -> None:
    letterbox = FakeMailbox(capabilities=offers, users={"ana": "other"})
    with serve_mailbox(letterbox) as mailbox:
        changed = mailbox.model_copy(update={"password": Secret("s3cret", "MAILBOX_PASSWORD")})
        with pytest.raises(UnavailableError, match="Look at user and password") as error:
            read_all(changed)
    assert "s3cret" not in str(error.value)


def test_without_plain_a_password_goes_by_login() -> None:
    letterbox = FakeMailbox(capabilities=b"IMAP4rev1", users={'an"a': 'a"b\\c d'})
    letterbox.users = {'an\\"a': 'a"c d'}  # as the fake server's simple parser returns it
    with serve_mailbox(letterbox) as mailbox:
        credentials = {"user": 'an"a', "password": Secret('a"c d')}
        assert read_all(mailbox.model_copy(update=credentials)) == []


def test_a_password_with_other_letters_needs_plain() -> None:
    with (
        serve_mailbox(FakeMailbox(capabilities=b"IMAP4rev1")) as mailbox,
        pytest.raises(UnavailableError) as error,
    ):
        read_all(mailbox)
    assert "wörd" not in str(error.value)


def test_no_password_is_sent_where_login_is_disabled() -> None:
    letterbox = FakeMailbox(capabilities=b"IMAP4rev1 LOGINDISABLED")
    with (
        serve_mailbox(letterbox) as mailbox,
        pytest.raises(UnavailableError, match="takes no password"),
    ):
        read_all(mailbox)
    assert not any(b"LOGIN" in command for command in letterbox.commands)


def test_a_folder_that_is_not_there_is_named() -> None:
    with (
        serve_mailbox(FakeMailbox()) as mailbox,
        pytest.raises(UnavailableError, match="folder Returned"),
    ):
        read_all(mailbox.model_copy(update={"folder": "Returned"}))


@pytest.mark.parametrize(
    ("name", "coded"),
    [("INBOX", "INBOX"), ("Devoluções", "Devolu&AOcA9Q-es"), ("A & B", "A &- B"),
     ("日本語", "&ZeVnLIqe-"), ("☺", "&Jjo-"), ("", "")],
)  # fmt: skip
def test_a_folder_may_have_any_letters(name: str, coded: str) -> None:
    assert encode_modified_utf7(name) == coded


def test_a_folder_is_opened_by_its_coded_name() -> None:
    letterbox = FakeMailbox(folder=b'"Devolu&AOcA9Q-es \\"1\\""')
    letterbox.add(private_mail(1))
    with serve_mailbox(letterbox) as mailbox:
        assert (
            len(all_mails(read_all(mailbox.model_copy(update={"folder": 'Devoluções "1"'})))) == 1
        )


class Elsewhere(Mailbox):
    @property
    def is_unencrypted(self) -> bool:
        return False


def connect_securely(mailbox: Mailbox, context: ssl.SSLContext) -> Any:
    """Connects as to a remote server: only the port decides about TLS."""
    return open_connection(Elsewhere(**dict(mailbox)), context, timeout=2)


def test_it_is_encrypted_from_the_first_byte() -> None:
    server_context, client_context = certificates()
    letterbox = FakeMailbox(context=server_context)
    letterbox.add(private_mail(1))
    with serve_mailbox(letterbox, tls=True) as mailbox:
        connect = partial(connect_securely, context=client_context)
        assert len(all_mails(read_all(mailbox, connect=connect))) == 1


def test_an_untrusted_certificate_is_refused() -> None:
    letterbox = FakeMailbox(context=certificates()[0])
    with serve_mailbox(letterbox, tls=True) as mailbox:
        connect = partial(connect_securely, context=ssl.create_default_context())
        with pytest.raises(UnavailableError, match="a certificate"):
            read_all(mailbox, connect=connect)
    assert letterbox.commands == []


@pytest.mark.parametrize("offers", [b"IMAP4rev1 STARTTLS AUTH=PLAIN", b"IMAP4rev1 AUTH=PLAIN"])
def test_at_the_plain_port_nothing_is_sent_before_starttls(
    offers: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_context, client_context = certificates()
    letterbox = FakeMailbox(context=server_context, capabilities=offers)
    letterbox.add(private_mail(1))
    with serve_mailbox(letterbox) as mailbox:
        monkeypatch.setattr("mail.mailbox.imap_client.PLAIN_PORT", mailbox.port)
        connect = partial(connect_securely, context=client_context)
        if b"STARTTLS" in offers:
            assert len(all_mails(read_all(mailbox, connect=connect))) == 1
            before = letterbox.commands[: letterbox.commands.index(b"STARTTLS")]
        else:
            with pytest.raises(UnavailableError):
                read_all(mailbox, connect=connect)
            before = letterbox.commands
    assert not any(b"AUTHENTICATE" in command for command in before)


def write_mail(folder: Path, name: str, mail: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(mail, encoding="utf-8")
    return path


def last_cursor(batches: list[MailboxBatch], default: str | None = None) -> str | None:
    return batches[-1].cursor if batches else default


def test_files_in_a_folder_are_read_once(tmp_path: Path) -> None:
    write_mail(tmp_path, "one.eml", POSTFIX)
    write_mail(tmp_path, "two.EML", private_mail(2))
    write_mail(tmp_path, "notes.txt", "my own")
    first = list(maildir_batches(tmp_path, None))
    assert len(all_mails(first)) == 2
    assert list(maildir_batches(tmp_path, last_cursor(first))) == []
    write_mail(tmp_path, "three.eml", private_mail(3))
    [new] = all_mails(list(maildir_batches(tmp_path, last_cursor(first))))
    assert b"Hello 3" in new.content


def test_a_mail_read_in_a_maildir_is_still_the_same(tmp_path: Path) -> None:
    new, cur = tmp_path / "new", tmp_path / "cur"
    cur.mkdir()
    write_mail(tmp_path / "tmp", "half", "not there yet")
    path = write_mail(new, "1772532311.M1.cafe", POSTFIX)
    first = list(maildir_batches(tmp_path, None))
    assert len(all_mails(first)) == 1
    path.rename(cur / f"{path.name}:2,S")
    assert list(maildir_batches(tmp_path, last_cursor(first))) == []


def test_what_was_deleted_is_forgotten(tmp_path: Path) -> None:
    for number in range(60):
        write_mail(tmp_path, f"{number}.eml", private_mail(number))
    first = list(maildir_batches(tmp_path, None))
    assert [len(batch.mails) for batch in first] == [25, 25, 10]
    for path in tmp_path.glob("*.eml"):
        path.unlink()
    write_mail(tmp_path, "new.eml", private_mail(1))
    last = list(maildir_batches(tmp_path, last_cursor(first)))
    assert len(str(last_cursor(last))) < 30


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    write_mail(tmp_path, "huge.eml", POSTFIX + "x" * 5_000_000)
    [mail] = all_mails(list(maildir_batches(tmp_path, None)))
    assert len(mail.content) == MAX_MAIL_BYTES


def test_a_file_that_cannot_be_read_keeps_back_no_other(tmp_path: Path) -> None:
    (tmp_path / "bad.eml").symlink_to("/proc/self/mem")  # it exists, and cannot be read
    for number in range(30):
        write_mail(tmp_path, f"{number}.eml", private_mail(number))
    first = maildir_batches(tmp_path, None)
    batches = [next(first), next(first)]
    assert len(all_mails(batches)) == 30
    with pytest.raises(UnavailableError, match="1 of the mails in"):
        next(first)
    again = maildir_batches(tmp_path, last_cursor(batches))
    assert next(again).mails == ()
    with pytest.raises(UnavailableError):
        next(again)


def test_a_file_came_when_it_was_written(tmp_path: Path) -> None:
    write_mail(tmp_path, "one.eml", private_mail(1))
    [mail] = all_mails(list(maildir_batches(tmp_path, None)))
    assert abs(mail.received_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_folder_that_is_not_there_is_the_owners_to_mend(tmp_path: Path) -> None:
    mailbox = Mailbox(directory="returned")
    with pytest.raises(OwnerFileError, match="returned"):
        list(read_batches(mailbox, None, now=MARCH, base_folder=tmp_path))


@pytest.mark.parametrize("cursor", ["", "no json", "7", '{"a": 1}', "[1, null]"])
def test_an_invalid_cursor_reads_from_the_start(tmp_path: Path, cursor: str) -> None:
    write_mail(tmp_path, "one.eml", private_mail(1))
    assert len(all_mails(list(maildir_batches(tmp_path, cursor)))) == 1


def test_another_mailbox_has_another_name() -> None:
    names = {mailbox_identity(Mailbox(directory="returned"))}
    for user, folder in (("ana", "INBOX"), ("bruno", "INBOX"), ("ana", "Returned")):
        mailbox = Mailbox(server="imap.example", user=user, password=Secret("x"), folder=folder)
        names.add(mailbox_identity(mailbox))
    assert len(names) == 4
    assert issubclass(UnavailableError, RegularsError)
