"""Reads a request body with limits on size and time."""

from __future__ import annotations

from asyncio import timeout

from starlette.requests import Request


class BodyTooLargeError(Exception):
    """The body exceeds the limit."""


async def read_body(request: Request, *, max_bytes: int, max_seconds: float) -> bytes:
    """Returns the whole body.

    Args:
        request: The request.
        max_bytes: The limit, checked against Content-Length first and then while reading.
        max_seconds: The limit for the whole body.

    Raises:
        BodyTooLargeError: If the body is larger than `max_bytes`.
        TimeoutError: If it takes longer than `max_seconds`.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 20 or int(length) > max_bytes):
        raise BodyTooLargeError
    body = bytearray()
    async with timeout(max_seconds):
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise BodyTooLargeError
    return bytes(body)
