"""Small pictures, written as their formats say."""

from __future__ import annotations

import struct
import zlib


def png(width: int, height: int, *, alpha: bool = False, colour: str = "#7a3b1d") -> bytes:
    """A PNG of one colour; with `alpha`, its corners are transparent."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    pixel = bytes((red, green, blue, 255)) if alpha else bytes((red, green, blue))
    row = b"\0" + pixel * width
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(row * height, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def gif(width: int, height: int) -> bytes:
    """The beginning of a GIF."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def jpeg(width: int, height: int) -> bytes:
    """The beginning of a JPEG, with a comment before its frame."""
    comment = b"\xff\xfe" + struct.pack(">H", 7) + b"hello"
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + comment + b"\xff\xc2" + frame + b"\xff\xd9"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
