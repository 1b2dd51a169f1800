"""A delivery over one SMTP connection; at most one mail can be in doubt.

With PIPELINING (RFC 2920) the dot that ends a mail and the envelope of the next one travel
together, so that a mail costs one round trip. The next mail's content is sent only after the reply
to the dot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import chain, pairwise
from typing import TypeVar

from mail.message.headers import InvalidMailError
from mail.message.mime import Mail
from mail.senders.journal import Journal
from mail.senders.protocol import UNCHECKED, Accepted, Outcome, Refused, SendCheck, Withheld
from mail.senders.smtp.connection import (
    RETRY_HINT,
    ConnectionLostError,
    ServerClosingError,
    SmtpConnection,
)
from mail.senders.smtp.envelope import END_OF_DATA, Capabilities, SmtpMail, build_smtp_mail
from mail.senders.smtp.reconnect import ReconnectPolicy, Reconnects
from mail.senders.smtp.reply_codes import (
    START_MAIL_INPUT,
    SmtpReply,
    concerns_single_mail,
    concerns_whole_shop,
    may_concern_whole_shop,
    redact_addresses,
    refusal_outcome,
)
from mail.senders.smtp.shop_refusals import ShopRefusals
from settings.errors import UnavailableError

RESET = b"RSET\r\n"
DATA = b"DATA\r\n"
OpenSession = Callable[[], tuple[SmtpConnection, Capabilities]]
T = TypeVar("T")
PreparedMail = SmtpMail | Refused | Exception


class EnvelopeStage(Enum):
    """The commands before a mail's content."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"


STAGES = tuple(EnvelopeStage)


class SmtpDelivery:
    """Raises UnavailableError; the journal tells what became of the mails until then."""

    def __init__(
        self, open_session: OpenSession, journal: Journal, policy: ReconnectPolicy
    ) -> None:
        self._open = open_session
        self._journal = journal
        self._connection: SmtpConnection | None = None
        self._capabilities = Capabilities()  # of the latest connection
        self._pipelined: SmtpMail | None = None  # its envelope has been sent, but not its content
        self._needs_reset = False  # an envelope must be reset before the next
        self._is_undecided = False  # a dot was sent, and its reply has not been read
        self._reconnects = Reconnects(policy)
        self._check: SendCheck = UNCHECKED
        self._shop_refusals = ShopRefusals()

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        """Sends `mails` and yields an outcome for each, in their order."""
        self._check, self._is_undecided = check, False
        self._journal.begin_batch([mail.message_id for mail in mails])
        try:
            if mails:
                self._repeat(self._connected)
            for current, upcoming in pairwise(chain(map(self._prepare, mails), [None])):
                if current:
                    yield self._outcome(current, upcoming)
        except BaseException:
            # After an interruption the server is inside a mail, which must never be ended.
            self._drop_connection()
            raise
        self._shop_refusals.end_batch()

    def outcomes_saved(self) -> None:
        """Clears the journal."""
        self._journal.clear()

    def close(self) -> None:
        """Sends QUIT where the session is in a state for it, and closes."""
        if self._connection and not self._pipelined:
            self._connection.quit()
            self._forget_connection()
        self._drop_connection()

    def _prepare(self, mail: Mail) -> PreparedMail:
        """An error of one mail is kept until the mail before has its outcome."""
        try:
            return build_smtp_mail(mail, self._capabilities)
        except InvalidMailError as error:
            return Refused(mail.message_id, redact_addresses(str(error)))
        except Exception as fault:  # noqa: BLE001  # raised in its turn
            return fault

    def _outcome(self, current: PreparedMail, upcoming: PreparedMail | None) -> Outcome:
        if isinstance(current, Exception):
            raise current
        if isinstance(current, Refused):
            return current
        if self._shop_refusals.holds(current):
            return Withheld(current.message_id)
        following = upcoming if isinstance(upcoming, SmtpMail) else None
        outcome = self._repeat(lambda: self._send_mail(current, following))
        self._reconnects.mail_answered()
        if isinstance(outcome, Accepted):
            self._shop_refusals.mail_accepted(current)
        return outcome

    def _repeat(self, attempt: Callable[[], T]) -> T:
        """Repeats `attempt` over a new connection where the server closed the one it had.

        A 421 means that a command was not executed (RFC 5321 §4.2.1), and a mail without its dot
        must be discarded (§4.1.1.4): nothing is sent twice. Where the connection breaks after the
        dot, the mail is in doubt, and the delivery ends.
        """

        def attempt_once() -> T:
            try:
                return attempt()
            except ConnectionLostError:
                self._drop_connection()
                raise

        return self._reconnects.repeat(attempt_once, give_up=lambda: self._is_undecided)

    def _send_mail(self, mail: SmtpMail, upcoming: SmtpMail | None) -> Outcome:
        if self._pipelined is not mail and not self._is_permitted(mail):
            return Withheld(mail.message_id)
        refusal = self._send_envelope(mail)
        if refusal is None and not self._is_permitted(mail):
            # The server waits for its content: only a closed connection takes the envelope back.
            self._drop_connection()
            return Withheld(mail.message_id)
        if refusal is None:
            # Not noted yet: without the dot a server must discard the mail (RFC 5321 §4.1.1.4,
            # §4.1.1.10).
            self._connected().send(mail.content, more_follows=True)
            refusal = self._end_content(mail, upcoming)
        return refusal or Accepted(mail.message_id)

    def _is_permitted(self, mail: SmtpMail) -> bool:
        return mail.message_id in self._check.permitted([mail.message_id])

    def _send_envelope(self, mail: SmtpMail) -> Outcome | None:
        refusal: Outcome | None = None
        reply = None
        try:
            for stage, reply in zip(STAGES, self._envelope_replies(mail), strict=False):
                refusal = refusal or self._stage_refusal(mail, stage, reply)
                if refusal and not self._capabilities.pipelining:
                    break
            if refusal:
                self._cancel_envelope(reply)
        except ConnectionLostError:
            # Some servers close on a pipelined DATA after a refusal, which has been read.
            if not refusal:
                raise
            self._drop_connection()
        return refusal

    def _envelope_replies(self, mail: SmtpMail) -> Iterator[SmtpReply]:
        connection = self._connected()
        if not self._capabilities.pipelining:
            if self._needs_reset:
                connection.command(RESET)
            self._needs_reset = True
            yield from map(connection.command, (*mail.envelope, DATA))
            return
        if self._pipelined is not mail:
            connection.send(self._envelope_bytes(mail))
        self._pipelined = None
        if self._needs_reset:
            connection.read_reply()
        self._needs_reset = True
        for _ in STAGES:
            yield connection.read_reply()

    def _envelope_bytes(self, mail: SmtpMail) -> bytes:
        """Everything before the content, in one write."""
        return b"".join((RESET if self._needs_reset else b"", *mail.envelope, DATA))

    def _stage_refusal(
        self, mail: SmtpMail, stage: EnvelopeStage, reply: SmtpReply
    ) -> Outcome | None:
        connection = self._connected()
        if reply.code == START_MAIL_INPUT if stage is EnvelopeStage.DATA else reply.is_positive:
            return None
        if not (reply.is_transient or reply.is_permanent):
            raise connection.protocol_error()
        if stage is EnvelopeStage.MAIL and not concerns_single_mail(reply):
            raise UnavailableError(
                f"{connection.name} takes no mail from us: {reply}. {CHECK_CONFIG} {RETRY_HINT}"
            )
        if stage is EnvelopeStage.RCPT:
            return self._rcpt_refusal(mail, reply)
        return refusal_outcome(mail.message_id, reply)

    def _rcpt_refusal(self, mail: SmtpMail, reply: SmtpReply) -> Outcome:
        error = UnavailableError(
            f"{self._connected().name} passes on no mail of ours: {reply}. {CHECK_CONFIG} "
            f"{RETRY_HINT}"
        )
        if concerns_whole_shop(reply):
            raise error
        if may_concern_whole_shop(reply):
            return self._shop_refusals.judge(mail, reply, error)
        return refusal_outcome(mail.message_id, reply)

    def _cancel_envelope(self, last_reply: SmtpReply | None) -> None:
        """RFC 2920 §3.1: a server that accepts DATA after a refusal gets an empty mail."""
        if last_reply and last_reply.code == START_MAIL_INPUT:
            self._connected().command(END_OF_DATA)
            self._needs_reset = False

    def _end_content(self, mail: SmtpMail, upcoming: SmtpMail | None) -> Outcome | None:
        """Sends the dot, after a note in the journal: from here on the server may have the mail."""
        connection = self._connected()
        message_ids = [mail.message_id]
        self._needs_reset = False
        pipelined = self._pipelinable(upcoming)
        content = END_OF_DATA + (self._envelope_bytes(pipelined) if pipelined else b"")
        self._journal.note_sending(message_ids)
        try:
            sent_bytes = connection.send_first(content)
        except UnavailableError:
            self._journal.note_rejected(message_ids)
            raise
        self._is_undecided = True
        if sent_bytes < len(content):
            connection.send(content[sent_bytes:])
        self._pipelined = pipelined
        return self._read_final_reply(mail.message_id)

    def _pipelinable(self, upcoming: SmtpMail | None) -> SmtpMail | None:
        if upcoming is None or not self._capabilities.pipelining:
            return None
        is_held = self._shop_refusals.holds(upcoming)
        return None if is_held or self._check.is_withheld(upcoming.message_id) else upcoming

    def _read_final_reply(self, message_id: str) -> Outcome | None:
        connection = self._connected()
        try:
            reply = connection.read_reply(connection.timeouts.final_reply)
        except ServerClosingError:
            # RFC 5321 §4.2.1: a 4xx command has not been executed.
            self._journal.note_rejected([message_id])
            self._is_undecided = False
            raise
        if reply.is_positive:
            self._journal.note_accepted([message_id])
            self._is_undecided = False
            return None
        if not (reply.is_transient or reply.is_permanent):
            raise connection.protocol_error()
        self._journal.note_rejected([message_id])
        self._is_undecided = False
        return refusal_outcome(message_id, reply)

    def _connected(self) -> SmtpConnection:
        if self._connection is None:
            self._connection, self._capabilities = self._open()
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection:
            self._connection.close()
        self._forget_connection()

    def _forget_connection(self) -> None:
        self._connection = self._pipelined = None
        self._needs_reset = False


CHECK_CONFIG = "Look at `from`, and at `user` and `password` under smtp."
