"""How much of a PNG is opaque: whether a logo brings its own ground, or needs one in dark mode.

https://www.w3.org/TR/png-3/#9Filters. Filters work on each channel by itself, so the alpha channel
is decoded alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

MAX_DECODED_PIXELS = 200_000
ALPHA_CHANNELS = {4: 2, 6: 4}  # by colour type: how many channels, of which the last is alpha
PALETTE = 3
Chunk = tuple[bytes, bytes]


def opaque_share(data: bytes) -> float | None:
    """Returns which share (0 to 1) of the PNG `data` is opaque; None where that is not decoded.

    Not decoded are large, interlaced and other than 8-bit pictures, and those without alpha.
    """
    try:
        chunks = list(_chunks(data))
        size_and_kind: tuple[int, ...] = struct.unpack(">IIBBBBB", chunks[0][1])
        width, height, depth, colour, _, _, interlace = size_and_kind
        if depth != 8 or interlace or not 0 < width * height <= MAX_DECODED_PIXELS:
            return None
        pixels = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
        if colour in ALPHA_CHANNELS:
            alphas = _planes(pixels, height, ALPHA_CHANNELS[colour])
        elif colour == PALETTE:
            transparency = next(body for name, body in chunks if name == b"tRNS")
            table = transparency.ljust(256, b"\xff")
            alphas = (row.translate(table) for row in _planes(pixels, height, 1))
        else:
            return None
        return sum(sum(row) for row in alphas) / (255 * width * height)
    except (struct.error, zlib.error, StopIteration, IndexError, ValueError):
        return None


def _chunks(data: bytes) -> Iterator[Chunk]:
    position = 8
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, data[position + 8 : position + 8 + length]
        position += length + 12


def _planes(pixels: bytes, height: int, channels: int) -> Iterator[bytes]:
    """Yields the rows of the last channel, unfiltered."""
    stride = len(pixels) // height
    above = bytes((stride - 1) // channels)
    for start in range(0, stride * height, stride):
        row = pixels[start + channels : start + stride : channels]
        above = _unfilter(pixels[start], row, above)
        yield above


def _unfilter(kind: int, row: bytes, above: bytes) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((value + up) & 255 for value, up in zip(row, above, strict=True))
    return _unfilter_leftwards(kind, row, above)


def _unfilter_leftwards(kind: int, row: Sequence[int], above: Sequence[int]) -> bytes:
    """The filters that refer to the pixel on the left."""
    result = bytearray()
    left, up_left = 0, 0
    for value, up in zip(row, above, strict=True):
        if kind == 1:
            predicted = left
        elif kind == 3:
            predicted = (left + up) // 2
        else:
            predicted = _paeth(left, up, up_left)
        left, up_left = (value + predicted) & 255, up
        result.append(left)
    return bytes(result)


def _paeth(left: int, up: int, up_left: int) -> int:
    estimate = left + up - up_left
    nearest = min(abs(estimate - left), abs(estimate - up), abs(estimate - up_left))
    if abs(estimate - left) == nearest:
        return left
    return up if abs(estimate - up) == nearest else up_left
