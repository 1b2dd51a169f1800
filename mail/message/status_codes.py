"""Enhanced status codes (RFC 3463): whether a failure is permanent for the address."""

from __future__ import annotations

import re

from shop.consent.suppressions import EventKind

STATUS_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
# RFC 3463 §3.2 and §3.3, RFC 7505 §4.2 for 5.1.10. Not 5.1.0, 5.1.7, 5.1.8: those may be about the
# sender's address, and a mistyped sender would suppress all customers of the shop.
NO_SUCH_ADDRESS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
# Texts of servers that give no such code, only 550 or 5.0.0.
UNKNOWN_USER = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address|person)"
    r"|no mailbox here by that name|recipient (?:not found|unknown)|unknown recipient"
    r"|(?:user|account|mailbox|address|recipient) (?:does not|doesn't) exist"
    r"|unrouteable address|mailbox not found|invalid (?:mailbox|recipient)",
    re.IGNORECASE,
)
ACTION_KINDS = {
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    # RFC 3464 §2.3.3: no further reports follow.
    "relayed": EventKind.ACCEPTED,
    "expanded": EventKind.ACCEPTED,
}

StatusCode = tuple[int, int, int]


def report_kind(action: str, status: str, diagnostic: str) -> EventKind:
    """Returns what a DSN's fields mean for one recipient (RFC 3464 §2.3)."""
    code = effective_code(status, diagnostic)
    if action in ACTION_KINDS:
        return ACTION_KINDS[action]
    if action == "failed" or (code and code[0] == 5):
        return failure_kind(code, diagnostic)
    if code:
        return EventKind.DEFERRED if code[0] == 4 else EventKind.DELIVERED
    return EventKind.UNKNOWN


def failure_kind(code: StatusCode | None, text: str) -> EventKind:
    """Returns BOUNCED for a permanent failure of the address itself, else SOFT_BOUNCED.

    `text` decides where there is no `code` or only an unspecific one.
    """
    if code and code[1:] != (0, 0):
        is_hard = code[0] == 5 and code[1:] in NO_SUCH_ADDRESS
    else:
        is_hard = (code is None or code[0] == 5) and bool(UNKNOWN_USER.search(text))
    return EventKind.BOUNCED if is_hard else EventKind.SOFT_BOUNCED


def effective_code(status: str, diagnostic: str) -> StatusCode | None:
    """Returns the code of `status`; where that is unspecific (x.0.0), the one in `diagnostic`."""
    report_code, server_code = first_status_code(status), first_status_code(diagnostic)
    if report_code and report_code[1:] != (0, 0):
        return report_code
    return server_code or report_code


def first_status_code(text: str) -> StatusCode | None:
    """Returns the first enhanced status code in `text`."""
    match = STATUS_CODE.search(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
