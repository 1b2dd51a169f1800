"""Small pictures, written as their formats say."""

from __future__ import annotations

import struct
import zlib


def png(
    width: int,
    height: int,
    *,
    alpha: bool = False,
    opaque: float = 0.5,
    colour: str = "#7a3b1d",
    row_filter: int = 0,
) -> bytes:
    """A PNG of one colour; with `alpha`, the share `opaque` of each row from the left is opaque.

    Its rows have the filter `row_filter` (0 to 4).
    """
    rgb = bytes(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    channels = 4 if alpha else 3
    solid = round(width * opaque) if alpha else width
    row = (rgb + b"\xff" * alpha) * solid + b"\0" * channels * (width - solid)
    above = bytes(len(row))
    filtered = b""
    for _ in range(height):
        filtered += bytes([row_filter]) + _filtered(row_filter, row, above, channels)
        above = row
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(filtered, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _filtered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """Filters as https://www.w3.org/TR/png-3/#9Filters defines them."""
    if kind == 0:
        return row  # as it is; large pictures have this one
    result = []
    for index, value in enumerate(row):
        left = row[index - step] if index >= step else 0
        corner = above[index - step] if index >= step else 0
        up = above[index]
        estimate = left + up - corner
        by_distance = sorted(
            [(abs(estimate - left), 0, left), (abs(estimate - up), 1, up),
             (abs(estimate - corner), 2, corner)]
        )  # fmt: skip
        predicted = (0, left, up, (left + up) // 2, by_distance[0][2])[kind]
        result.append((value - predicted) % 256)
    return bytes(result)


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
