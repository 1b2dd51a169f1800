"""A mail server that answers as it is told to: the n-th time it is asked, the n-th answer."""

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
from mail.senders.protocol import Outcome, Recalled
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.connection import Patience
from mail.senders.smtp.sender import Smtp
from settings.errors import OutOfReach
from tests.mail.senders.test_conformance import HOLDER, mails

USUAL = {"connect": b"220 here\r\n", "DATA": b"354 go on\r\n", "QUIT": b"221 bye\r\n"}
HURRIED = Patience(connect=2, answer=0.4, verdict=0.4, goodbye=0.4)


IDS = ("0001", "0002", "0003")
FINE = b"as usual"


class HangUp(bytes):
    """Say this and close."""


class Stay(bytes):
    """Say this, and then nothing any more."""


class Deaf(bytes):
    """Say this, and then neither say nor read anything."""


class Slowly(bytes):
    """Say this byte by byte."""


class Reset(bytes):
    """After 354: read a little of the content, and break the connection."""


Answers = Mapping[str, Sequence[bytes]]


@dataclass
class Script:
    """What it offers and answers, and what it has heard."""

    answers: Answers
    offers: Sequence[str]
    together: bool = False  # the answers to what came in one packet go in one packet
    watched: bool = False  # for hurry, and so with a pause before each answer
    port: int = 0
    heard: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    hurried: bool = False  # the client said something before it had its answer
    times: dict[str, int] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        return Words(server="127.0.0.1", port=self.port, encryption="none")

    @property
    def ids(self) -> list[str]:
        found = [re.search(rb"\r\nMessage-ID: <([^@]+)@", one) for one in self.contents]
        return [one[1].decode() for one in found if one]

    def answer(self, asked: str) -> bytes:
        nth = self.times[asked] = self.times.get(asked, 0) + 1
        told = self.answers.get(asked, ())
        if nth <= len(told) and told[nth - 1] is not FINE:
            return told[nth - 1]
        if asked == "EHLO":
            lines = ["here", *self.offers]
            return "".join(
                f"250{'-' if one is not lines[-1] else ' '}{one}\r\n" for one in lines
            ).encode()
        return USUAL.get(asked, b"250 fine\r\n")


@contextmanager
def scripted(
    answers: Answers | None = None,
    *,
    offers: Sequence[str] = ("PIPELINING", "SIZE 9000000"),
    together: bool = False,
    watched: bool = False,
) -> Iterator[Script]:
    script = Script(answers or {}, offers, together, watched)
    with socket.create_server(("127.0.0.1", 0)) as door:
        script.port = door.getsockname()[1]
        threading.Thread(target=_serve, args=(door, script), daemon=True).start()
        yield script
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)


def _serve(door: socket.socket, script: Script) -> None:
    while True:
        try:
            line, _ = door.accept()
        except OSError:
            return
        with suppress(OSError), line:
            line.settimeout(10)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Talk(line, script).talk()


class _Over(Exception):
    """This conversation has ended."""


class _Talk:
    def __init__(self, line: socket.socket, script: Script) -> None:
        self._line, self._script = line, script
        self._unread = b""
        self._held = b""

    def talk(self) -> None:
        with suppress(_Over):
            self._say("connect")
            while True:
                self._command()

    def _command(self) -> None:
        words = self._until(b"\r\n").decode(errors="replace")
        verb = re.split(r"[ :]", words, maxsplit=1)[0].strip().upper()
        self._script.heard.append(words.strip())
        self._say(verb)
        if verb == "DATA" and self._last.startswith(b"354"):
            self._content()
        elif verb == "QUIT":
            raise _Over

    def _content(self) -> None:
        if isinstance(self._last, Reset):
            self._line.recv(1000)
            self._break()
        self._unread = b"\r\n" + self._unread
        self._script.contents.append(self._until(b"\r\n.\r\n")[2:-3])
        self._say(".")

    def _say(self, asked: str) -> None:
        if self._script.watched:
            self._script.hurried |= bool(self._unread) or self._more_already()
        self._last = said = self._script.answer(asked)
        if self._script.together and self._unread and not isinstance(said, HangUp | Stay):
            self._held += said
            return
        self._line.sendall(self._held)
        self._held = b""
        self._write(said)

    def _write(self, said: bytes) -> None:
        step = 1 if isinstance(said, Slowly) else max(len(said), 1)
        for start in range(0, len(said), step):
            self._line.sendall(said[start : start + step])
            time.sleep(0.001 if step == 1 else 0)
        if isinstance(said, HangUp):
            raise _Over
        if isinstance(said, Deaf):
            time.sleep(1.5)
            raise _Over
        if isinstance(said, Stay):
            with suppress(OSError):
                while self._line.recv(65536):
                    pass
            raise _Over

    def _break(self) -> None:
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Over

    def _more_already(self) -> bool:
        self._line.settimeout(0.02)
        try:
            return bool(self._line.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return False
        finally:
            self._line.settimeout(10)

    def _until(self, end: bytes) -> bytes:
        while end not in self._unread:
            data = self._line.recv(65536)
            if not data:
                raise _Over
            self._unread += data
        found, _, self._unread = self._unread.partition(end)
        return found + end


@dataclass
class Told:
    """How a delivery went: outcomes, then perhaps a trouble, and what is known of the mails."""

    outcomes: list[Outcome] = field(default_factory=list)
    trouble: str = ""
    known: Recalled = field(default_factory=Recalled)


def delivered(
    script: Script,
    folder: Path,
    *batches: Sequence[Mail],
    words: Words | None = None,
    patience: Patience = HURRIED,
) -> Told:
    told = Told()
    sender = Smtp(words or script.words, folder, patience=patience)
    with sender.delivery(HOLDER) as delivery:
        try:
            for batch in batches or [mails(*IDS)]:
                for outcome in delivery.send(batch):
                    told.outcomes.append(outcome)
        except OutOfReach as trouble:
            told.trouble = str(trouble)
        told.known = sender.recall(dict.fromkeys(IDS, HOLDER))
    assert all(one.startswith(b"From: ") for one in script.contents if one)
    return told
