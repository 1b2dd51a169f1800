"""Encodes bodies as quoted-printable (RFC 2045 §6.7), line by line.

The mails of a rule share most of their lines. What a line became is kept, so that only the lines
that differ from mail to mail are encoded each time.
"""

from __future__ import annotations

import binascii

MAX_CACHED_LINE = 1_000  # bytes
MAX_CACHED_LINES = 4_096
# A byte that is in no UTF-8 text, and what it becomes.
STAND_IN, ENCODED_STAND_IN = b"\xff", b"=FF"


class _EncodedLines(dict[bytes, bytes]):
    """Encodes a line when it is looked up for the first time."""

    def __missing__(self, line: bytes) -> bytes:
        encoded = _encode_line(line)
        if len(line) <= MAX_CACHED_LINE:
            if len(self) >= MAX_CACHED_LINES:
                self.clear()
            self[line] = encoded
        return encoded


_encoded_lines = _EncodedLines()


def encode_quoted_printable(content: bytes) -> list[bytes]:
    """Returns `content`, UTF-8 with lines that end in LF, as lines without their ends.

    Soft breaks are inside them, as CRLF. Nothing begins with a dot, which SMTP would have to
    double.
    """
    return list(map(_encoded_lines.__getitem__, content.split(b"\n")))


def _encode_line(line: bytes) -> bytes:
    encoded = binascii.b2a_qp(line)
    if encoded.startswith(b".") or b"\n." in encoded:
        encoded = binascii.b2a_qp(line.replace(b".", STAND_IN)).replace(ENCODED_STAND_IN, b"=2E")
    # Without a line break in its input, b2a_qp ends lines with LF only.
    return encoded.replace(b"\n", b"\r\n")
