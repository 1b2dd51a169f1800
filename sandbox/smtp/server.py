"""An SMTP server on loopback that logs accepted mails and can kill its client at a given stage.

`python -m sandbox.smtp FILE` runs it in a process: it prints its port as a line of JSON, appends
the Message-ID of each mail to FILE before it confirms it, and serves until it is stopped.
`arm_kill` arms one kill, over the same port.
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


class SmtpStage(StrEnum):
    """The stages of one mail, in their order."""

    CONNECTED = "connected"  # before the greeting
    MAIL_FROM = "mail from"  # read, not answered
    RCPT = "rcpt"  # read, not answered
    DATA = "data"  # answered with 354
    HALFWAY = "halfway"  # half of the content is read
    BEFORE_REPLY = "before-reply"  # all of it is read, and counted; never answered
    AFTER_REPLY = "after-reply"  # answered with 250


@dataclass(frozen=True)
class Kill:
    """SIGKILL for process `pid`, the `nth` time from now that `stage` is reached."""

    pid: int
    stage: SmtpStage
    nth: int = 1


@dataclass
class ServerState:
    """State shared by all connections: the log of accepted mails and the armed kill."""

    file: Path
    armed_kill: Kill | None = None
    passed: Counter[SmtpStage] = field(default_factory=Counter)

    def arm(self, kill: Kill) -> None:
        self.passed.clear()
        self.armed_kill = kill

    def reach(self, stage: SmtpStage) -> bool:
        """Count `stage`; returns whether the armed kill was carried out."""
        self.passed[stage] += 1
        kill = self.armed_kill
        if kill is None or kill.stage is not stage or self.passed[stage] < kill.nth:
            return False
        self.armed_kill = None
        with contextlib.suppress(ProcessLookupError):
            os.kill(kill.pid, signal.SIGKILL)
        return True

    def accept(self, content: bytes) -> None:
        """Log the Message-ID of `content` before the reply: every confirmed mail is logged."""
        match = MESSAGE_ID.search(content)
        with self.file.open("ab", buffering=0) as log:
            log.write((match[1] if match else b"?") + b"\n")


def accepted_message_ids(file: Path) -> list[str]:
    """Return the Message-IDs in `file`, in their order, with repetitions."""
    return file.read_text().split() if file.exists() else []


class Connection(asyncio.Protocol):
    """One client's connection. Bytes that a killed client sent are still processed."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._unread = bytearray()
        self._in_content = False
        self._searched = 0  # bytes of the content already searched for its end
        self._half_size: float = 1
        self._passed_half = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._transport = transport
        self._state.reach(SmtpStage.CONNECTED)
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while self._read_content() if self._in_content else self._read_command():
            pass

    def _read_command(self) -> bool:
        end = self._unread.find(b"\n")
        if end < 0:
            return False
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        self._transport.write(self._respond(line))
        if self._in_content:
            self._state.reach(SmtpStage.DATA)
        return True

    def _respond(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._state.reach(SmtpStage.MAIL_FROM)
            size = SIZE.search(line)
            self._half_size = int(size[1]) / 2 if size else 1
        elif verb == b"RCPT":
            self._state.reach(SmtpStage.RCPT)
        elif verb == b"DATA":
            self._begin_content()
            return b"354 Go on\r\n"
        elif verb in (b"EHLO", b"HELO"):
            return EXTENSIONS
        elif verb == b"XKIL":
            return self._arm_kill(line)
        elif verb == b"QUIT":
            return b"221 Bye\r\n"
        return b"250 OK\r\n"

    def _arm_kill(self, line: bytes) -> bytes:
        try:
            pid, nth, stage = line.decode().split(maxsplit=3)[1:]
            self._state.arm(Kill(int(pid), SmtpStage(stage.strip()), int(nth)))
        except ValueError:
            return b"501 XKILL PID NTH MOMENT\r\n"
        return b"250 OK\r\n"

    def _begin_content(self) -> None:
        self._in_content, self._searched, self._passed_half = True, 0, False
        # So that a dot on the first line ends the content too.
        self._unread[:0] = b"\r\n"

    def _read_content(self) -> bool:
        if not self._passed_half and len(self._unread) - 2 >= self._half_size:
            self._passed_half = True
            self._state.reach(SmtpStage.HALFWAY)
        end = self._unread.find(END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._unread) - len(END))
            return False
        content = bytes(self._unread[2 : end + 2])
        del self._unread[: end + len(END)]
        self._in_content = False
        self._accept_content(content)
        return True

    def _accept_content(self, content: bytes) -> None:
        self._state.accept(content)
        if self._state.reach(SmtpStage.BEFORE_REPLY):
            self._transport.close()
            return
        self._transport.write(b"250 OK\r\n")
        self._state.reach(SmtpStage.AFTER_REPLY)


@contextmanager
def sink(state: ServerState, port: int = 0) -> Iterator[int]:
    """Run the server in a thread of this process and yield its port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_listen(loop, state, port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listen(loop: asyncio.AbstractEventLoop, state: ServerState, port: int) -> asyncio.Server:
    return await loop.create_server(lambda: Connection(state), LOOPBACK, port)


def arm_kill(port: int, kill: Kill) -> None:
    """Arm `kill` at the server on `port`; stages passed before do not count."""
    with (
        socket.create_connection((LOOPBACK, port), 10) as connection,
        connection.makefile("rwb") as stream,
    ):
        stream.readline()
        stream.write(f"XKILL {kill.pid} {kill.nth} {kill.stage}\r\n".encode())
        stream.flush()
        response = stream.readline()
    if not response.startswith(b"250"):
        raise ValueError(response.decode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.smtp")
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(ServerState(arguments.file), arguments.port))


async def _serve(state: ServerState, port: int) -> None:
    server = await _listen(asyncio.get_running_loop(), state, port)
    details = {"port": server.sockets[0].getsockname()[1]}
    sys.stdout.write(f"{json.dumps(details)}\n")
    sys.stdout.flush()
    await server.serve_forever()
