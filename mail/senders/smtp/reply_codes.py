"""Parses SMTP replies, and decides what they mean for a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mail.failures.classify import Failure, classify_failure
from mail.senders.protocol import NoSuchAddress, Refused, TemporaryFailure
from shop.consent.failure_reasons import FailureReason

# RFC 5321 §4.5.3.1.5 allows 512; some servers write whole links.
MAX_LINE = 4096
MAX_LINES = 100
MAX_QUOTE = 200

REPLY_LINE = re.compile(r"([2-5]\d\d)(?:([ -])(.*))?")
ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)")
ADDRESS = re.compile(r"<?[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+>?")
SERVICE_CLOSING = 421
START_MAIL_INPUT = 354
TOO_LARGE = 552
# Only a server that was asked to pass mail on says so of us: all our mail would be refused.
SHOP_WIDE = {FailureReason.RELAYING, FailureReason.AUTHENTICATION}
# A relay says so of us, or passes on what the server of one provider has answered.
PERHAPS_SHOP_WIDE = {FailureReason.SENDER, FailureReason.RATE_LIMITED, FailureReason.BLOCKED}


class MalformedReplyError(Exception):
    """The server's answer is not SMTP."""


@dataclass(frozen=True)
class SmtpReply:
    """A reply of one or several lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def is_positive(self) -> bool:
        return self.code // 100 == 2

    @property
    def is_transient(self) -> bool:
        return self.code // 100 == 4

    @property
    def is_permanent(self) -> bool:
        return self.code // 100 == 5

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463); empty where there is none."""
        match = ENHANCED_CODE.match(self.lines[0])
        return match[0] if match else ""

    @property
    def failure(self) -> Failure:
        """Why the server refuses."""
        return classify_failure(f"{self.code} {' '.join(self.lines)}")

    def __str__(self) -> str:
        """For the owner and the log: one short line without addresses."""
        text = redact_addresses(" ".join(self.lines))
        return f"{self.code} {text}"[:MAX_QUOTE].rstrip()


def redact_addresses(text: str) -> str:
    """Returns `text` without addresses: reasons are stored and logged."""
    return ADDRESS.sub("this address", text)


def parse_reply(lines: Sequence[bytes]) -> SmtpReply | None:
    """Returns the reply in `lines`; None while its last line is missing. Raises
    MalformedReplyError.
    """
    parsed = [_parse_line(line) for line in lines]
    first = parsed[0]
    if len(parsed) > MAX_LINES or any(line.code != first.code for line in parsed):
        raise MalformedReplyError
    if not parsed[-1].is_last:
        return None
    return SmtpReply(first.code, tuple(line.text for line in parsed))


class _ReplyLine(NamedTuple):
    code: int
    is_last: bool
    text: str


@lru_cache(maxsize=256)  # a server repeats most of its replies
def _parse_line(line: bytes) -> _ReplyLine:
    match = REPLY_LINE.fullmatch(_printable(line))
    if not match:
        raise MalformedReplyError
    return _ReplyLine(int(match[1]), match[2] != "-", match[3] or "")


def _printable(line: bytes) -> str:
    text = line.rstrip(b"\r\n").decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def concerns_whole_shop(reply: SmtpReply) -> bool:
    """Whether a refusal at RCPT is about the shop: every other mail would be refused too."""
    return reply.code == 530 or (reply.is_permanent and reply.failure.reason in SHOP_WIDE)


def may_concern_whole_shop(reply: SmtpReply) -> bool:
    """Whether a refusal at RCPT is about the shop or about its mail to one provider."""
    return reply.is_permanent and reply.failure.reason in PERHAPS_SHOP_WIDE


def refusal_outcome(
    message_id: str, reply: SmtpReply
) -> TemporaryFailure | NoSuchAddress | Refused:
    """Returns the outcome of a refusal of the recipient, or of the content: some servers check the
    mailbox only then.
    """
    cause = reply.failure.reason
    if reply.is_transient:
        return TemporaryFailure(message_id, str(reply), cause)
    if reply.failure.suppresses:
        return NoSuchAddress(message_id, str(reply), cause)
    return Refused(message_id, str(reply), cause)


def concerns_single_mail(reply: SmtpReply) -> bool:
    """Whether a refusal at MAIL is about this mail (size, characters), not about the sender."""
    return reply.code == TOO_LARGE or reply.enhanced in ("5.3.4", "5.6.7")
