"""A mail server that does something before it confirms a mail, however long that takes."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedRWPair

from mail.senders.smtp.config import Smtp

RECIPIENT = re.compile(r"RCPT TO:<([^@>]+)@", re.IGNORECASE)


@dataclass
class SlowServer:
    """`names` holds the local part of the recipient of each mail that arrived, in their order.

    `before_reply` gets the name of each before the mail is confirmed.
    """

    listener: socket.socket
    before_reply: Callable[[str], None] = lambda _name: None
    names: list[str] = field(default_factory=list)
    connections: int = 0
    peer: tuple[str, int] = ("", 0)  # the address of the latest client
    errors: list[BaseException] = field(default_factory=list)

    @property
    def account(self) -> Smtp:
        port = self.listener.getsockname()[1]
        return Smtp(server="127.0.0.1", port=port, encryption="none")

    def start(self) -> None:
        """Serves in a thread: after a fork, so that only one process serves."""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, self.peer = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rwb") as stream:
            try:
                self._converse(stream)
            except ConnectionError:
                pass  # the client was killed
            except Exception as error:  # noqa: BLE001  # shown by the test
                self.errors.append(error)

    def _converse(self, stream: BufferedRWPair) -> None:
        write_line(stream, "220 slow")
        name = ""
        while line := read_line(stream):
            if match := RECIPIENT.match(line):
                name = match[1]
            if line.startswith("EHLO"):
                write_line(stream, "250-slow\r\n250 PIPELINING")
            elif line.startswith("DATA"):
                write_line(stream, "354 go on")
                if not self._read_content(stream):
                    return
                self.names.append(name)
                self.before_reply(name)
                write_line(stream, "250 taken")
            else:
                write_line(stream, "221 bye" if line.startswith("QUIT") else "250 fine")

    @staticmethod
    def _read_content(stream: BufferedRWPair) -> bool:
        """Returns whether the content was ended by its dot."""
        while (line := read_line(stream)) != ".\r\n":
            if not line:
                return False
        return True


def read_line(stream: BufferedRWPair) -> str:
    return stream.readline().decode()


def write_line(stream: BufferedRWPair, line: str) -> None:
    stream.write(f"{line}\r\n".encode())
    stream.flush()


@contextmanager
def slow_server() -> Iterator[SlowServer]:
    """Listens until the block ends; `start` makes it answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = SlowServer(listener)
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for error in server.errors:
                raise error
