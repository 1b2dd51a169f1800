"""What somebody sends, as far as anybody has the patience to read it."""

from __future__ import annotations

from asyncio import timeout

from starlette.requests import Request


class TooLarge(Exception):
    """More than ever comes from whom this is for."""


async def read(request: Request, *, largest: int, slowest: float) -> bytes:
    """The whole body, or TooLarge as soon as it is, whatever it says of its own length."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 20 or int(length) > largest):
        raise TooLarge
    body = bytearray()
    async with timeout(slowest):
        async for piece in request.stream():
            body += piece
            if len(body) > largest:
                raise TooLarge
    return bytes(body)
