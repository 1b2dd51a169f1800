"""What a mail server says, and what that means for a mail."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mail.message.status_codes import NOBODY_THERE
from mail.senders.protocol import Later, NoSuchAddress, Refused

# RFC 5321 §4.5.3.1.5 allows 512; some write whole links into theirs.
LONGEST_LINE = 4096
MOST_LINES = 100
LONGEST_QUOTE = 200

LINE = re.compile(r"([2-5]\d\d)(?:([ -])(.*))?")
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)")
ADDRESS = re.compile(r"<?[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+>?")
# What servers say to whom they do not know: Postfix and Sendmail, Exim, Exchange, qmail.
NOT_KNOWN = re.compile(
    r"\brelay(?:ing)?\b(?: \w+){0,2} (?:denied|not|prohibited)\b"
    r"|\b(?:unable|not) (?:\w+ )?(?:to )?relay\b|\brcpthosts\b|\bauthenticat",
    re.IGNORECASE,
)

# What they say when the shop has sent too much, or is on somebody's list: no address is to blame.
HAD_ENOUGH = re.compile(
    r"\bsending (?:quota|limit)|\b(?:quota|limit|max\w*)\b.*\b(?:hour|day)|\b(?:hour|dai)ly\b"
    r"|\btoo many (?:messages|mails|e-?mails|connections|recipients)\b"
    r"|\bblock(?:ed|list\w*| list)\b|\bblacklist|\bspamhaus\b|\breputation\b"
    r"|\bspf\b|\bdkim\b|\bdmarc\b",
    re.IGNORECASE,
)

CLOSING = 421
BEGIN = 354
TOO_LARGE = 552
# RFC 5321 §3.5.3 and §3.4; 553 is also said of a name that cannot be one.
NO_MAILBOX = (550, 551, 553)
# RFC 3463 §3.2: the only two of its group that speak of the sender.
SENDERS_FAULT = ("5.1.7", "5.1.8")


class NotAReply(Exception):
    """What came is not SMTP."""


@dataclass(frozen=True)
class Reply:
    """One answer, of one line or several."""

    code: int
    lines: tuple[str, ...]

    @property
    def is_yes(self) -> bool:
        return self.code // 100 == 2

    @property
    def is_later(self) -> bool:
        return self.code // 100 == 4

    @property
    def is_no(self) -> bool:
        return self.code // 100 == 5

    @property
    def enhanced(self) -> str:
        """RFC 3463: what the code means more exactly, where the server says it."""
        found = ENHANCED.match(self.lines[0])
        return found[0] if found else ""

    def __str__(self) -> str:
        """For people: no address of anybody, and not longer than a line."""
        said = without_addresses(" ".join(self.lines))
        return f"{self.code} {said}"[:LONGEST_QUOTE].rstrip()


def without_addresses(text: str) -> str:
    """Reasons are kept and logged; whose address it was, the message itself knows."""
    return ADDRESS.sub("this address", text)


def reply_of(lines: list[bytes]) -> Reply | None:
    """The answer these lines are, None while the last one is still missing."""
    parted = [LINE.fullmatch(_plain(line)) for line in lines]
    if not all(parted) or len(lines) > MOST_LINES:
        raise NotAReply
    codes = {found[1] for found in parted if found}
    if len(codes) > 1:
        raise NotAReply
    if parted[-1] and parted[-1][2] == "-":
        return None
    return Reply(int(codes.pop()), tuple(found[3] or "" for found in parted if found))


def _plain(line: bytes) -> str:
    text = line.rstrip(b"\r\n").decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def of_everybody(reply: Reply) -> bool:
    """Whether a refusal at the address is about the shop: no other mail would fare better."""
    if reply.code == 530 or reply.enhanced in SENDERS_FAULT:
        return True
    about_address = reply.enhanced.startswith("5.1.")
    said = str(reply)
    about_shop = NOT_KNOWN.search(said) or HAD_ENOUGH.search(said)
    return reply.is_no and not about_address and bool(about_shop)


def at_address(message_id: str, reply: Reply) -> Later | NoSuchAddress | Refused:
    """What a refusal at RCPT means for this mail; a bare 550 may mean anything at all."""
    bare = reply.code in NO_MAILBOX and not reply.enhanced
    if bare and NOBODY_THERE.search(str(reply)):
        return NoSuchAddress(message_id, str(reply))
    return at_content(message_id, reply)


def at_content(message_id: str, reply: Reply) -> Later | NoSuchAddress | Refused:
    """What a refusal of the mail itself means; some servers know their mailboxes only now."""
    if reply.is_later:
        return Later(message_id, str(reply))
    if reply.enhanced.startswith("5.1.") and reply.enhanced not in SENDERS_FAULT:
        return NoSuchAddress(message_id, str(reply))
    return Refused(message_id, str(reply))


def only_this_mail(reply: Reply) -> bool:
    """Whether a refusal at MAIL is about this mail, not about who sends: its size, its letters."""
    return reply.code == TOO_LARGE or reply.enhanced in ("5.3.4", "5.6.7")
