"""Mail servers that refuse, fall silent, close, or do not speak SMTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mail.message.mime import Mail
from mail.senders.protocol import Accepted, NoSuchAddress, RecallResult, Refused, TemporaryFailure
from mail.senders.smtp.sender import SmtpSender
from settings.errors import UnavailableError
from tests.mail.senders.smtp_script import (
    DEFAULT_REPLY,
    IDS,
    SHORT_TIMEOUTS,
    ByteByByte,
    DeliveryLog,
    ReplyThenClose,
    ReplyThenIgnore,
    ReplyThenReset,
    ReplyThenSilence,
    Script,
    ScriptedReplies,
    deliver,
    run_scripted_server,
)
from tests.mail.senders.test_conformance import LEASE_OWNER, MAIL, mails

PIPELINED = ("PIPELINING", "SIZE 9000000")
NOT_PIPELINED = ("SIZE 9000000",)
with_and_without_pipelining = pytest.mark.parametrize(
    "offers", [PIPELINED, NOT_PIPELINED], ids=["pipelined", "plain"]
)


@contextmanager
def server(answers: ScriptedReplies, offers: Sequence[str] = PIPELINED) -> Iterator[Script]:
    with run_scripted_server(answers, extensions=offers) as script:
        yield script


REFUSALS = [
    ("RCPT", b"550 5.1.1 <0002@example.com>: no such user\r\n", NoSuchAddress),
    ("RCPT", b"550 No such user here\r\n", NoSuchAddress),
    ("RCPT", b"551 User not local\r\n", NoSuchAddress),
    ("RCPT", b"550 5.1.1 <x@y.example>: User unknown in relay recipient table\r\n", NoSuchAddress),
    ("RCPT", b"550 User unknown in relay recipient table\r\n", NoSuchAddress),
    ("RCPT", b"553 Mailbox name not allowed\r\n", NoSuchAddress),
    ("RCPT", b"554 5.1.10 Recipient domain takes no mail\r\n", NoSuchAddress),
    ("RCPT", b"550-5.1.1 The account\r\n550 5.1.1 does not exist\r\n", NoSuchAddress),
    ("RCPT", b"550 5.7.1 Not from you\r\n", Refused),
    ("RCPT", b"550 Mailbox full\r\n", Refused),
    ("RCPT", b"550 no\r\n", Refused),
    ("RCPT", b"550 5.2.1 Mailbox disabled\r\n", NoSuchAddress),
    ("RCPT", b"552 5.2.2 Mailbox full\r\n", Refused),
    ("RCPT", b"554 Transaction failed\r\n", Refused),
    ("RCPT", b"450 4.2.1 Greylisted\r\n", TemporaryFailure),
    ("RCPT", b"451 Local error\r\n", TemporaryFailure),
    ("RCPT", b"452 4.2.2 Mailbox full\r\n", TemporaryFailure),
    ("MAIL", b"552 5.3.4 Too big\r\n", Refused),
    ("DATA", b"451 Not now\r\n", TemporaryFailure),
    ("DATA", b"554 No\r\n", Refused),
    (".", b"451 4.3.0 Not now\r\n", TemporaryFailure),
    (".", b"452 4.3.1 Disk full\r\n", TemporaryFailure),
    (".", b"552 Too much\r\n", Refused),
    (".", b"554 5.7.1 Looks like spam\r\n", Refused),
    (".", b"550 Looks like spam\r\n", Refused),
    (".", b"550 5.1.1 No such user after all\r\n", NoSuchAddress),
]


@with_and_without_pipelining
@pytest.mark.parametrize(("command", "answer", "kind"), REFUSALS)
def test_a_refusal_is_one_mails_and_the_others_go(
    command: str, answer: bytes, kind: type, offers: Sequence[str], tmp_path: Path
) -> None:
    with server({command: [DEFAULT_REPLY, answer]}, offers) as script:
        log = deliver(script, tmp_path)
    assert not log.error
    first, second, third = log.outcomes
    assert (first, third) == (Accepted("0001"), Accepted("0003"))
    assert isinstance(second, kind)
    assert "@" not in getattr(second, "reason", "")
    assert log.recalled == RecallResult(accepted=frozenset({"0001", "0003"}))
    assert [message_id for message_id in script.ids if message_id != "0002"] == ["0001", "0003"]
    assert script.commands[-1] == "QUIT"


@with_and_without_pipelining
def test_after_a_refused_address_the_server_is_asked_to_forget_it(
    offers: Sequence[str], tmp_path: Path
) -> None:
    answers = {"RCPT": [b"550 no\r\n"], "DATA": [b"503 nobody to send to\r\n"]}
    with server(answers, offers) as script:
        deliver(script, tmp_path, mails("0001", "0002"))
    verbs = [line.partition(" ")[0] for line in script.commands[1:]]
    asked_for_data = ["DATA"] if "PIPELINING" in offers else []
    assert verbs == ["MAIL", "RCPT", *asked_for_data, "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_server_that_lets_us_begin_without_an_address_gets_an_empty_mail(tmp_path: Path) -> None:
    answers = {"RCPT": [b"550 no\r\n"], ".": [b"554 no valid recipients\r\n"]}
    with server(answers) as script:
        log = deliver(script, tmp_path, mails("0001", "0002"))
    assert log.outcomes == [Refused("0001", "550 no"), Accepted("0002")]
    assert script.contents[0] == b""
    assert script.ids == ["0002"]


def test_a_door_closed_after_a_refusal_is_opened_for_the_next_mail(tmp_path: Path) -> None:
    with server({"RCPT": [b"550 no\r\n"], "DATA": [ReplyThenClose(b"")]}) as script:
        log = deliver(script, tmp_path, mails("0001", "0002"))
    assert log.outcomes == [Refused("0001", "550 no"), Accepted("0002")]


STAGES = ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."]
PER_MAIL_STAGES = STAGES[2:]


@with_and_without_pipelining
@pytest.mark.parametrize("command", STAGES)
@pytest.mark.parametrize(
    "last_reply", [ReplyThenClose(b"421 4.3.2 closing\r\n"), ReplyThenSilence(b"421 closing\r\n")]
)
def test_a_server_that_is_closing_leaves_nothing_in_doubt(
    last_reply: bytes, command: str, offers: Sequence[str], tmp_path: Path
) -> None:
    with server({command: [last_reply] * 4}, offers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == []
    assert "is closing: 421" in log.error
    assert log.recalled == RecallResult()
    assert log.pauses == [0, 2, 10]


@with_and_without_pipelining
@pytest.mark.parametrize("command", STAGES)
def test_after_a_421_the_mail_goes_over_a_new_connection(
    command: str, offers: Sequence[str], tmp_path: Path
) -> None:
    closing = ReplyThenClose(b"421 4.3.2 closing\r\n")
    with server({command: [DEFAULT_REPLY, closing, closing, closing]}, offers) as script:
        log = deliver(script, tmp_path, mails("0001"), mails("0002", "0003"))
    assert log.outcomes == [Accepted("0001"), Accepted("0002"), Accepted("0003")]
    assert log.recalled == RecallResult(accepted=frozenset(IDS))
    assert log.pauses == [0, 2, 10] if command in PER_MAIL_STAGES else log.pauses == []


@with_and_without_pipelining
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_breaks_before_the_content_is_opened_again(
    command: str, offers: Sequence[str], tmp_path: Path
) -> None:
    with server({command: [ReplyThenClose(b"")]}, offers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted(message_id) for message_id in IDS]
    assert script.ids == list(IDS)
    assert log.pauses == [0]


def test_a_server_that_closes_after_every_mail_is_reached_again_without_a_pause(
    tmp_path: Path,
) -> None:
    closing = ReplyThenClose(b"421 too many\r\n")
    with server({"MAIL": [DEFAULT_REPLY, closing] * 20}, ("PIPELINING",)) as script:
        log = deliver(script, tmp_path, mails(*(f"{number:04}" for number in range(20))))
    assert len(log.outcomes) == 20
    assert log.error == ""
    assert set(log.pauses) == {0}


@with_and_without_pipelining
@pytest.mark.parametrize("command", STAGES)
@pytest.mark.parametrize(
    ("last_reply", "sentence"),
    [
        (ReplyThenClose(b""), "closed the connection|broke off the connection"),
        (ReplyThenSilence(b""), "does not answer any more"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak as a mail server"),
        (b"250-one\r\n550 other\r\n", "does not speak as a mail server"),
        (b"x" * 9000, "does not speak as a mail server"),
        (b"250-and\r\n" * 200, "does not speak as a mail server"),
        (b"\xff\xfe\x00\x00\r\n", "does not speak as a mail server"),
    ],
)
def test_only_a_mail_whose_dot_went_unanswered_is_in_doubt(
    last_reply: bytes, sentence: str, command: str, offers: Sequence[str], tmp_path: Path
) -> None:
    patience = replace(SHORT_TIMEOUTS, connect=0.4)
    with server({command: [last_reply] * 4}, offers) as script:
        log = deliver(script, tmp_path, timeouts=patience)
    assert log.outcomes == []
    assert any(phrase in log.error for phrase in sentence.split("|"))
    assert log.error.endswith("run it again.")
    assert "@" not in log.error
    in_doubt = {"0001"} if command == "." else set[str]()
    assert log.recalled == RecallResult(in_doubt=frozenset(in_doubt))


@with_and_without_pipelining
def test_an_answer_to_no_question_is_not_taken_for_the_answer_to_a_mail(
    offers: Sequence[str], tmp_path: Path
) -> None:
    with server({"DATA": [b"354 go on\r\n250 taken\r\n"]}, offers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == []
    assert "does not speak as a mail server" in log.error
    assert log.recalled == RecallResult()


@with_and_without_pipelining
def test_the_second_mail_in_doubt_leaves_the_first_sent_and_the_third_to_go(
    offers: Sequence[str], tmp_path: Path
) -> None:
    with server({".": [DEFAULT_REPLY, ReplyThenClose(b"")]}, offers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted("0001")]
    assert log.recalled == RecallResult(frozenset({"0001"}), frozenset({"0002"}))


def test_a_break_before_the_dot_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    """More than all buffers can hold: the dot has not been sent."""
    large = replace(MAIL, text="granola " * 1_000_000)
    with server({"DATA": [ReplyThenReset(b"354 go on\r\n")] * 4}, ("PIPELINING",)) as script:
        log = deliver(script, tmp_path, [large], timeouts=replace(SHORT_TIMEOUTS, reply=5))
    assert "broke off the connection" in log.error
    assert log.recalled == RecallResult()


def test_a_server_that_reads_no_further_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    large = replace(MAIL, text="granola " * 1_000_000)
    with server({"DATA": [ReplyThenIgnore(b"354 go on\r\n")]}, ("PIPELINING",)) as script:
        log = deliver(script, tmp_path, [large])
    assert "does not answer any more" in log.error
    assert log.recalled == RecallResult()


@pytest.mark.parametrize(
    "last_reply",
    [
        ReplyThenClose(b""),
        ReplyThenClose(b"421 idle for too long\r\n"),
        ReplyThenClose(b"421 100 mails\r\n"),
    ],
)
@with_and_without_pipelining
def test_a_connection_that_was_closed_between_two_mails_is_opened_again(
    last_reply: bytes, offers: Sequence[str], tmp_path: Path
) -> None:
    with server({"MAIL": [DEFAULT_REPLY, last_reply]}, offers) as script:
        log = deliver(script, tmp_path, mails("0001"), mails("0002", "0003"))
    assert log.outcomes == [Accepted(message_id) for message_id in IDS]
    assert script.ids == list(IDS)
    assert script.counts["connect"] == 2


def test_a_server_that_takes_one_mail_a_connection_gets_them_all(tmp_path: Path) -> None:
    answers = {
        "MAIL": [DEFAULT_REPLY, *[ReplyThenClose(b"421 one is enough\r\n"), DEFAULT_REPLY] * 2]
    }
    with server(answers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted(message_id) for message_id in IDS]
    assert script.counts["connect"] == 3


def test_a_server_that_refuses_a_second_connection_is_unavailable(tmp_path: Path) -> None:
    answers = {
        "connect": [DEFAULT_REPLY, ReplyThenClose(b"554 go away\r\n")],
        "MAIL": [DEFAULT_REPLY, ReplyThenClose(b"")],
    }
    with server(answers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted("0001")]
    assert "turns us away: 554 go away" in log.error
    assert log.recalled == RecallResult(accepted=frozenset({"0001"}))


@with_and_without_pipelining
@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", b"550 5.1.8 <ana@cornercafe.example>: unknown sender\r\n"),
        ("MAIL", b"553 5.7.1 Not your address\r\n"),
        ("MAIL", b"530 5.7.0 Authentication required\r\n"),
        ("MAIL", b"451 4.3.0 Not now\r\n"),
        ("RCPT", b"554 5.7.1 <0001@example.com>: Relay access denied\r\n"),
        ("RCPT", b"550 relay not permitted\r\n"),
        ("RCPT", b"550 SPF check failed\r\n"),
        ("RCPT", b"550 Relaying denied\r\n"),
        ("RCPT", b"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain\r\n"),
        ("RCPT", b"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)\r\n"),
        ("RCPT", b"550-Please turn on\r\n550 SMTP Authentication in your mail client\r\n"),
        ("RCPT", b"530 5.7.0 Must issue a STARTTLS command first\r\n"),
    ],
)
def test_a_refusal_of_the_shop_is_no_mails_fault(
    command: str, answer: bytes, offers: Sequence[str], tmp_path: Path
) -> None:
    with server({command: [answer]}, offers) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == []
    assert "no mail" in log.error
    assert "`from`" in log.error
    assert "@" not in log.error
    assert log.recalled == RecallResult()


PERHAPS_OF_ONE_PROVIDER = [
    b"550 You have exceeded the max emails per hour\r\n",
    b"550 Daily user sending quota exceeded\r\n",
    b"550 Blocked - see https://www.spamhaus.example/\r\n",
    b"550 5.1.8 <ana@cornercafe.example>: unknown sender\r\n",
]
with_each_answer = pytest.mark.parametrize("answer", PERHAPS_OF_ONE_PROVIDER)


def mails_to(*domains: str) -> list[Mail]:
    """The first mail is 0001, and to the first domain."""
    numbered = mails(*(f"{number:04}" for number in range(1, len(domains) + 1)))
    return [
        replace(mail, to_address=f"guest{mail.message_id}@{domain}")
        for mail, domain in zip(numbered, domains, strict=True)
    ]


def kinds(log: DeliveryLog) -> str:
    """The first letter of each outcome: Accepted, Refused, TemporaryFailure, Withheld."""
    return "".join(type(outcome).__name__[0] for outcome in log.outcomes)


@with_and_without_pipelining
@with_each_answer
def test_while_no_other_provider_was_asked_a_refusal_may_be_of_the_shop(
    answer: bytes, offers: Sequence[str], tmp_path: Path
) -> None:
    """The mails are all to one provider: nothing shows whom it concerns."""
    with server({"RCPT": [answer]}, offers) as script:
        log = deliver(script, tmp_path)
    assert kinds(log) == "TWW"
    assert "passes on no mail of ours" in log.error
    assert "`from`" in log.error
    assert "@" not in log.error
    assert log.recalled == RecallResult()


@with_and_without_pipelining
@with_each_answer
def test_what_one_provider_refuses_behind_a_relay_ends_no_mail_to_others(
    answer: bytes, offers: Sequence[str], tmp_path: Path
) -> None:
    domains = ["hotmail.com", "outlook.com", "example.com", "live.com", "example.com"]
    with server({}, offers) as script:
        script.refused_domains = dict.fromkeys(["hotmail.com", "outlook.com", "live.com"], answer)
        log = deliver(script, tmp_path, mails_to(*domains), mails_to("outlook.com"))
    assert (kinds(log), log.error) == ("TWARAR", "")
    assert script.ids == ["0003", "0005"]
    assert {out.cause for out in log.outcomes if isinstance(out, Refused)} != {None}


@with_and_without_pipelining
@with_each_answer
def test_what_two_providers_refuse_in_a_row_is_of_the_shop(
    answer: bytes, offers: Sequence[str], tmp_path: Path
) -> None:
    """As with a limit of the relay that is reached during a run."""
    with server({}, offers) as script:
        script.refused_domains = dict.fromkeys(["hotmail.com", "gmail.com"], answer)
        domains = ["example.com", "hotmail.com", "hotmail.com", "gmail.com", "example.com"]
        log = deliver(script, tmp_path, mails_to(*domains))
    assert kinds(log) == "ATW"
    assert "passes on no mail of ours" in log.error
    assert script.ids == ["0001"]


@with_and_without_pipelining
def test_a_refusal_for_another_reason_shows_nothing_about_the_shop(
    offers: Sequence[str], tmp_path: Path
) -> None:
    with server({".": [b"554 Looks like spam\r\n"]}, offers) as script:
        script.refused_domains = {"hotmail.com": PERHAPS_OF_ONE_PROVIDER[0]}
        domains = ["hotmail.com", "example.com", "hotmail.com", "example.com", "hotmail.com"]
        log = deliver(script, tmp_path, mails_to(*domains))
    assert (kinds(log), log.error) == ("TRWAR", "")
    assert script.ids[-1] == "0004"


def test_a_provider_that_accepts_again_starts_a_new_count(tmp_path: Path) -> None:
    refusal = PERHAPS_OF_ONE_PROVIDER[0]
    answers = {"RCPT": [refusal, DEFAULT_REPLY, DEFAULT_REPLY, refusal]}
    with server(answers) as script:
        domains = ["hotmail.com", "example.com", "hotmail.com", "hotmail.com", "example.com"]
        log = deliver(script, tmp_path, mails_to(*domains))
    assert (kinds(log), log.error) == ("TAATA", "")


def test_answers_that_come_byte_by_byte_are_understood(tmp_path: Path) -> None:
    slow = {
        "connect": [ByteByByte(b"220 here\r\n")],
        "RCPT": [ByteByByte(b"250-well\r\n250 yes\r\n")],
    }
    slow |= {".": [ByteByByte(b"250 2.0.0 taken\r\n")]}
    slow |= {"EHLO": [ByteByByte(b"250-x\r\n250 PIPELINING\r\n")]}
    with server(slow) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted(message_id) for message_id in IDS]


def test_answers_that_come_together_are_understood(tmp_path: Path) -> None:
    with run_scripted_server(
        {"RCPT": [DEFAULT_REPLY, b"550 no\r\n"]}, joins_replies=True
    ) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted("0001"), Refused("0002", "550 no"), Accepted("0003")]


def test_a_server_without_pipelining_is_never_hurried(tmp_path: Path) -> None:
    with run_scripted_server(extensions=NOT_PIPELINED, watches_pipelining=True) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted(message_id) for message_id in IDS]
    assert not script.was_hurried


def test_a_server_with_pipelining_gets_the_next_envelope_with_the_dot(tmp_path: Path) -> None:
    with server({"MAIL": [DEFAULT_REPLY, ReplyThenSilence(b"")]}) as script:
        log = deliver(script, tmp_path)
    assert log.outcomes == [Accepted("0001")]
    assert log.recalled == RecallResult(accepted=frozenset({"0001"}))


def test_a_mail_above_the_servers_size_limit_is_not_sent(tmp_path: Path) -> None:
    large = replace(mails("0001")[0], text="granola " * 1000)
    with server({}, ("PIPELINING", "SIZE 5000")) as script:
        log = deliver(script, tmp_path, [large, *mails("0002")])
    first, second = log.outcomes
    assert isinstance(first, Refused)
    assert "this mail server takes 5000" in first.reason
    assert second == Accepted("0002")
    assert not [line for line in script.commands if "0001" in line]


def test_the_size_is_sent_where_the_server_offers_it(tmp_path: Path) -> None:
    with server({}) as script:
        deliver(script, tmp_path, mails("0001"))
    [mail_command] = [line for line in script.commands if line.startswith("MAIL")]
    assert int(mail_command.partition(" SIZE=")[2]) == len(script.contents[0])


def test_a_mail_that_cannot_be_built_ends_only_itself(tmp_path: Path) -> None:
    first, second, third = mails(*IDS)
    broken = replace(second, text=None)  # type: ignore[arg-type]  # that is the point
    with server({}) as script:
        sender = SmtpSender(script.account, tmp_path, timeouts=SHORT_TIMEOUTS)
        with sender.delivery(LEASE_OWNER) as delivery:
            command = delivery.send([first, broken, third])
            assert next(command) == Accepted("0001")
            with pytest.raises(TypeError):
                next(command)
            assert list(delivery.send([third])) == [Accepted("0003")]
    assert script.ids == ["0001", "0003"]


def test_who_stops_asking_half_way_sends_no_more_of_these(tmp_path: Path) -> None:
    with server({}) as script:
        sender = SmtpSender(script.account, tmp_path, timeouts=SHORT_TIMEOUTS)
        with sender.delivery(LEASE_OWNER) as delivery:
            command = iter(delivery.send(mails(*IDS)))
            assert next(command) == Accepted("0001")
            command.close()  # type: ignore[attr-defined]  # it is a generator
            assert list(delivery.send(mails("0003"))) == [Accepted("0003")]
        assert sender.recall(dict.fromkeys(IDS, LEASE_OWNER)) == RecallResult(
            accepted=frozenset({"0001", "0003"})
        )
    # Otherwise the third mail would continue the second, and go to its address.
    assert all(content.startswith(b"From: ") for content in script.contents)
    assert script.ids == ["0001", "0003"]


def test_what_cannot_be_noted_does_not_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server({}) as script:
        sender = SmtpSender(script.account, tmp_path, timeouts=SHORT_TIMEOUTS)
        with sender.delivery(LEASE_OWNER) as delivery:
            monkeypatch.setattr("mail.senders.journal_file.os.pwrite", lambda *_: 0)
            with pytest.raises(UnavailableError, match="cannot be written"):
                list(delivery.send(mails("0001")))
    assert script.contents == []
