"""How much of a PNG is opaque: whether a logo brings its own ground, or needs one in dark mode.

https://www.w3.org/TR/png-3/#9Filters. Filters work on each channel by itself, so the alpha channel
is decoded alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_DECODED_PIXELS = 200_000
ALPHA_CHANNELS = {4: 2, 6: 4}  # by colour type: how many channels, of which the last is alpha
ALMOST_WHITE = 225  # of 255, in the darkest channel
PALETTE = 3
Chunk = tuple[bytes, bytes]


def opaque_share(data: bytes) -> float | None:
    """Returns which share (0 to 1) of the PNG `data` is opaque; None where that is not decoded.

    Not decoded are large, interlaced and other than 8-bit pictures, and those without alpha.
    """
    try:
        picture = _decode(data)
        if picture is None:
            return None
        return sum(map(sum, picture.alphas())) / (255 * picture.width * picture.height)
    except (struct.error, zlib.error, StopIteration, IndexError, ValueError):
        return None


def white_share(data: bytes) -> float | None:
    """Returns which share (0 to 1) of what is drawn in the PNG `data` is almost white.

    None where that is not decoded, as `opaque_share`, and where nothing is drawn.
    """
    try:
        picture = _decode(data)
        if picture is None:
            return None
        drawn = white = 0
        rows = zip(picture.alphas(), picture.darkest(), strict=True)
        for alphas, darkest in rows:
            drawn += sum(alphas)
            pairs = zip(alphas, darkest, strict=True)
            white += sum(alpha for alpha, channel in pairs if channel >= ALMOST_WHITE)
        return white / drawn if drawn else None
    except (struct.error, zlib.error, StopIteration, IndexError, ValueError):
        return None


@dataclass(frozen=True)
class _DecodedPicture:
    """The pixels of a PNG with transparency; `chunks` are its other parts by name."""

    width: int
    height: int
    colour: int
    pixels: bytes
    chunks: dict[bytes, bytes]

    def alphas(self) -> Iterator[bytes]:
        """Yields the alpha channel, by rows."""
        if self.colour == PALETTE:
            table = self.chunks[b"tRNS"].ljust(256, b"\xff")
            return (row.translate(table) for row in _planes(self.pixels, self.height, 1))
        return _planes(self.pixels, self.height, ALPHA_CHANNELS[self.colour])

    def darkest(self) -> Iterator[Sequence[int]]:
        """Yields the darkest of the channels of each pixel, by rows."""
        if self.colour == PALETTE:
            colours = self.chunks[b"PLTE"]
            darkest = bytes(min(colours[at : at + 3]) for at in range(0, len(colours) - 2, 3))
            table = darkest.ljust(256, b"\0")
            return (row.translate(table) for row in _planes(self.pixels, self.height, 1))
        channels = ALPHA_CHANNELS[self.colour]
        planes = [
            _planes(self.pixels, self.height, channels, channel) for channel in range(channels - 1)
        ]
        return (list(map(min, zip(*rows, strict=True))) for rows in zip(*planes, strict=True))


def _decode(data: bytes) -> _DecodedPicture | None:
    chunks = list(_chunks(data))
    size_and_kind: tuple[int, ...] = struct.unpack(">IIBBBBB", chunks[0][1])
    width, height, depth, colour, _, _, interlace = size_and_kind
    if depth != 8 or interlace or not 0 < width * height <= MAX_DECODED_PIXELS:
        return None
    others = {name: body for name, body in chunks if name in (b"tRNS", b"PLTE")}
    if colour not in ALPHA_CHANNELS and not (colour == PALETTE and b"tRNS" in others):
        return None
    pixels = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    return _DecodedPicture(width, height, colour, pixels, others)


def _chunks(data: bytes) -> Iterator[Chunk]:
    position = 8
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, data[position + 8 : position + 8 + length]
        position += length + 12


def _planes(
    pixels: bytes, height: int, channels: int, channel: int | None = None
) -> Iterator[bytes]:
    """Yields the rows of a `channel` (from 0; the last by default), unfiltered."""
    first = channels if channel is None else channel + 1
    stride = len(pixels) // height
    above = bytes((stride - 1) // channels)
    for start in range(0, stride * height, stride):
        row = pixels[start + first : start + stride : channels]
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
