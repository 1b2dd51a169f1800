"""Decompresses a response piece by piece: a small one may expand a thousandfold."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

import httpx

ACCEPT_ENCODING = {"Accept-Encoding": "gzip"}  # of every request whose response is read so
GZIP_ENCODINGS = frozenset({"gzip", "x-gzip"})
NO_ENCODINGS = frozenset({"", "identity"})
GZIP_WBITS = zlib.MAX_WBITS | 16  # with gzip's header
PIECE_BYTES = 64 * 1024


class GzipPieces:
    """The decompressed body of a response with these `headers`, in pieces of PIECE_BYTES at most.

    One layer of gzip is taken, as it was asked for; each further layer would multiply the size.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Raises httpx.DecodingError for another Content-Encoding."""
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in GZIP_ENCODINGS | NO_ENCODINGS:
            raise httpx.DecodingError("compressed in a way that was not asked for")
        self._gzip = zlib.decompressobj(GZIP_WBITS) if encoding in GZIP_ENCODINGS else None

    def split(self, chunk: bytes) -> Iterator[bytes]:
        """Yields what `chunk` adds to the body; raises httpx.DecodingError for broken data."""
        if self._gzip is None:
            yield chunk
            return
        try:
            while chunk:
                yield self._gzip.decompress(chunk, PIECE_BYTES)
                chunk = self._gzip.unconsumed_tail
        except zlib.error as error:
            raise httpx.DecodingError("not the gzip that it claims to be") from error


def without_encoding(headers: httpx.Headers) -> httpx.Headers:
    """Returns `headers` as they are after decompression."""
    plain = httpx.Headers(headers)
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        plain.pop(name, None)
    return plain
