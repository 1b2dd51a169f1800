"""One delivery through a mail server: one connection, at most one mail in doubt.

With PIPELINING (RFC 2920) the dot that ends a mail and the envelope of the next one travel
together, so that a mail costs one round trip. The next one's content stays here until the server
has said what became of the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import chain, pairwise

from mail.message.headers import BadMail
from mail.message.mime import Mail
from mail.senders.journal import Journal
from mail.senders.protocol import Accepted, Outcome, Refused
from mail.senders.smtp.connection import WAITS, Closing, Conversation, HungUp
from mail.senders.smtp.envelope import END, Letter, Offers, letter_of
from mail.senders.smtp.reply_codes import (
    BEGIN,
    Reply,
    at_address,
    at_content,
    of_everybody,
    only_this_mail,
    without_addresses,
)
from settings.errors import OutOfReach

RESET = b"RSET\r\n"
DATA = b"DATA\r\n"
Open = Callable[[], tuple[Conversation, Offers]]
Prepared = Letter | Refused | Exception


class Asked(Enum):
    """The three questions before a mail's content."""

    MAY_I_SEND = "MAIL"
    TO_THIS_ADDRESS = "RCPT"
    MAY_I_BEGIN = "DATA"


class SmtpDelivery:
    """What it raises is OutOfReach; what became of the mails until then, the journal knows."""

    def __init__(self, open_: Open, notes: Journal) -> None:
        self._open = open_
        self._notes = notes
        self._line: Conversation | None = None
        self._offers = Offers()  # of the latest connection
        self._ahead: Letter | None = None  # whose envelope has travelled, but no more
        self._pending = False  # an envelope is there that must be taken back before the next
        self._proven = False  # this connection has taken, or refused, a mail

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        try:
            if mails:
                self._ready()
            for this, following in pairwise(chain(map(self._prepared, mails), [None])):
                if this:
                    yield self._outcome(this, following)
        except BaseException:
            # Who stops half-way leaves the server in the middle of a mail: it must never be ended.
            self._hang_up()
            raise

    def settled(self) -> None:
        self._notes.settled()

    def end(self) -> None:
        """Say goodbye, where there is somebody to say it to."""
        if self._line and not self._ahead:
            self._line.take_leave()
            self._forget_connection()
        self._hang_up()

    def _prepared(self, mail: Mail) -> Prepared:
        """A trouble with one mail is kept until the one before it has its outcome."""
        try:
            return letter_of(mail, self._offers)
        except BadMail as error:
            return Refused(mail.message_id, without_addresses(str(error)))
        except Exception as fault:  # noqa: BLE001  # raised in its turn
            return fault

    def _outcome(self, this: Prepared, following: Prepared | None) -> Outcome:
        if isinstance(this, Exception):
            raise this
        if isinstance(this, Refused):
            return this
        return self._sent(this, following if isinstance(following, Letter) else None)

    def _sent(self, letter: Letter, following: Letter | None) -> Outcome:
        refused = self._let_in(letter)
        if refused is None:
            # Not noted yet: a mail whose dot never came must not be accepted (RFC 5321 §4.1.1.10:
            # a connection that is lost cancels what is pending; §4.1.1.4: the dot ends the mail).
            self._ready().say(letter.content, more=True)
            refused = self._ended(letter, following)
        self._proven = self._line is not None
        return refused or Accepted(letter.message_id)

    def _let_in(self, letter: Letter) -> Outcome | None:
        """What the server has against this mail; a connection it tired of is opened once more.

        Servers close what is idle, and some after so many mails. Nothing of this one has gone, and
        a connection that never took a mail is not tried again.
        """
        while True:
            try:
                return self._questioned(letter)
            except HungUp:
                if not self._proven:
                    raise
                self._hang_up()

    def _questioned(self, letter: Letter) -> Outcome | None:
        refused: Outcome | None = None
        reply = None
        try:
            for asked, reply in zip(Asked, self._answers(letter), strict=False):
                refused = refused or self._refusal(letter.message_id, asked, reply)
                if refused and not self._offers.pipelining:
                    break
            if refused:
                self._take_back(reply)
        except HungUp:
            # Some close the door on a pipelined DATA after a refusal: that has been heard, though.
            if not refused:
                raise
            self._hang_up()
        return refused

    def _answers(self, letter: Letter) -> Iterator[Reply]:
        line = self._ready()
        if not self._offers.pipelining:
            if self._pending:
                line.asked(RESET)
            self._pending = True
            yield from map(line.asked, (*letter.envelope, DATA))
            return
        if self._ahead is not letter:
            line.say(self._envelope(letter))
        self._ahead = None
        if self._pending:
            line.hear()
        self._pending = True
        for _ in Asked:
            yield line.hear()

    def _envelope(self, letter: Letter) -> bytes:
        """All that comes before the content, in one go."""
        return b"".join((RESET if self._pending else b"", *letter.envelope, DATA))

    def _refusal(self, message_id: str, asked: Asked, reply: Reply) -> Outcome | None:
        line = self._ready()
        if reply.code == BEGIN if asked is Asked.MAY_I_BEGIN else reply.is_yes:
            return None
        if not (reply.is_later or reply.is_no):
            raise line.nonsense()
        if asked is Asked.MAY_I_SEND and not only_this_mail(reply):
            raise OutOfReach(f"{line.name} takes no mail from us: {reply}. {LOOK_AT_ALL} {WAITS}")
        if asked is Asked.TO_THIS_ADDRESS and of_everybody(reply):
            raise OutOfReach(
                f"{line.name} passes on no mail of ours: {reply}. {LOOK_AT_ALL} {WAITS}"
            )
        if asked is Asked.TO_THIS_ADDRESS:
            return at_address(message_id, reply)
        return at_content(message_id, reply)

    def _take_back(self, last: Reply | None) -> None:
        """RFC 2920 §3.1: who lets us begin all the same gets a mail of nothing, for nobody."""
        if last and last.code == BEGIN:
            self._ready().asked(END)
            self._pending = False

    def _ended(self, letter: Letter, following: Letter | None) -> Outcome | None:
        """The dot, which the journal hears of first: from it on the server may have the mail."""
        line = self._ready()
        one = [letter.message_id]
        self._pending = False
        ahead = following if self._offers.pipelining else None
        words = END + (self._envelope(ahead) if ahead else b"")
        self._notes.going(one)
        try:
            left = line.begin_to_say(words)
        except OutOfReach:
            self._notes.not_taken(one)
            raise
        if left < len(words):
            line.say(words[left:])
        self._ahead = ahead
        return self._judged(letter.message_id)

    def _judged(self, message_id: str) -> Outcome | None:
        line = self._ready()
        try:
            reply = line.hear(line.patience.verdict)
        except Closing:
            # RFC 5321 §4.2.1: whatever begins with 4 has not been done.
            self._notes.not_taken([message_id])
            raise
        if reply.is_yes:
            self._notes.taken([message_id])
            return None
        if not (reply.is_later or reply.is_no):
            raise line.nonsense()
        self._notes.not_taken([message_id])
        return at_content(message_id, reply)

    def _ready(self) -> Conversation:
        if self._line is None:
            self._line, self._offers = self._open()
        return self._line

    def _hang_up(self) -> None:
        if self._line:
            self._line.close()
        self._forget_connection()

    def _forget_connection(self) -> None:
        self._line = self._ahead = None
        self._pending = self._proven = False


LOOK_AT_ALL = "Look at `from`, and at `user` and `password` under smtp."
