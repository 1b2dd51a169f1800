"""The look-alike on a port of this machine.

Plain sockets, and not Starlette: it has to break off, and to kill, between two chosen bytes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.sendgrid.account import Account
from sandbox.sendgrid.faults import (
    Answers,
    Cuts,
    Fault,
    Faults,
    Kills,
    Moment,
    TakesAndAnswers,
    Waits,
    planned_by,
)
from sandbox.sendgrid.validation import errors
from sandbox.server import address, listening

SEND = "/v3/mail/send"
PLAN = "/look-alike/plan"
ARRIVED = "/look-alike/arrived"
LISTS = ("/v3/asm/", "/v3/suppression/")
LARGEST = 30_000_000
NOT_LET_IN = "The provided authorization grant is invalid, expired, or revoked"
Reply = tuple[int, Mapping[str, str], bytes]


class CutError(Exception):
    """The line went dead, as planned."""


ENDS = (CutError, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)


@dataclass(frozen=True)
class Asked:
    """The head of a request."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]


@dataclass
class Door:
    """Answers one account's requests."""

    account: Account = field(default_factory=Account)
    faults: Faults = field(default_factory=Faults)
    connections: int = 0

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        # Cancelled, too: Python 3.11 prints a whole traceback for a connection open at the end.
        with suppress(*ENDS):
            while asked := await _head(reader):
                await self.answer(asked, reader, writer)
        writer.close()

    async def answer(
        self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        fault = self.faults.next() if asked.path == SEND else None
        reach(fault, Moment.BEGUN)
        body = await reader.readexactly(int(asked.headers.get("content-length", "0")))
        reach(fault, Moment.READ)
        reply = self.reply(asked, body, fault)
        if isinstance(fault, Waits):
            await asyncio.sleep(fault.seconds)
        reach(fault, Moment.BEFORE_ANSWER)
        writer.write(written(reply))
        await writer.drain()
        reach(fault, Moment.AFTER_ANSWER)

    def reply(self, asked: Asked, body: bytes, fault: Fault | None) -> Reply:
        if asked.path == PLAN:
            said = orjson.loads(body)
            self.faults.then(planned_by(said), after=said.get("after", 0))
            return 204, {}, b""
        if asked.path == ARRIVED:
            return 200, {}, orjson.dumps([one.id for one in self.account.arrived])
        if asked.path.startswith(LISTS):
            return self.listed(asked)
        if asked.path != SEND:
            return 404, {}, refusal([("Not Found", "")])
        if asked.method != "POST":
            return 405, {}, refusal([("Method Not Allowed", "")])
        return self.sent(asked, body, fault)

    def sent(self, asked: Asked, body: bytes, fault: Fault | None) -> Reply:
        if isinstance(fault, Answers):
            return fault.status, fault.headers, fault.body
        if not self.lets_in(asked):
            return 401, {}, refusal([(NOT_LET_IN, "")])
        if len(body) > LARGEST:
            return 413, {}, refusal([("content too large", "")])
        payload = loaded(body)
        if found := errors(payload):
            return 400, {}, refusal(found)
        self.account.payloads.append(payload)
        if payload.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return 200, {}, b""
        self.account.take(payload)
        return (fault.status if isinstance(fault, TakesAndAnswers) else 202), {}, b""

    def listed(self, asked: Asked) -> Reply:
        if not self.lets_in(asked):
            return 401, {}, refusal([(NOT_LET_IN, "")])
        path, _, query = asked.path.partition("?")
        status, said = self.account.lists.answer(asked.method, path, dict(parse_qsl(query)))
        return status, {}, b"" if said is None else orjson.dumps(said)

    def lets_in(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.account.key}"


def reach(fault: Fault | None, moment: Moment) -> None:
    """Whoever is to die or to be cut off now, is."""
    if isinstance(fault, Kills) and fault.moment is moment:
        with suppress(ProcessLookupError):
            os.kill(fault.process, signal.SIGKILL)
        raise CutError
    if isinstance(fault, Cuts) and fault.moment is moment:
        raise CutError


async def _head(reader: asyncio.StreamReader) -> Asked | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = lines[0].split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return Asked(method, path, {name.casefold(): value for name, value in headers.items()})


def loaded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def refusal(found: list[tuple[str, str]]) -> bytes:
    told = [{"message": said, "field": where or None, "help": None} for said, where in found]
    return orjson.dumps({"errors": told})


def written(reply: Reply) -> bytes:
    status, headers, body = reply
    lines = [f"HTTP/1.1 {status} Planned", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def serve(door: Door, at: socket.socket, stop: asyncio.Event) -> None:
    server = await asyncio.start_server(door.welcome, sock=at)
    await stop.wait()
    server.close()
    held = asyncio.all_tasks() - {asyncio.current_task()}
    for one in held:
        one.cancel()
    await asyncio.gather(*held, return_exceptions=True)


@contextmanager
def running(door: Door, port: int = 0) -> Iterator[str]:
    """Its address, for as long as it is needed; it is served in a thread."""
    with listening(port) as at:
        at.listen()
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        thread = threading.Thread(
            target=loop.run_until_complete, args=(serve(door, at, stop),), daemon=True
        )
        thread.start()
        try:
            yield address(at)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()
