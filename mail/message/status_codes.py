"""What a mail server's code says of an address: never again, or only not now."""

from __future__ import annotations

import re

from shop.consent.suppressions import Kind

CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
# RFC 3463 §3.2 and §3.3, RFC 7505 §4.2 for 5.1.10. Not 5.1.0, 5.1.7, 5.1.8: those may be about the
# sender's address, and a sender who was mistyped would cost the shop all its customers.
NO_SUCH_ADDRESS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
# What servers write that give no such code, only 550 or 5.0.0.
NOBODY_THERE = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address|person)"
    r"|no mailbox here by that name|recipient (?:not found|unknown)|unknown recipient"
    r"|(?:user|account|mailbox|address|recipient) (?:does not|doesn't) exist"
    r"|unrouteable address|mailbox not found|invalid (?:mailbox|recipient)",
    re.IGNORECASE,
)
ACTIONS = {
    "delayed": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    # RFC 3464 §2.3.3: beyond there nobody reports any more.
    "relayed": Kind.ACCEPTED,
    "expanded": Kind.ACCEPTED,
}

Code = tuple[int, int, int]


def kind_of(action: str, status: str, diagnostic: str) -> Kind:
    """What a report comes to for one recipient."""
    code = code_of(status, diagnostic)
    if action in ACTIONS:
        return ACTIONS[action]
    if action == "failed" or (code and code[0] == 5):
        return failure(code, diagnostic)
    if code:
        return Kind.DEFERRED if code[0] == 4 else Kind.DELIVERED
    return Kind.UNKNOWN


def failure(code: Code | None, words: str) -> Kind:
    """A failure for good is about the address; any other may be over tomorrow."""
    if code and code[1:] != (0, 0):
        hard = code[0] == 5 and code[1:] in NO_SUCH_ADDRESS
    else:
        hard = (code is None or code[0] == 5) and bool(NOBODY_THERE.search(words))
    return Kind.BOUNCED if hard else Kind.BOUNCED_FOR_NOW


def code_of(status: str, diagnostic: str) -> Code | None:
    """The report's own code; where that only says "failed", the one the other server gave."""
    own, told = first(status), first(diagnostic)
    if own and own[1:] != (0, 0):
        return own
    return told or own


def first(words: str) -> Code | None:
    found = CODE.search(words)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
