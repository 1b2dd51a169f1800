"""A small IMAP server on loopback (RFC 3501), which can misbehave."""

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
Misbehaviour = Callable[[bytes], bytes | None]


@dataclass
class FakeMailbox:
    """The mails, and how the server behaves; a misbehaviour replaces the reply to a command."""

    mails: dict[int, tuple[bytes, datetime]] = field(default_factory=dict)
    validity: int = 1
    folder: bytes = b'"INBOX"'
    capabilities: bytes = b"IMAP4rev1 AUTH=PLAIN"
    users: dict[str, str] = field(default_factory=lambda: {"ana": "päss wörd"})
    misbehaviours: dict[bytes, Misbehaviour] = field(default_factory=dict)  # by command
    context: ssl.SSLContext | None = None
    greeting: bytes = b"* OK ready\r\n"
    commands: list[bytes] = field(default_factory=list)
    sent_bytes: int = 0  # bytes

    def add(self, *mails: str | bytes, received_at: datetime = MARCH) -> None:
        for mail in mails:
            content = mail if isinstance(mail, bytes) else mail.replace("\n", "\r\n").encode()
            self.mails[max(self.mails, default=0) + 1] = (content, received_at)


class ImapHandler(socketserver.StreamRequestHandler):
    timeout = 20
    disable_nagle_algorithm = True
    box: FakeMailbox

    def handle(self) -> None:
        self.reply(self.box.greeting)
        while line := self.rfile.readline(70_000):
            tag, _, arguments = line.strip().partition(b" ")
            self.box.commands.append(arguments)
            name = arguments.upper().removeprefix(b"UID ").split(b" ")[0]
            if name in self.box.misbehaviours:
                answer = self.box.misbehaviours[name](tag)
                if answer is None:
                    return
                if answer:
                    self.reply(answer)
                    continue
            if not self.dispatch(tag, name, arguments):
                return

    def dispatch(self, tag: bytes, name: bytes, arguments: bytes) -> bool:
        method = getattr(self, f"do_{name.decode('ascii', 'replace').lower()}", None)
        if method is None:
            self.reply(tag + b" BAD what?\r\n")
        else:
            method(tag, arguments)
        return name != b"LOGOUT"

    def reply(self, content: bytes) -> None:
        self.box.sent_bytes += len(content)
        self.wfile.write(content)

    def complete(self, tag: bytes, succeeded: bool = True, text: bytes = b"done") -> None:
        self.reply(tag + (b" OK " if succeeded else b" NO ") + text + b"\r\n")

    def do_capability(self, tag: bytes, _rest: bytes) -> None:
        self.reply(b"* CAPABILITY " + self.box.capabilities + b"\r\n")
        self.complete(tag)

    def do_starttls(self, tag: bytes, _rest: bytes) -> None:
        assert self.box.context
        self.complete(tag)
        self.wfile.flush()
        self.connection = self.box.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def do_authenticate(self, tag: bytes, _rest: bytes) -> None:
        self.reply(b"+ \r\n")
        _, user, password = base64.b64decode(self.rfile.readline()).decode().split("\0")
        self.complete(tag, self.box.users.get(user) == password, b"[AUTHENTICATIONFAILED] " + b"no")

    def do_login(self, tag: bytes, arguments: bytes) -> None:
        user, password = re.findall(rb'"((?:[^"\\]|\\.)*)"', arguments)
        is_right = self.box.users.get(user.decode()) == password.replace(b"\\", b"").decode()
        self.complete(tag, is_right, b"not " + password)

    def do_examine(self, tag: bytes, arguments: bytes) -> None:
        if arguments.partition(b" ")[2] != self.box.folder:
            return self.complete(tag, False, b"[NONEXISTENT] no such mailbox")
        self.reply(b"* %d EXISTS\r\n* FLAGS (\\Seen)\r\n" % len(self.box.mails))
        if self.box.validity:
            self.reply(b"* OK [UIDVALIDITY %d] valid\r\n" % self.box.validity)
        return self.complete(tag, True, b"[READ-ONLY] done")

    def do_search(self, tag: bytes, arguments: bytes) -> None:
        criterion, operand = arguments.split(b" ")[-2:]
        if criterion == b"SINCE":
            day = datetime.strptime(operand.decode(), "%d-%b-%Y").replace(tzinfo=UTC)
            uids = [uid for uid, (_, received_at) in self.box.mails.items() if received_at >= day]
        else:
            first, last = int(operand.split(b":")[0]), max(self.box.mails, default=0)
            uids = [uid for uid in self.box.mails if uid >= min(first, last)]
        self.reply(b"* SEARCH" + b"".join(b" %d" % uid for uid in reversed(uids)) + b"\r\n")
        self.complete(tag)

    def do_fetch(self, tag: bytes, arguments: bytes) -> None:
        part = PARTIAL.search(arguments)
        assert part, arguments
        uids = [int(uid_text) for uid_text in arguments.split(b" ")[2].split(b",")]
        for number, uid in enumerate(uid for uid in uids if uid in self.box.mails):
            mail, received_at = self.box.mails[uid]
            content = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if part[1] else mail
            partial = content[: int(part[2])]
            internal_date = received_at.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
            # Servers differ in the order of these.
            attributes = b'UID %d INTERNALDATE "%s"' % (uid, internal_date)
            body = b"BODY[%s]<0> {%d}\r\n%s" % (part[1] or b"", len(partial), partial)
            parts = [attributes, body] if number % 2 else [body, attributes]
            self.reply(b"* %d FETCH (%s)\r\n* 1 RECENT\r\n" % (uid, b" ".join(parts)))
        self.complete(tag)

    def do_logout(self, tag: bytes, _rest: bytes) -> None:
        self.reply(b"* BYE\r\n")
        self.complete(tag)


@contextmanager
def serve_mailbox(letterbox: FakeMailbox, *, tls: bool = False) -> Iterator[Mailbox]:
    """Returns the mailbox's configuration; TLS from the first byte with `tls`."""

    class Handler(ImapHandler):
        box = letterbox

        def setup(self) -> None:
            if tls and letterbox.context:
                self.request = letterbox.context.wrap_socket(self.request, server_side=True)
            super().setup()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that close in the middle are part of the tests."""

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
