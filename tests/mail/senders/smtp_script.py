"""A mail server with scripted replies: the n-th time a command comes, the n-th reply."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mail.message.mime import Mail
from mail.senders.protocol import Outcome, RecallResult
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connection import Timeouts
from mail.senders.smtp.reconnect import ReconnectPolicy
from mail.senders.smtp.sender import SmtpSender
from settings.errors import UnavailableError
from tests.mail.senders.test_conformance import LEASE_OWNER, mails

USUAL = {"connect": b"220 here\r\n", "DATA": b"354 go on\r\n", "QUIT": b"221 bye\r\n"}
SHORT_TIMEOUTS = Timeouts(connect=2, reply=0.4, final_reply=0.4, quit=0.4)


IDS = ("0001", "0002", "0003")
DEFAULT_REPLY = b"as usual"


class ReplyThenClose(bytes):
    """Send this and close."""


class ReplyThenSilence(bytes):
    """Send this, and nothing more."""


class ReplyThenIgnore(bytes):
    """Send this, and stop reading and writing."""


class ByteByByte(bytes):
    """Send this byte by byte."""


class ReplyThenReset(bytes):
    """After 354: read a part of the content, and reset the connection."""


ScriptedReplies = Mapping[str, Sequence[bytes]]


@dataclass
class Script:
    """The replies, and what was received."""

    replies: ScriptedReplies
    extensions: Sequence[str]
    joins_replies: bool = False  # replies to commands of one packet are sent in one packet
    watches_pipelining: bool = False  # detects pipelining, with a pause before each reply
    port: int = 0
    commands: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    was_hurried: bool = False  # the client sent a command before it had its reply
    counts: dict[str, int] = field(default_factory=dict)
    refused_domains: dict[str, bytes] = field(default_factory=dict)  # the reply to each at RCPT
    _has_recipient: bool = True

    @property
    def account(self) -> Smtp:
        return Smtp(server="127.0.0.1", port=self.port, encryption="none")

    @property
    def ids(self) -> list[str]:
        matches = [re.search(rb"\r\nMessage-ID: <([^@]+)@", match) for match in self.contents]
        return [match[1].decode() for match in matches if match]

    def reply_to(self, command: str, line: str = "") -> bytes:
        if command == "RCPT":
            refused = self.refused_domains.items()
            refusals = [refusal for domain, refusal in refused if f"@{domain}>" in line]
            self._has_recipient = not refusals
            if refusals:
                return refusals[0]
        if command == "DATA" and not self._has_recipient:
            return b"503 nobody to send it to\r\n"
        nth = self.counts[command] = self.counts.get(command, 0) + 1
        replies = self.replies.get(command, ())
        if nth <= len(replies) and replies[nth - 1] is not DEFAULT_REPLY:
            return replies[nth - 1]
        if command == "EHLO":
            lines = ["here", *self.extensions]
            return "".join(
                f"250{'-' if extension is not lines[-1] else ' '}{extension}\r\n"
                for extension in lines
            ).encode()
        return USUAL.get(command, b"250 fine\r\n")


@contextmanager
def run_scripted_server(
    replies: ScriptedReplies | None = None,
    *,
    extensions: Sequence[str] = ("PIPELINING", "SIZE 9000000"),
    joins_replies: bool = False,
    watches_pipelining: bool = False,
) -> Iterator[Script]:
    script = Script(replies or {}, extensions, joins_replies, watches_pipelining)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script.port = listener.getsockname()[1]
        threading.Thread(target=_serve, args=(listener, script), daemon=True).start()
        yield script
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, script: Script) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), connection:
            connection.settimeout(10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _ScriptedConversation(connection, script).run()


class _ConversationEndedError(Exception):
    """This conversation has ended."""


class _ScriptedConversation:
    def __init__(self, connection: socket.socket, script: Script) -> None:
        self._socket, self._script = connection, script
        self._unread = b""
        self._pending = b""

    def run(self) -> None:
        with suppress(_ConversationEndedError):
            self._reply("connect")
            while True:
                self._command()

    def _command(self) -> None:
        command = self._until(b"\r\n").decode(errors="replace")
        verb = re.split(r"[ :]", command, maxsplit=1)[0].strip().upper()
        self._script.commands.append(command.strip())
        self._reply(verb, command)
        if verb == "DATA" and self._last.startswith(b"354"):
            self._content()
        elif verb == "QUIT":
            raise _ConversationEndedError

    def _content(self) -> None:
        if isinstance(self._last, ReplyThenReset):
            self._socket.recv(1000)
            self._break()
        self._unread = b"\r\n" + self._unread
        self._script.contents.append(self._until(b"\r\n.\r\n")[2:-3])
        self._reply(".")

    def _reply(self, command: str, line: str = "") -> None:
        if self._script.watches_pipelining:
            self._script.was_hurried |= bool(self._unread) or self._has_more()
        self._last = reply = self._script.reply_to(command, line)
        if (
            self._script.joins_replies
            and self._unread
            and not isinstance(reply, ReplyThenClose | ReplyThenSilence)
        ):
            self._pending += reply
            return
        self._socket.sendall(self._pending)
        self._pending = b""
        self._write(reply)

    def _write(self, reply: bytes) -> None:
        step = 1 if isinstance(reply, ByteByByte) else max(len(reply), 1)
        for start in range(0, len(reply), step):
            self._socket.sendall(reply[start : start + step])
            time.sleep(0.001 if step == 1 else 0)
        if isinstance(reply, ReplyThenClose):
            raise _ConversationEndedError
        if isinstance(reply, ReplyThenIgnore):
            time.sleep(1.5)
            raise _ConversationEndedError
        if isinstance(reply, ReplyThenSilence):
            with suppress(OSError):
                while self._socket.recv(65536):
                    pass
            raise _ConversationEndedError

    def _break(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _ConversationEndedError

    def _has_more(self) -> bool:
        self._socket.settimeout(0.02)
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(10)

    def _until(self, end: bytes) -> bytes:
        while end not in self._unread:
            data = self._socket.recv(65536)
            if not data:
                raise _ConversationEndedError
            self._unread += data
        content, _, self._unread = self._unread.partition(end)
        return content + end


@dataclass
class DeliveryLog:
    """Outcomes, the error if any, and what is recalled."""

    outcomes: list[Outcome] = field(default_factory=list)
    error: str = ""
    pauses: list[float] = field(default_factory=list)  # before new connections, in seconds
    recalled: RecallResult = field(default_factory=RecallResult)


def deliver(
    script: Script,
    folder: Path,
    *batches: Sequence[Mail],
    account: Smtp | None = None,
    timeouts: Timeouts = SHORT_TIMEOUTS,
) -> DeliveryLog:
    log = DeliveryLog()
    sender = SmtpSender(
        account or script.account,
        folder,
        timeouts=timeouts,
        reconnects=ReconnectPolicy(sleep=log.pauses.append),
    )
    with sender.delivery(LEASE_OWNER) as delivery:
        try:
            for batch in batches or [mails(*IDS)]:
                for outcome in delivery.send(batch):
                    log.outcomes.append(outcome)
        except UnavailableError as error:
            log.error = str(error)
        log.recalled = sender.recall(dict.fromkeys(IDS, LEASE_OWNER))
    assert all(content.startswith(b"From: ") for content in script.contents if content)
    return log
