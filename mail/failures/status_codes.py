"""Enhanced status codes: RFC 3463, and the codes of RFC 7372, RFC 7504, RFC 7505 and Exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shop.consent.failure_reasons import FailureReason

# Not part of an IP address or a version number.
STATUS_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
# RFC 5321 §4.2: a reply begins with its code, and its text follows a space or a hyphen.
REPLY_CODE = re.compile(
    r"(?:^|(?<=[\s:;(<\"'>]))([245][0-5]\d)(?=[ \-]#?[245]\.\d{1,3}\.\d|[ \-][^\d\s.]|$|\))",
    re.MULTILINE,
)

StatusCode = tuple[int, int, int]

# Subject and detail of codes that mean one thing. All others (x.0.0, 5.1.0, 5.2.0, 5.4.1, 5.5.0,
# 5.7.1 …) are used for anything: there the server's text decides.
SPECIFIC_CODES: Mapping[tuple[int, int], FailureReason] = {
    (1, 1): FailureReason.USER_UNKNOWN,
    (1, 2): FailureReason.DOMAIN_UNKNOWN,
    (1, 3): FailureReason.USER_UNKNOWN,
    (1, 6): FailureReason.MOVED,
    (1, 7): FailureReason.SENDER,
    (1, 8): FailureReason.SENDER,
    (1, 10): FailureReason.USER_UNKNOWN,
    (1, 90): FailureReason.RATE_LIMITED,
    (1, 351): FailureReason.USER_UNKNOWN,
    (2, 1): FailureReason.DISABLED,
    (2, 2): FailureReason.MAILBOX_FULL,
    (2, 3): FailureReason.TOO_LARGE,
    (2, 121): FailureReason.RATE_LIMITED,
    (2, 122): FailureReason.RATE_LIMITED,
    (3, 1): FailureReason.SERVER,
    (3, 2): FailureReason.SERVER,
    (3, 4): FailureReason.TOO_LARGE,
    (3, 5): FailureReason.SERVER,
    (4, 6): FailureReason.NETWORK,
    (4, 7): FailureReason.EXPIRED,
    (4, 14): FailureReason.NETWORK,
    (4, 300): FailureReason.EXPIRED,
    (7, 20): FailureReason.AUTHENTICATION,
    (7, 21): FailureReason.AUTHENTICATION,
    (7, 22): FailureReason.AUTHENTICATION,
    (7, 23): FailureReason.AUTHENTICATION,
    (7, 24): FailureReason.AUTHENTICATION,
    (7, 25): FailureReason.AUTHENTICATION,
    (7, 26): FailureReason.AUTHENTICATION,
    (7, 27): FailureReason.SENDER,
    (7, 30): FailureReason.AUTHENTICATION,
}
# RFC 3463 §2 and §3.5: what a code says where nothing else does.
WEAK_CODES = {(4, 4): FailureReason.DOMAIN_UNKNOWN}
SUBJECTS: Mapping[int, FailureReason] = {
    3: FailureReason.SERVER,
    4: FailureReason.NETWORK,
    6: FailureReason.CONTENT,
    7: FailureReason.POLICY,
}


def first_status_code(text: str) -> StatusCode | None:
    """Returns the first enhanced status code in `text`."""
    match = STATUS_CODE.search(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def first_reply_code(text: str) -> int | None:
    """Returns the first SMTP reply code in `text`, as in "550 No such user"."""
    match = REPLY_CODE.search(text)
    return int(match[1]) if match else None


def specific_reason(code: StatusCode | None) -> FailureReason | None:
    """Returns what `code` means by itself; None where it is used for anything."""
    return SPECIFIC_CODES.get(code[1:]) if code else None


def subject_reason(code: StatusCode | None) -> FailureReason | None:
    """Returns the little that the subject of an unspecific `code` says."""
    return (WEAK_CODES.get(code[1:]) or SUBJECTS.get(code[1])) if code else None
