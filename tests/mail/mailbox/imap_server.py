"""A small IMAP server on loopback: what RFC 3501 asks for as far as it is used, and bad manners."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mail.mailbox.config import Mailbox
from settings.values import Secret

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
PARTIAL = re.compile(rb"BODY\.PEEK\[(HEADER)?\]<0\.(\d+)>")
BadManner = Callable[[bytes], bytes | None]


@dataclass
class Letterbox:
    """What lies there, and what the server does; a bad manner answers instead of it."""

    mails: dict[int, tuple[bytes, datetime]] = field(default_factory=dict)
    validity: int = 1
    folder: bytes = b'"INBOX"'
    offers: bytes = b"IMAP4rev1 AUTH=PLAIN"
    users: dict[str, str] = field(default_factory=lambda: {"ana": "päss wörd"})
    manners: dict[bytes, BadManner] = field(default_factory=dict)  # by the command's name
    context: ssl.SSLContext | None = None
    greeting: bytes = b"* OK ready\r\n"
    asked: list[bytes] = field(default_factory=list)
    told: int = 0  # bytes

    def lay(self, *mails: str | bytes, at: datetime = MARCH) -> None:
        for mail in mails:
            written = mail if isinstance(mail, bytes) else mail.replace("\n", "\r\n").encode()
            self.mails[max(self.mails, default=0) + 1] = (written, at)


class Talk(socketserver.StreamRequestHandler):
    timeout = 20
    disable_nagle_algorithm = True
    box: Letterbox

    def handle(self) -> None:
        self.say(self.box.greeting)
        while line := self.rfile.readline(70_000):
            tag, _, rest = line.strip().partition(b" ")
            self.box.asked.append(rest)
            name = rest.upper().removeprefix(b"UID ").split(b" ")[0]
            if name in self.box.manners:
                answer = self.box.manners[name](tag)
                if answer is None:
                    return
                if answer:
                    self.say(answer)
                    continue
            if not self.answer(tag, name, rest):
                return

    def answer(self, tag: bytes, name: bytes, rest: bytes) -> bool:
        does = getattr(self, f"do_{name.decode('ascii', 'replace').lower()}", None)
        if does is None:
            self.say(tag + b" BAD what?\r\n")
        else:
            does(tag, rest)
        return name != b"LOGOUT"

    def say(self, words: bytes) -> None:
        self.box.told += len(words)
        self.wfile.write(words)

    def done(self, tag: bytes, well: bool = True, words: bytes = b"done") -> None:
        self.say(tag + (b" OK " if well else b" NO ") + words + b"\r\n")

    def do_capability(self, tag: bytes, _rest: bytes) -> None:
        self.say(b"* CAPABILITY " + self.box.offers + b"\r\n")
        self.done(tag)

    def do_starttls(self, tag: bytes, _rest: bytes) -> None:
        assert self.box.context
        self.done(tag)
        self.wfile.flush()
        self.connection = self.box.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def do_authenticate(self, tag: bytes, _rest: bytes) -> None:
        self.say(b"+ \r\n")
        _, user, password = base64.b64decode(self.rfile.readline()).decode().split("\0")
        self.done(tag, self.box.users.get(user) == password, b"[AUTHENTICATIONFAILED] " + b"no")

    def do_login(self, tag: bytes, rest: bytes) -> None:
        user, password = re.findall(rb'"((?:[^"\\]|\\.)*)"', rest)
        known = self.box.users.get(user.decode()) == password.replace(b"\\", b"").decode()
        self.done(tag, known, b"not " + password)

    def do_examine(self, tag: bytes, rest: bytes) -> None:
        if rest.partition(b" ")[2] != self.box.folder:
            return self.done(tag, False, b"[NONEXISTENT] no such mailbox")
        self.say(b"* %d EXISTS\r\n* FLAGS (\\Seen)\r\n" % len(self.box.mails))
        if self.box.validity:
            self.say(b"* OK [UIDVALIDITY %d] valid\r\n" % self.box.validity)
        return self.done(tag, True, b"[READ-ONLY] done")

    def do_search(self, tag: bytes, rest: bytes) -> None:
        word, asked = rest.split(b" ")[-2:]
        if word == b"SINCE":
            day = datetime.strptime(asked.decode(), "%d-%b-%Y").replace(tzinfo=UTC)
            found = [uid for uid, (_, at) in self.box.mails.items() if at >= day]
        else:
            first, last = int(asked.split(b":")[0]), max(self.box.mails, default=0)
            found = [uid for uid in self.box.mails if uid >= min(first, last)]
        self.say(b"* SEARCH" + b"".join(b" %d" % uid for uid in reversed(found)) + b"\r\n")
        self.done(tag)

    def do_fetch(self, tag: bytes, rest: bytes) -> None:
        part = PARTIAL.search(rest)
        assert part, rest
        uids = [int(one) for one in rest.split(b" ")[2].split(b",")]
        for number, uid in enumerate(uid for uid in uids if uid in self.box.mails):
            mail, at = self.box.mails[uid]
            whole = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if part[1] else mail
            some = whole[: int(part[2])]
            when = at.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
            # Servers differ in what they tell first.
            about = b'UID %d INTERNALDATE "%s"' % (uid, when)
            body = b"BODY[%s]<0> {%d}\r\n%s" % (part[1] or b"", len(some), some)
            told = [about, body] if number % 2 else [body, about]
            self.say(b"* %d FETCH (%s)\r\n* 1 RECENT\r\n" % (uid, b" ".join(told)))
        self.done(tag)

    def do_logout(self, tag: bytes, _rest: bytes) -> None:
        self.say(b"* BYE\r\n")
        self.done(tag)


@contextmanager
def serving(letterbox: Letterbox, *, tls: bool = False) -> Iterator[Mailbox]:
    """The owner's words for it; encrypted from the first byte where `tls`."""

    class Handler(Talk):
        box = letterbox

        def setup(self) -> None:
            if tls and letterbox.context:
                self.request = letterbox.context.wrap_socket(self.request, server_side=True)
            super().setup()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up in the middle is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Mailbox(
            server="127.0.0.1",
            port=server.server_address[1],
            user="ana",
            password=Secret("päss wörd", "MAILBOX_PASSWORD"),
        )
        server.shutdown()
        thread.join()
