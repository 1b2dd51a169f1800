"""A mail server on loopback that counts, and that can kill its client at a chosen moment.

`python -m sandbox.smtp FILE` runs it as a process of its own: it prints its port as a line
of JSON, writes the Message-ID of each mail into FILE before it confirms it, and serves until it is
stopped.
`ask_to_kill` arms one kill, over the same port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

LOOPBACK = "127.0.0.1"
END = b"\r\n.\r\n"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>\r\n]+)>", re.IGNORECASE | re.MULTILINE)
SIZE = re.compile(rb"SIZE=(\d+)", re.IGNORECASE)
GREETING = b"220 sandbox ESMTP\r\n"
EXTENSIONS = (
    b"250-sandbox\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 35882577\r\n"
)


class Moment(StrEnum):
    """In the order in which one mail passes them."""

    CONNECTED = "connected"  # before the greeting
    MAIL_FROM = "mail from"  # read, not answered
    RCPT = "rcpt"  # read, not answered
    DATA = "data"  # answered with 354
    HALFWAY = "halfway"  # half of the content is read
    BEFORE_REPLY = "before-reply"  # all of it is read, and counted; never answered
    AFTER_REPLY = "after-reply"  # answered with 250


@dataclass(frozen=True)
class Kill:
    """SIGKILL for this process, the n-th time that moment comes, from now on."""

    pid: int
    at: Moment
    mail: int = 1


@dataclass
class Counting:
    """What all connections share: the file of the accepted, and whom to kill when."""

    file: Path
    armed: Kill | None = None
    passed: Counter[Moment] = field(default_factory=Counter)

    def arm(self, kill: Kill) -> None:
        self.passed.clear()
        self.armed = kill

    def reach(self, moment: Moment) -> bool:
        """Whether somebody was killed for it."""
        self.passed[moment] += 1
        kill = self.armed
        if kill is None or kill.at is not moment or self.passed[moment] < kill.mail:
            return False
        self.armed = None
        with contextlib.suppress(ProcessLookupError):
            os.kill(kill.pid, signal.SIGKILL)
        return True

    def accept(self, content: bytes) -> None:
        """In the file before anybody is told: what is confirmed has been counted."""
        found = MESSAGE_ID.search(content)
        with self.file.open("ab", buffering=0) as counted:
            counted.write((found[1] if found else b"?") + b"\n")


def accepted(file: Path) -> list[str]:
    """The Message-IDs that were counted, in their order, each as often as it came."""
    return file.read_text().split() if file.exists() else []


class Connection(asyncio.Protocol):
    """One client. A killed one's last words are heard all the same, as any server would."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._unread = bytearray()
        self._content = False
        self._looked = 0  # how much of the content holds no end
        self._half: float = 1
        self._halfway = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._transport = transport
        self._counting.reach(Moment.CONNECTED)
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while self._content_read() if self._content else self._command_read():
            pass

    def _command_read(self) -> bool:
        end = self._unread.find(b"\n")
        if end < 0:
            return False
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        self._transport.write(self._answer(line))
        if self._content:
            self._counting.reach(Moment.DATA)
        return True

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._counting.reach(Moment.MAIL_FROM)
            told = SIZE.search(line)
            self._half = int(told[1]) / 2 if told else 1
        elif verb == b"RCPT":
            self._counting.reach(Moment.RCPT)
        elif verb == b"DATA":
            self._begin()
            return b"354 Go on\r\n"
        elif verb in (b"EHLO", b"HELO"):
            return EXTENSIONS
        elif verb == b"XKIL":
            return self._armed(line)
        elif verb == b"QUIT":
            return b"221 Bye\r\n"
        return b"250 OK\r\n"

    def _armed(self, line: bytes) -> bytes:
        try:
            pid, mail, moment = line.decode().split(maxsplit=3)[1:]
            self._counting.arm(Kill(int(pid), Moment(moment.strip()), int(mail)))
        except ValueError:
            return b"501 XKILL PID NTH MOMENT\r\n"
        return b"250 OK\r\n"

    def _begin(self) -> None:
        self._content, self._looked, self._halfway = True, 0, False
        # So that a dot on the very first line is an end like any other.
        self._unread[:0] = b"\r\n"

    def _content_read(self) -> bool:
        if not self._halfway and len(self._unread) - 2 >= self._half:
            self._halfway = True
            self._counting.reach(Moment.HALFWAY)
        end = self._unread.find(END, self._looked)
        if end < 0:
            self._looked = max(0, len(self._unread) - len(END))
            return False
        content = bytes(self._unread[2 : end + 2])
        del self._unread[: end + len(END)]
        self._content = False
        self._taken(content)
        return True

    def _taken(self, content: bytes) -> None:
        self._counting.accept(content)
        if self._counting.reach(Moment.BEFORE_REPLY):
            self._transport.close()
            return
        self._transport.write(b"250 OK\r\n")
        self._counting.reach(Moment.AFTER_REPLY)


@contextmanager
def sink(counting: Counting, port: int = 0) -> Iterator[int]:
    """A sink in a thread of this process, for as long as it is needed; gives its port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_listening(loop, counting, port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listening(
    loop: asyncio.AbstractEventLoop, counting: Counting, port: int
) -> asyncio.Server:
    return await loop.create_server(lambda: Connection(counting), LOOPBACK, port)


def ask_to_kill(port: int, kill: Kill) -> None:
    """Returns once it is armed; whatever came before does not count."""
    with socket.create_connection((LOOPBACK, port), 10) as line, line.makefile("rwb") as talk:
        talk.readline()
        talk.write(f"XKILL {kill.pid} {kill.mail} {kill.at}\r\n".encode())
        talk.flush()
        answer = talk.readline()
    if not answer.startswith(b"250"):
        raise ValueError(answer.decode())


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m sandbox.smtp")
    reader.add_argument("file", type=Path)
    reader.add_argument("--port", type=int, default=0)
    asked = reader.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Counting(asked.file), asked.port))


async def _serve(counting: Counting, port: int) -> None:
    server = await _listening(asyncio.get_running_loop(), counting, port)
    told = {"port": server.sockets[0].getsockname()[1]}
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()
    await server.serve_forever()
