"""One connection to a mail server: lines go out, answers come back, each in its time."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

from mail.senders.smtp.reply_codes import CLOSING, LONGEST_LINE, NotAReply, Reply, reply_of
from settings.errors import OutOfReach

AT_ONCE = 65536
MORE = getattr(socket, "MSG_MORE", 0)  # Linux alone has it; without it all works the same


class HungUp(OutOfReach):
    """The connection is no more."""


class Closing(HungUp):
    """The server said so itself, instead of doing what it was asked."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    RFC 5321 §4.5.3.2 grants 5 minutes to an answer and 10 to the one after a mail's last dot; to
    give that one up early would leave a mail in doubt. The greeting gets less than its 5 minutes:
    behind the wrong port it never comes, and somebody is waiting.
    """

    connect: float = 30
    answer: float = 300
    verdict: float = 600
    goodbye: float = 3


class Conversation:
    """What it raises is OutOfReach, with a sentence that names the server."""

    def __init__(self, server: str, port: int, patience: Patience) -> None:
        self.name = f"The mail server {server}:{port}"
        self.patience = patience
        self.encrypted = False
        self._server = server
        self._unread = b""
        self._socket = self._connected(port)

    @property
    def on_this_machine(self) -> bool:
        peer = str(self._socket.getpeername()[0])
        return peer.startswith("127.") or peer == "::1"

    @property
    def own_name(self) -> bytes:
        """RFC 5321 §4.1.3: an address in brackets, for few shops' machines have a public name."""
        host = str(self._socket.getsockname()[0]).partition("%")[0]
        return (f"[IPv6:{host}]" if ":" in host else f"[{host}]").encode()

    def encrypt(self, context: ssl.SSLContext) -> None:
        """From here on nobody reads along, and it is really that server."""
        if self._unread:
            # Somebody on the way may have put words in before they could be told apart.
            raise OutOfReach(f"{self.name} spoke out of turn before it was encrypted. {WAITS}")
        self._socket.settimeout(self.patience.connect)
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=self._server)
        except ssl.SSLCertVerificationError as error:
            raise OutOfReach(
                f"{self.name} shows a certificate that is not to be trusted:"
                f" {error.verify_message.rstrip('.')}. Look at `server` under smtp. {WAITS}"
            ) from error
        except OSError as error:
            raise OutOfReach(
                f"{self.name} could not be spoken to in secret. Look at `port` and `encryption`"
                f" under smtp: tls is usual at port 465, starttls at the others. {WAITS}"
            ) from error
        self.encrypted = True

    def say(self, words: bytes, *, more: bool = False) -> None:
        """With `more` to follow at once, the system may keep the rest of a packet back for it."""
        try:
            self._socket.settimeout(self.patience.answer)
            self._socket.sendall(words, MORE if more and not self.encrypted else 0)
        except OSError as error:
            raise self._gone(error) from error

    def begin_to_say(self, words: bytes) -> int:
        """How many of these bytes have left. Where it raises, not one of them has.

        An answer to no question, still unread, would pass for the answer to these.
        """
        if self._unread:
            raise self.nonsense()
        try:
            self._socket.settimeout(self.patience.answer)
            return self._socket.send(words)
        except OSError as error:
            raise self._gone(error) from error

    def hear(self, seconds: float | None = None) -> Reply:
        """The next answer, whole; HungUp where the server says that it is closing."""
        until = time.monotonic() + (self.patience.answer if seconds is None else seconds)
        lines: list[bytes] = []
        reply = None
        try:
            while reply is None:
                lines.append(self._line(until))
                reply = reply_of(lines)
        except NotAReply:
            raise self.nonsense() from None
        if reply.code == CLOSING:
            raise Closing(f"{self.name} is closing: {reply}. {WAITS}")
        return reply

    def asked(self, words: bytes) -> Reply:
        self.say(words)
        return self.hear()

    def nonsense(self) -> OutOfReach:
        return OutOfReach(
            f"{self.name} does not speak as a mail server does. Look at `server`, `port` and"
            f" `encryption` under smtp. {WAITS}"
        )

    def close(self) -> None:
        self._socket.close()

    def take_leave(self) -> None:
        """RFC 5321 §4.1.1.10: QUIT, and its answer, but not for ever."""
        try:
            self.say(b"QUIT\r\n")
            self.hear(self.patience.goodbye)
        except OutOfReach:
            pass  # all that mattered has been answered
        self.close()

    def _connected(self, port: int) -> socket.socket:
        try:
            found = socket.create_connection((self._server, port), self.patience.connect)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "it does not answer"
            raise OutOfReach(
                f"{self.name} cannot be reached: {why}. Look at `server` and `port` under smtp."
                f" {WAITS}"
            ) from error
        # A mail's last bytes are a write of their own, and must not wait for the ones before.
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > LONGEST_LINE:
                raise NotAReply
            self._unread += self._received(until)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _received(self, until: float) -> bytes:
        try:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            data = self._socket.recv(AT_ONCE)
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise HungUp(f"{self.name} closed the connection. {WAITS}")
        return data

    def _gone(self, error: OSError) -> OutOfReach:
        if isinstance(error, TimeoutError):
            return OutOfReach(f"{self.name} does not answer any more. {WAITS}")
        return HungUp(f"{self.name} broke off the connection. {WAITS}")


WAITS = "What was not sent waits: run it again."
