"""Transports that decompress in pieces and, for blocking clients, limit the time of a request.

The timeouts of a client apply to each read: a server that sends a byte now and then meets none.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from threading import Timer
from typing import Any

import httpx

from settings.http.gzip_pieces import GzipPieces, without_encoding

CONNECTED = ("connect_tcp.complete", "start_tls.complete")  # directly or through a proxy


class BoundedTransport(httpx.BaseTransport):
    """A transport with one connection, over `inner`.

    After `max_seconds` it shuts the connection down, from the beginning of a request to the end of
    its response; the client then raises its error for a broken connection.
    """

    def __init__(self, inner: httpx.BaseTransport, max_seconds: float) -> None:
        self._inner = inner
        self._max_seconds = max_seconds
        self._socket: socket.socket | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # https://www.python-httpx.org/advanced/extensions/#trace
        request.extensions = {**request.extensions, "trace": self._trace}
        timer = Timer(self._max_seconds, self._shut_down)
        timer.daemon = True
        timer.start()
        try:
            response = self._inner.handle_request(request)
            stream = _BoundedStream(response, timer)
        except BaseException:
            timer.cancel()
            raise
        return httpx.Response(
            response.status_code,
            headers=without_encoding(response.headers),
            stream=stream,
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._inner.close()

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(CONNECTED):
            self._socket = info["return_value"].get_extra_info("socket")

    def _shut_down(self) -> None:
        connection = self._socket
        if connection is not None:
            with suppress(OSError):  # it was closed meanwhile
                connection.shutdown(socket.SHUT_RDWR)


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, timer: Timer) -> None:
        self._response, self._timer = response, timer

    def __iter__(self) -> Iterator[bytes]:
        pieces = GzipPieces(self._response.headers)
        stream = self._response.stream
        assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101  # of a blocking transport
        for chunk in stream:
            yield from pieces.split(chunk)

    def close(self) -> None:
        self._timer.cancel()
        self._response.close()


class AsyncPiecesTransport(httpx.AsyncBaseTransport):
    """A transport over `inner` that decompresses in pieces; its caller limits the time."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        return httpx.Response(
            response.status_code,
            headers=without_encoding(response.headers),
            stream=_AsyncPieces(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _AsyncPieces(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = GzipPieces(self._response.headers)
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  # of an async transport
        async for chunk in stream:
            for piece in pieces.split(chunk):
                yield piece

    async def aclose(self) -> None:
        await self._response.aclose()
