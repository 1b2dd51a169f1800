"""Reads a file's lines of text: unpacks gzip and zip, detects the encoding, decodes line by line.

A file of UTF-8 may hold single lines of another program in Windows-1252; only those are read so.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from connectors.csv.files.archive import open_stored
from connectors.csv.files.file_kind import GZIP_MAGIC

CHUNK_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 24
SAMPLE_LINES = 1_000
BYTE_ORDER_MARKS = (  # the longer mark first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Windows-1252 is Latin-1 with the euro sign and curly quotes; Excel for the Mac writes Mac Roman.
SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252 (Latin-1)",
    "mac_roman": "Mac Roman",
    "cp850": "MS-DOS (850)",
}
UTF8_LETTER = re.compile(r"[^\x00-\x7f\udc80-\udcff]")
CURRENCY_SIGNS = "€£¥"
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


class LineTooLongError(Exception):
    """The file has a line of more than `MAX_LINE_BYTES`, so it is no table."""


@dataclass(frozen=True)
class Encoding:
    """How the text is written; `fallback_lines` of it are not UTF-8 and are read as `fallback`."""

    name: str
    fallback: str = SINGLE_BYTE[0]
    fallback_lines: int = 0

    def __str__(self) -> str:
        if not self.fallback_lines:
            return ENCODING_NAMES[self.name]
        unit = "line" if self.fallback_lines == 1 else "lines"
        lines = f"{self.fallback_lines:,} {unit} in {ENCODING_NAMES[self.fallback]}"
        return f"{ENCODING_NAMES[self.name]}, {lines}"


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of a file, or of one inside a zip, decompressed if they are gzip."""
    with open_stored(path) as stored:
        if not is_packed(stored.file):
            yield stored.file
            return
        with gzip.GzipFile(fileobj=stored.file) as unpacked:
            yield cast("BinaryIO", unpacked)


def is_packed(file: BinaryIO) -> bool:
    """Return whether `file` is gzip, and rewind it."""
    begin = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return begin == GZIP_MAGIC


def digest_and_encoding(file: BinaryIO) -> tuple[str, Encoding]:
    """Return the SHA-256 digest of the content of `file`, and its encoding."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    begin, is_utf8 = b"", True
    while chunk := file.read(CHUNK_BYTES):
        begin = begin or chunk
        digest.update(chunk)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            is_utf8 = False
    if wide := _wide_encoding(begin):
        return digest.hexdigest(), Encoding(wide)
    if is_utf8:
        return digest.hexdigest(), Encoding("utf-8")
    file.seek(0)
    return digest.hexdigest(), _encoding_by_line(file)


def _wide_encoding(begin: bytes) -> str | None:
    """Return UTF-16 or UTF-32 by its mark, or by the zeros in every other byte of Western text."""
    for mark, name in BYTE_ORDER_MARKS:
        if begin.startswith(mark):
            return name
    pairs = len(begin) // 2
    zeros = begin[: pairs * 2 : 2].count(0), begin[1 : pairs * 2 : 2].count(0)
    if pairs and max(zeros) > 0.6 * pairs and min(zeros) < 0.1 * pairs:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return None


def _encoding_by_line(file: BinaryIO) -> Encoding:
    """Return the encoding of a file that is not UTF-8 throughout."""
    utf8_lines, others, sample = 0, 0, list[bytes]()
    for line in _split_lines(file):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            utf8_lines += 1
        except UnicodeDecodeError:
            others += 1
            if len(sample) < SAMPLE_LINES:
                sample.append(_without_utf8(line))
    fallback = max(SINGLE_BYTE, key=lambda name: _plausibility(name, sample))
    return Encoding("utf-8", fallback, others) if utf8_lines else Encoding(fallback, fallback)


def _without_utf8(line: bytes) -> bytes:
    """Return `line` with a plain letter for each accented one that is UTF-8."""
    text = line.decode("utf-8", "surrogateescape")
    return UTF8_LETTER.sub("a", text).encode("ascii", "surrogateescape")


def _plausibility(encoding: str, sample: Sequence[bytes]) -> int:
    """Return how often the decoded `sample` has an accented letter where a word may have one."""
    text = b"\n".join(sample).decode(encoding, "replace")
    return sum(
        _letter_score(text[match.start() - 1 : match.start()], match[0], text[match.end() :][:1])
        for match in BEYOND_ASCII.finditer(text)
    )


def _letter_score(before: str, sign: str, after: str) -> int:
    stands_alone = not (before.isalpha() or after.isalpha())
    if sign in CURRENCY_SIGNS and stands_alone:
        return 1
    if sign.isalpha():
        if stands_alone and (sign.isupper() or before.isdigit() or after.isdigit()):
            return -1  # a currency sign in another encoding
        return -1 if sign.isupper() and before.islower() else 1
    return -2 if before.isalpha() and after.isalpha() and sign != "’" else 0


def decoded_lines(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Yield the lines of `file` with their line breaks and without byte order marks."""
    if encoding.name.startswith(("utf-16", "utf-32")):
        lines: Iterator[str] = io.TextIOWrapper(
            file, encoding=encoding.name, errors="replace", newline=""
        )
    else:
        lines = (_decode(line, encoding.fallback) for line in _split_lines(file))
    # Files that were appended to each other have a mark in the middle too.
    return (line.removeprefix("\ufeff") for line in lines)


def _decode(line: bytes, fallback: str) -> str:
    """Return the line; bytes that are not UTF-8 are read as `fallback`, and only they."""
    return line.decode("utf-8", f"read-as-{fallback}")


def _register_fallbacks() -> None:
    for name in SINGLE_BYTE:
        codecs.register_error(f"read-as-{name}", partial(_decode_part, name))


def _decode_part(fallback: str, error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are not UTF-8, as an error handler of the codec."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(fallback, "replace"), error.end


def _split_lines(file: BinaryIO) -> Iterator[bytes]:
    r"""Yield lines that end with \n, \r\n or \r; raises `LineTooLongError` where one never ends."""
    begun = b""
    while chunk := file.read(CHUNK_BYTES):
        lines = (begun + chunk).splitlines(keepends=True)
        # The last line may go on in the next chunk, and a \n may follow its \r there.
        begun = lines.pop() if not lines[-1].endswith(b"\n") else b""
        if len(begun) > MAX_LINE_BYTES:
            raise LineTooLongError
        yield from lines
    if begun:
        yield begun


_register_fallbacks()
