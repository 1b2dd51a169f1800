"""Classifies what mail servers answer, for SMTP, reports by mail and providers' events alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mail.failures.failure_texts import (
    ADDRESS_PHRASES,
    FIRST_PHRASES,
    LAST_PHRASES,
    OTHER_PHRASES,
    TEMPORARY,
    WEAK_ADDRESS_PHRASES,
    Phrases,
)
from mail.failures.status_codes import (
    StatusCode,
    first_reply_code,
    first_status_code,
    specific_reason,
    subject_reason,
)
from shop.consent.failure_reasons import ADDRESS_REASONS, SHOP_REASONS, FailureReason
from shop.consent.suppressions import EventKind

MAX_TEXT = 1_500
# Servers repeat the codes at the start of each line, in the middle of a sentence.
# 5.1.0 stays: only with it "address rejected" is about the recipient.
CODES = re.compile(
    r"\b[245][0-5]\d[ \-]#?(?:(?!5\.1\.0\b)[245]\.\d{1,3}\.\d{1,3}\b)?"
    r"|\b(?!5\.1\.0\b)[245]\.\d{1,3}\.\d{1,3}\b"
)
LINKS = re.compile(r"\bhttps?://\S+|\bwww\.\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was refused, and whether for good."""

    reason: FailureReason
    permanent: bool

    @property
    def suppresses(self) -> bool:
        """Whether this one refusal suppresses the address."""
        return self.permanent and self.reason in ADDRESS_REASONS

    @property
    def concerns_shop(self) -> bool:
        """Whether the refusal is about the shop, its mail server or the mail."""
        return self.reason in SHOP_REASONS

    @property
    def kind(self) -> EventKind:
        """The delivery event that follows from it."""
        return EventKind.BOUNCED if self.suppresses else EventKind.SOFT_BOUNCED


def classify_failure(text: str, status: str = "") -> Failure:
    """Classifies the answer `text` of a mail server.

    `status` is the enhanced status code that a report gives beside it (RFC 3464 §2.3.4). The
    server's own code, in `text`, comes first: reporting servers translate it badly.

    1. Texts about the sender, a rate or a full mailbox count whatever the code.
    2. Texts about the address count where the code does not mean something else.
    3. Else a text about content or policies, then the code, then any other text.
    """
    answer = LINKS.sub(" ", text[:MAX_TEXT]).replace("’", "'")
    own_code, report_code = first_status_code(answer), first_status_code(status)
    words = " ".join(CODES.sub(" ", answer).split())
    reason = _reason(words, own_code, report_code)
    is_passing = reason is FailureReason.DISABLED and TEMPORARY.search(words)
    return Failure(reason, _is_permanent(answer, report_code) and not is_passing)


def _reason(
    words: str, own_code: StatusCode | None, report_code: StatusCode | None
) -> FailureReason:
    by_own_code, code = specific_reason(own_code), own_code or report_code
    may_be_address = by_own_code is None or by_own_code in ADDRESS_REASONS
    return (
        _first_match(FIRST_PHRASES, words)
        or (_first_match(ADDRESS_PHRASES, words) if may_be_address else None)
        or _first_match(OTHER_PHRASES, words)
        or specific_reason(code)
        or _first_match(WEAK_ADDRESS_PHRASES, words)
        or _first_match(LAST_PHRASES, words)
        or subject_reason(code)
        or FailureReason.UNKNOWN
    )


def _first_match(phrases: Phrases, text: str) -> FailureReason | None:
    return next((reason for reason, pattern in phrases if pattern.search(text)), None)


def _is_permanent(answer: str, status: StatusCode | None) -> bool:
    """By the class of the server's codes (RFC 3463 §3.1, RFC 5321 §4.2.1), else of the report's
    `status`, else by the words.
    """
    code, reply = first_status_code(answer), first_reply_code(answer)
    classes = [*([code[0]] if code else []), *([reply // 100] if reply else [])]
    if not classes and status:
        classes = [status[0]]
    return set(classes) == {5} if classes else not TEMPORARY.search(answer)
