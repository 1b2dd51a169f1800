"""SendGrid's sandbox server on a port of this machine.

It uses plain sockets, because its faults close the connection or kill a process between two bytes.
"""

from __future__ import annotations

import asyncio
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
    DroppedConnectionError,
    Fault,
    Faults,
    HttpReply,
    RequestStage,
    parse_fault,
)
from sandbox.sendgrid.validation import find_errors
from sandbox.server import listening_socket, server_address

SEND_PATH = "/v3/mail/send"
PLAN_PATH = "/sandbox/plan"
RECEIVED_PATH = "/sandbox/received"
SUPPRESSION_PATHS = ("/v3/asm/", "/v3/suppression/")
MAX_BODY_BYTES = 30_000_000
UNAUTHORIZED = "The provided authorization grant is invalid, expired, or revoked"
CONNECTION_ENDS = (
    DroppedConnectionError,
    ConnectionError,
    asyncio.IncompleteReadError,
    asyncio.CancelledError,
)


@dataclass(frozen=True)
class RequestHead:
    """The head of a request."""

    method: str
    path: str  # with its query string
    headers: Mapping[str, str]


@dataclass
class SendGridServer:
    """The HTTP server of one `account`, with planned `faults`; it counts its connections."""

    account: Account = field(default_factory=Account)
    faults: Faults = field(default_factory=Faults)
    connections: int = 0

    async def handle_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the requests of one connection until it ends."""
        self.connections += 1
        # Includes cancellation: Python 3.11 prints a traceback for a connection open at shutdown.
        with suppress(*CONNECTION_ENDS):
            while head := await _read_head(reader):
                await self.handle_request(head, reader, writer)
        writer.close()

    async def handle_request(
        self, head: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read the body, reply, and let the planned fault act at each stage."""
        fault = self.faults.next_fault() if head.path == SEND_PATH else Fault()
        fault.reach(RequestStage.BEGUN)
        body = await reader.readexactly(int(head.headers.get("content-length", "0")))
        fault.reach(RequestStage.READ)
        reply = self.reply(head, body, fault)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        fault.reach(RequestStage.BEFORE_ANSWER)
        writer.write(encode_reply(reply))
        await writer.drain()
        fault.reach(RequestStage.AFTER_ANSWER)

    def reply(self, head: RequestHead, body: bytes, fault: Fault) -> HttpReply:
        """Return the reply to a request with this `head` and `body`."""
        if head.path == PLAN_PATH:
            plan = orjson.loads(body)
            self.faults.plan(parse_fault(plan), after=plan.get("after", 0))
            return 204, {}, b""
        if head.path == RECEIVED_PATH:
            return 200, {}, orjson.dumps([mail.id for mail in self.account.received])
        if head.path.startswith(SUPPRESSION_PATHS):
            return self.reply_to_suppressions(head)
        if head.path != SEND_PATH:
            return 404, {}, error_body([("Not Found", "")])
        if head.method != "POST":
            return 405, {}, error_body([("Method Not Allowed", "")])
        return self.reply_to_send(head, body, fault)

    def reply_to_send(self, head: RequestHead, body: bytes, fault: Fault) -> HttpReply:
        """Return the reply to a Mail Send request; accepts its mails if it is valid."""
        if fixed := fault.fixed_reply():
            return fixed
        if not self.is_authorized(head):
            return 401, {}, error_body([(UNAUTHORIZED, "")])
        if len(body) > MAX_BODY_BYTES:
            return 413, {}, error_body([("content too large", "")])
        payload = parse_json(body)
        if errors := find_errors(payload):
            return 400, {}, error_body(errors)
        self.account.payloads.append(payload)
        if payload.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return 200, {}, b""
        self.account.accept(payload)
        return fault.accepted_status, {}, b""

    def reply_to_suppressions(self, head: RequestHead) -> HttpReply:
        if not self.is_authorized(head):
            return 401, {}, error_body([(UNAUTHORIZED, "")])
        path, _, query = head.path.partition("?")
        status, document = self.account.suppressions.handle(
            head.method, path, dict(parse_qsl(query))
        )
        return status, {}, b"" if document is None else orjson.dumps(document)

    def is_authorized(self, head: RequestHead) -> bool:
        return head.headers.get("authorization") == f"Bearer {self.account.key}"


async def _read_head(reader: asyncio.StreamReader) -> RequestHead | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = lines[0].split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return RequestHead(method, path, {name.casefold(): value for name, value in headers.items()})


def parse_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def error_body(errors: list[tuple[str, str]]) -> bytes:
    documents = [
        {"message": message, "field": field_name or None, "help": None}
        for message, field_name in errors
    ]
    return orjson.dumps({"errors": documents})


def encode_reply(reply: HttpReply) -> bytes:
    status, headers, body = reply
    lines = [f"HTTP/1.1 {status} Planned", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def serve(server: SendGridServer, sock: socket.socket, stop: asyncio.Event) -> None:
    listener = await asyncio.start_server(server.handle_connection, sock=sock)
    await stop.wait()
    listener.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def running_sendgrid(server: SendGridServer, port: int = 0) -> Iterator[str]:
    """Serve `server` in a thread and yield its address."""
    with listening_socket(port) as sock:
        sock.listen()
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        thread = threading.Thread(
            target=loop.run_until_complete, args=(serve(server, sock, stop),), daemon=True
        )
        thread.start()
        try:
            yield server_address(sock)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()
