"""SendGrid's suppression lists: requests by its OpenAPI, and invalid responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from jsonschema import validate  # type: ignore[import-untyped]  # it ships no types

from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.suppressions import (
    SendGridSuppressions,
    open_suppression_lists,
    parse_page,
)
from mail.senders.suppressions import SuppressionEntry, SuppressionPage
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.faults import Fault
from sandbox.sendgrid.server import RequestHead, SendGridServer
from settings.errors import OwnerFileError, RegularsError, UnavailableError
from settings.values import Secret
from shop.consent.suppressions import EventKind

GROUP = 12345
START = 1_700_000_000
SINCE = datetime.fromtimestamp(START, UTC)
# The response schemas of SendGrid's OpenAPI for suppressions.
ENTRY = {
    "created": {"type": "integer"},
    "email": {"type": "string", "format": "email"},
    "reason": {"type": "string"},
    "status": {"type": "string"},
    "ip": {"type": "string"},
}
MEMBER = {
    "email": {"type": "string"},
    "group_id": {"type": "integer"},
    "group_name": {"type": "string"},
    "created_at": {"type": "integer"},
}
PUBLISHED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "/v3/asm/suppressions": (MEMBER, list(MEMBER)),
    "/v3/suppression/bounces": (ENTRY, ["created", "email", "reason", "status"]),
    "/v3/suppression/invalid_emails": (ENTRY, ["created", "email", "reason"]),
    "/v3/suppression/spam_reports": (ENTRY, ["created", "email", "ip"]),
    "/v3/suppression/unsubscribes": (ENTRY, ["created", "email"]),
}
Responses = Callable[[httpx.Request], httpx.Response]


class ListsTransport(httpx.BaseTransport):
    """Passes requests to the sandbox, and records them."""

    def __init__(self, server: SendGridServer) -> None:
        self.server = server
        self.calls: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        self.calls.append(f"{request.method} {path}")
        headers = {name.casefold(): value for name, value in request.headers.items()}
        status, response_headers, content = self.server.reply(
            RequestHead(request.method, path, headers), b"", Fault()
        )
        return httpx.Response(status, headers=dict(response_headers), content=content)


def account(key: str = API_KEY) -> SendGrid:
    return SendGrid(api_key=Secret(key, "SENDGRID_API_KEY"), unsubscribe_group=GROUP)


@pytest.fixture
def transport() -> ListsTransport:
    server = SendGridServer()
    server.account.suppressions.groups[GROUP] = {}
    return ListsTransport(server)


@pytest.fixture
def lists(transport: ListsTransport) -> Iterator[SendGridSuppressions]:
    with open_suppression_lists(account(), GROUP, transport=transport) as lists:
        yield lists


def call_with(respond: Responses, call: Callable[[SendGridSuppressions], Any]) -> Any:
    with open_suppression_lists(account(), GROUP, transport=httpx.MockTransport(respond)) as lists:
        return call(lists)


def respond_with(status: int, payload: Any = None) -> Responses:
    return lambda _request: httpx.Response(status, content=orjson.dumps(payload))


def bounces(lists: SendGridSuppressions) -> list[SuppressionPage]:
    return list(lists.entries_since("bounces", SINCE))


@pytest.mark.parametrize("path", PUBLISHED)
def test_the_sandbox_responds_as_sendgrid_publishes_it(
    transport: ListsTransport, path: str
) -> None:
    lists, address = transport.server.account.suppressions, "clara@example.com"
    lists.unsubscribe(GROUP, address, START)
    lists.add("bounces", address, START, reason="550 5.1.1", status="5.1.1")
    lists.add("invalid_emails", address, START, reason="Mail domain is unknown")
    lists.add("spam_reports", address, START, ip="10.63.202.100")
    lists.add("unsubscribes", address, START)
    properties, required = PUBLISHED[path]
    status, answer = lists.handle("GET", path, {})
    assert status == 200
    assert len(answer) == 1
    entry = {"type": "object", "properties": properties, "required": required}
    validate(answer, {"type": "array", "items": {**entry, "additionalProperties": False}})


def test_group_members_have_the_date_of_their_opt_out(
    transport: ListsTransport, lists: SendGridSuppressions
) -> None:
    transport.server.account.suppressions.unsubscribe(GROUP, "Clara@example.com", START)
    transport.server.account.suppressions.unsubscribe(999, "bruno@example.com", START)
    assert lists.unsubscribed() == SuppressionPage(
        [SuppressionEntry("Clara@example.com", SINCE, EventKind.UNSUBSCRIBED)]
    )


def test_a_list_is_read_page_by_page_from_a_moment_on(
    transport: ListsTransport, lists: SendGridSuppressions
) -> None:
    for number in range(1200):
        transport.server.account.suppressions.add(
            "bounces", f"guest{number}@example.com", START + number, reason="550", status="5.1.1"
        )
    entries = [entry for page_ in lists.entries_since("bounces", None) for entry in page_.entries]
    assert len({entry.address for entry in entries}) == 1200
    assert transport.calls == [
        f"GET /v3/suppression/bounces?limit=500&offset={offset}" for offset in (0, 500, 1000)
    ]
    transport.calls.clear()
    assert sum(len(page_.entries) for page_ in lists.entries_since("bounces", SINCE)) == 1200
    assert f"start_time={START}" in transport.calls[0]


def test_a_list_that_fills_its_last_page_ends_all_the_same(
    transport: ListsTransport, lists: SendGridSuppressions
) -> None:
    for number in range(500):
        transport.server.account.suppressions.add(
            "unsubscribes", f"guest{number}@example.com", START
        )
    assert [len(page_.entries) for page_ in lists.entries_since("unsubscribes", None)] == [500, 0]


def test_a_list_that_gives_one_page_for_ever_is_left() -> None:
    full = [{"email": "clara@example.com", "created": START}] * 500
    with pytest.raises(UnavailableError, match="does not end"):
        call_with(respond_with(200, full), bounces)


@pytest.mark.parametrize("address", ["clara@example.com", "o'clara+1/2?#%@example.com"])
def test_who_wants_mail_again_is_taken_off_and_twice_is_as_well(
    transport: ListsTransport, lists: SendGridSuppressions, address: str
) -> None:
    transport.server.account.suppressions.unsubscribe(GROUP, address, START)
    lists.resubscribe(address)
    lists.resubscribe(address)
    assert transport.server.account.suppressions.groups[GROUP] == {}


def test_a_group_that_is_not_there_is_the_owners_to_mend(
    transport: ListsTransport, lists: SendGridSuppressions
) -> None:
    lists.check()
    transport.server.account.suppressions.groups.clear()
    with pytest.raises(OwnerFileError, match="no unsubscribe group 12345"):
        lists.check()


def test_a_wrong_key_is_the_owners_to_mend(transport: ListsTransport) -> None:
    with (
        open_suppression_lists(account("SG.wrong"), GROUP, transport=transport) as lists,
        pytest.raises(OwnerFileError, match=r"does not accept .*\(\$SENDGRID_API_KEY\)") as error,
    ):
        lists.check()
    assert "SG.wrong" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (403, OwnerFileError, "Give the key Suppressions"),
        (429, UnavailableError, "slow down"),
        (500, UnavailableError, "status 500"),
        (302, UnavailableError, "status 302"),
        (404, UnavailableError, "status 404"),
    ],
)
def test_every_other_status_is_an_error(
    status: int, kind: type[RegularsError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        call_with(respond_with(status, {"errors": [{"message": "no"}]}), bounces)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"{}", b"null", b'{"errors": []}', b"[", b"\xff"]
)
def test_a_response_that_is_no_list_is_an_error(content: bytes) -> None:
    with pytest.raises(UnavailableError, match="none that can be read"):
        call_with(
            lambda _request: httpx.Response(200, content=content),
            lambda one: one.unsubscribed(),
        )


def test_an_answer_without_an_end_is_not_read_to_its_end() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 2**22

    with pytest.raises(UnavailableError, match="larger than can be read"):
        call_with(
            lambda _request: httpx.Response(200, content=endless()),
            lambda one: one.unsubscribed(),
        )


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
def test_without_an_answer_nothing_is_lost(error: type[httpx.TransportError]) -> None:
    def breaks(request: httpx.Request) -> httpx.Response:
        raise error("SG.secret", request=request)

    with pytest.raises(UnavailableError, match=rf"cannot be read \({error.__name__}\)") as raised:
        call_with(breaks, bounces)
    assert "SG.secret" not in str(raised.value)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "clara@example.com",
        [],
        {"email": "clara@example.com"},
        {"created": START},
        {"email": 7, "created": START},
        {"email": "clara", "created": START},
        {"email": "clara@exa mple.com", "created": START},
        {"email": "clara@example.com\n", "created": START},
        {"email": "clara\0@example.com", "created": START},
        {"email": f"{'a' * 400}@example.com", "created": START},
        {"email": "clara@example.com", "created": "1700000000"},
        {"email": "clara@example.com", "created": True},
        {"email": "clara@example.com", "created": -1},
        {"email": "clara@example.com", "created": 1e300},
    ],
)
def test_an_entry_that_cannot_be_read_is_counted_and_the_others_are_read(odd: Any) -> None:
    good = {"email": "bruno@example.com", "created": START, "reason": 7, "status": None}
    assert parse_page([odd, good], "created", EventKind.BOUNCED) == SuppressionPage(
        [SuppressionEntry("bruno@example.com", SINCE, EventKind.BOUNCED)], 1
    )


def test_a_bounces_reason_is_kept_in_one_line() -> None:
    row = {"email": "a@example.com", "created": START, "reason": "550\r\nno\0", "status": "5.1.1"}
    [entry] = parse_page([row], "created", EventKind.BOUNCED).entries
    assert (entry.detail, entry.kind) == ("550  no", EventKind.BOUNCED)


@pytest.mark.parametrize(
    "row", [{"status": "4.2.2", "reason": "full"}, {"status": None, "reason": "452 full"}]
)
def test_a_bounce_with_a_passing_status_is_a_soft_one(row: dict[str, Any]) -> None:
    row |= {"email": "a@example.com", "created": START}
    [entry] = parse_page([row], "created", EventKind.BOUNCED, may_be_soft=True).entries
    assert entry.kind is EventKind.SOFT_BOUNCED
