"""Everything the shop talks to, on loopback: recorded platforms, SendGrid, and a mail server."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>\s]+)@", re.IGNORECASE | re.MULTILINE)
SIGN_IN = {
    "access_token": "shpat_frozen",
    "scope": "read_all_orders,read_customers,read_orders,write_customers",
    "expires_in": 86_399,
}
UNSUBSCRIBING = "customerEmailMarketingConsentUpdate"
NO_MORE = {"hasNextPage": False, "endCursor": None}
SQUARE_LISTS = {
    "/v2/customers/search": "customers",
    "/v2/locations": "locations",
    "/v2/orders/search": "orders",
    "/v2/orders/batch-retrieve": "orders",
    "/v2/refunds": "refunds",
    "/v2/bookings": "bookings",
    "/v2/loyalty/accounts/search": "loyalty_accounts",
    "/v2/loyalty/events/search": "events",
    "/v2/loyalty/programs/main": "program",
}
Answer = tuple[int, Mapping[str, Any]]


@dataclass
class Platforms:
    """Shopify and Square as they were recorded: whatever the window asked for, all of it again."""

    records: Mapping[str, Mapping[str, Any]]
    until: str = "9999"  # what changed later is not shown yet
    unsubscribed: list[str] = field(default_factory=list)  # customers Shopify was told about
    refuses_to_unsubscribe: set[str] = field(default_factory=set)

    def answer(self, path: str, asked: Mapping[str, Any]) -> Answer:
        if path == "/admin/oauth/access_token":
            return 200, SIGN_IN
        if path.startswith("/admin/api/"):
            return 200, {
                "data": self.shopify(str(asked.get("query")), asked.get("variables") or {})
            }
        if path in SQUARE_LISTS:
            return 200, self.square(path, asked)
        return 404, {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": "NOT_FOUND"}]}

    def shopify(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        if UNSUBSCRIBING in query:
            return {UNSUBSCRIBING: self.unsubscribe(variables["input"])}
        if re.search(r"\bcustomer\(", query):
            return {"customer": self.customer(str(variables["id"]))}
        asked = [name for name in self.records["shopify"] if re.search(rf"\b{name}\(", query)]
        return {name: {"nodes": self.shown("shopify", name), "pageInfo": NO_MORE} for name in asked}

    def square(self, path: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        name = SQUARE_LISTS[path]
        if name == "program":
            return {name: self.records["square"][name]}
        shown, only = self.shown("square", name), asked.get("order_ids")
        if name == "bookings":
            start, end = str(asked["start_at_min"]), str(asked["start_at_max"])
            return {name: [each for each in shown if start <= each["start_at"] < end]}
        return {name: [each for each in shown if only is None or each["id"] in only]}

    def shown(self, platform: str, name: str) -> list[Any]:
        return [each for each in self.records[platform][name] if changed(each) <= self.until]

    def customer(self, gid: str) -> Mapping[str, Any] | None:
        return next(
            (each for each in self.shown("shopify", "customers") if each["id"] == gid), None
        )

    def unsubscribe(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        gid = wanted["customerId"]
        if gid in self.refuses_to_unsubscribe:
            return {"customer": None, "userErrors": [{"message": "Try again later."}]}
        self.unsubscribed.append(gid)
        address = {"marketingState": "UNSUBSCRIBED", "marketingUpdatedAt": None}
        return {"customer": {"id": gid, "defaultEmailAddress": address}, "userErrors": []}


def changed(record: Mapping[str, Any]) -> str:
    """When the platform last changed it; the beginning of time where it does not say."""
    return str(record.get("updatedAt") or record.get("updated_at") or record.get("created_at", ""))


@dataclass
class SendGrid:
    """The ids of the mails it took, each as often as it came."""

    taken: list[str] = field(default_factory=list)

    def answer(self, path: str, asked: Mapping[str, Any]) -> Answer:
        if path != "/v3/mail/send":
            return 404, {"errors": []}
        people = asked["personalizations"]
        self.taken += [person["custom_args"]["regulars_mail"] for person in people]
        return 202, {}


@contextmanager
def served(platforms: Platforms, sendgrid: SendGrid) -> Iterator[str]:
    """The address at which both answer, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_json = body.startswith(b"{")
            self._answer(json.loads(body) if is_json else {})

        def do_GET(self) -> None:
            self._answer(dict(parse_qsl(self.path.partition("?")[2])))

        def _answer(self, asked: Mapping[str, Any]) -> None:
            path = self.path.partition("?")[0]
            service = sendgrid if path.startswith("/v3/") else platforms
            status, said = service.answer(path, asked)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as its base says
            """Nothing on the terminal of a test."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclass(frozen=True)
class Delivered:
    """A mail as the mail server got it."""

    message_id: str
    to: str
    content: bytes


@dataclass
class MailServer:
    """Takes every mail and keeps it."""

    mails: list[Delivered] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        named = MESSAGE_ID.search(content)
        message_id = named[1].decode() if named else "?"
        self.mails.append(Delivered(message_id, envelope.rcpt_tos[0], content))
        return "250 OK"


class AnyPort(Controller):
    """A mail server at whatever port the system gives it."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it listens
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has no types here


@contextmanager
def listening(handler: Any) -> Iterator[int]:
    """The port of a mail server, for as long as the block lasts."""
    controller = AnyPort(handler, hostname=LOOPBACK, port=0)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
