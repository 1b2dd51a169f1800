"""One conversation with an IMAP server (RFC 3501), which may be slow, lie, or talk for ever."""

from __future__ import annotations

import base64
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from mail.mailbox.config import PLAIN_PORT, Mailbox
from mail.mailbox.headers import plain
from settings.errors import OutOfReach

PATIENCE = 30.0  # seconds for an answer
VISIT = 600.0  # seconds for a whole visit; the next one goes on where it ended
MOST_AT_ONCE = 12_000_000  # bytes in one answer
WAITS = "What lies there is not lost; the next sync reads it."


class Guard:
    """What is asked of imaplib, which reads whatever a server says, however long it is."""

    until: float = 0
    heard: int = 0

    def listen(self, size: int) -> None:
        self.heard += size
        if self.heard > MOST_AT_ONCE:
            raise imaplib.IMAP4.abort("it says more than anybody asked for")
        if self.until and time.monotonic() > self.until:
            raise imaplib.IMAP4.abort("it takes too long")


class Account(Guard, imaplib.IMAP4):
    def read(self, size: int) -> bytes:
        self.listen(size)  # before a literal of endless size is given room
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self.listen(len(line))
        return line


class SecureAccount(Guard, imaplib.IMAP4_SSL):
    def read(self, size: int) -> bytes:
        self.listen(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self.listen(len(line))
        return line


Line = Account | SecureAccount
Connect = Callable[[Mailbox], Line]


def connected(
    box: Mailbox, context: ssl.SSLContext | None = None, patience: float = PATIENCE
) -> Line:
    """Encrypted from the first byte, or before anything is told; in the open only on loopback."""
    server, context = box.server or "", context or ssl.create_default_context()
    if box.in_the_open:
        return Account(server, box.port, timeout=patience)
    if box.port == PLAIN_PORT:
        line = Account(server, box.port, timeout=patience)
        with closed_on_trouble(line):
            line.starttls(context)
        return line
    return SecureAccount(server, box.port, ssl_context=context, timeout=patience)


@contextmanager
def visit(box: Mailbox, connect: Connect = connected) -> Iterator[Line]:
    """Logged in, with the folder open to be read and nothing else."""
    with spoken(box):
        line = connect(box)
        line.until = time.monotonic() + VISIT
        with closed_on_trouble(line):
            _log_in(line, box)
            _open_folder(line, box)
            yield line
        line.until = 0
        with suppress(imaplib.IMAP4.error, OSError, ValueError):
            line.logout()


@contextmanager
def closed_on_trouble(line: Line) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            line.shutdown()
        raise


@contextmanager
def spoken(box: Mailbox) -> Iterator[None]:
    """Whatever goes wrong on the way, as a sentence."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise OutOfReach(
            f"{box.server} shows a certificate that is not its own: {error.verify_message}. "
            f"Nothing was told to it. {WAITS}"
        ) from error
    except TimeoutError as error:
        raise OutOfReach(f"{box.server} does not answer at port {box.port}. {WAITS}") from error
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        said = _without(box, str(error) or type(error).__name__)
        raise OutOfReach(f"The mailbox at {box.server} cannot be read: {said}. {WAITS}") from error


def _log_in(line: Line, box: Mailbox) -> None:
    user, password = box.user or "", box.password.reveal() if box.password else ""
    by_plain = "AUTH=PLAIN" in line.capabilities
    if "LOGINDISABLED" in line.capabilities and not by_plain:
        raise OutOfReach(f"{box.server} takes no password at port {box.port}. {WAITS}")
    try:
        if by_plain:  # it takes all letters (RFC 4616)
            line.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            line.login(_quoted(user), password)
    except line.abort:
        raise
    except (line.error, UnicodeEncodeError) as error:
        said = _without(box, str(error))
        raise OutOfReach(
            f"{box.server} does not let us in: {said}. Look at user and password under mailbox:. "
            f"Some providers want a password of its own for programs. {WAITS}"
        ) from error


def _open_folder(line: Line, box: Mailbox) -> None:
    """EXAMINE, not SELECT: whoever reads the mailbox sees no sign of us."""
    done, data = line.select(_quoted(modified_utf7(box.folder)), readonly=True)
    if done != "OK":
        said = _without(box, bytes(data[0] or b"").decode("utf-8", "replace"))
        raise OutOfReach(
            f"{box.server} does not open the folder {box.folder}: {said}. "
            f"Look at folder under mailbox:. {WAITS}"
        )


def _without(box: Mailbox, said: str) -> str:
    """A server may quote what it was told; none of that belongs into a log."""
    secret = box.password.reveal() if box.password else ""
    hidden = said.replace(secret, "…") if secret else said
    return plain(hidden, 200).rstrip(".") or "no reason given"


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def modified_utf7(name: str) -> str:
    """RFC 3501 §5.1.3: how a folder is called that has other than plain letters."""
    coded, run = "", ""
    for letter in f"{name}\0":
        if letter == "\0" or " " <= letter <= "~":
            coded += _run(run) + ("&-" if letter == "&" else letter)
            run = ""
        else:
            run += letter
    return coded[:-1]


def _run(letters: str) -> str:
    coded = base64.b64encode(letters.encode("utf-16-be"), b"+,").rstrip(b"=")
    return f"&{coded.decode()}-" if letters else ""
