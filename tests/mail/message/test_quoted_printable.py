"""Every body is encoded as the standard library reads it, and a line of all mails only once."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail.message import quoted_printable
from mail.message.quoted_printable import (
    MAX_CACHED_LINE,
    MAX_CACHED_LINES,
    encode_quoted_printable,
)

BODY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400) | st.text(
    ". \t=\nx☕", max_size=300
)


@given(BODY)
@example("." * 200)
@example("x" * 74 + "." * 10)
@example(f"{'x' * 75}.{'=' * 40}.")
@example("x" * 75 + " ")
@example(("a." * 60 + "\n") * 3)
def test_a_body_comes_back_whole_in_short_lines_that_begin_without_a_dot(body: str) -> None:
    content = body.replace("\r", "").encode()
    encoded = b"\r\n".join(encode_quoted_printable(content))
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == content
    lines = encoded.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith(b".") or line.endswith((b" ", b"\t")) for line in lines)
    assert encoded.isascii()
    assert b"\r" not in b"".join(lines)
    assert b"\n" not in b"".join(lines)


def test_a_line_that_mails_share_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[bytes] = []

    def note(line: bytes) -> bytes:
        encoded.append(line)
        return line

    monkeypatch.setattr(quoted_printable, "_encode_line", note)
    for name in (b"Clara", b"Bruno"):
        encode_quoted_printable(b"Once for everybody,\nand to %b" % name)
    assert encoded == [b"Once for everybody,", b"and to Clara", b"and to Bruno"]


def test_lines_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = quoted_printable._EncodedLines()
    monkeypatch.setattr(quoted_printable, "_encoded_lines", kept)
    encode_quoted_printable(b"x" * (MAX_CACHED_LINE + 1))
    assert not kept
    encode_quoted_printable(b"\n".join(b"%d" % number for number in range(2 * MAX_CACHED_LINES)))
    assert len(kept) <= MAX_CACHED_LINES
