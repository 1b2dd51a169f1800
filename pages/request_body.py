"""What somebody sends, as far as anybody has the patience to read it."""

from __future__ import annotations

from asyncio import timeout

from starlette.requests import Request


class BodyTooLargeError(Exception):
    """More than ever comes from whom this is for."""


async def read_body(request: Request, *, max_bytes: int, max_seconds: float) -> bytes:
    """The whole body, or TooLarge as soon as it is, whatever it says of its own length."""
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
