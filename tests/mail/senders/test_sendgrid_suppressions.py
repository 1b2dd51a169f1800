"""SendGrid's lists, asked as it publishes them, and whatever may be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from jsonschema import validate  # type: ignore[import-untyped]  # it ships no types

from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.suppressions import Entry, Lists, Page, lists_of, page
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.server import Asked, Door
from settings.errors import OutOfReach, OwnersFileTrouble, Trouble
from settings.values import Secret

GROUP = 12345
BEGAN = 1_700_000_000
SINCE = datetime.fromtimestamp(BEGAN, UTC)
# What SendGrid's OpenAPI for suppressions demands of these answers.
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
Answers = Callable[[httpx.Request], httpx.Response]


class Desk(httpx.BaseTransport):
    """Takes questions to the look-alike, and keeps them."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        self.asked.append(f"{request.method} {path}")
        headers = {name.casefold(): value for name, value in request.headers.items()}
        status, answered, said = self.door.reply(Asked(request.method, path, headers), b"", None)
        return httpx.Response(status, headers=dict(answered), content=said)


def account(key: str = API_KEY) -> SendGrid:
    return SendGrid(api_key=Secret(key, "SENDGRID_API_KEY"), unsubscribe_group=GROUP)


@pytest.fixture
def desk() -> Desk:
    door = Door()
    door.account.lists.groups[GROUP] = {}
    return Desk(door)


@pytest.fixture
def lists(desk: Desk) -> Iterator[Lists]:
    with lists_of(account(), GROUP, transport=desk) as lists:
        yield lists


def answered(answers: Answers, ask: Callable[[Lists], Any]) -> Any:
    with lists_of(account(), GROUP, transport=httpx.MockTransport(answers)) as lists:
        return ask(lists)


def saying(status: int, said: Any = None) -> Answers:
    return lambda _request: httpx.Response(status, content=orjson.dumps(said))


def bounces(lists: Lists) -> list[Page]:
    return list(lists.since("bounces", SINCE))


@pytest.mark.parametrize("path", PUBLISHED)
def test_the_look_alike_answers_as_sendgrid_publishes_it(desk: Desk, path: str) -> None:
    lists, who = desk.door.account.lists, "clara@example.com"
    lists.leave(GROUP, who, BEGAN)
    lists.add("bounces", who, BEGAN, reason="550 5.1.1", status="5.1.1")
    lists.add("invalid_emails", who, BEGAN, reason="Mail domain is unknown")
    lists.add("spam_reports", who, BEGAN, ip="10.63.202.100")
    lists.add("unsubscribes", who, BEGAN)
    properties, required = PUBLISHED[path]
    status, answer = lists.answer("GET", path, {})
    assert status == 200
    assert len(answer) == 1
    entry = {"type": "object", "properties": properties, "required": required}
    validate(answer, {"type": "array", "items": {**entry, "additionalProperties": False}})


def test_who_left_the_group_is_told_with_the_day(desk: Desk, lists: Lists) -> None:
    desk.door.account.lists.leave(GROUP, "Clara@example.com", BEGAN)
    desk.door.account.lists.leave(999, "bruno@example.com", BEGAN)
    assert lists.left() == Page([Entry("Clara@example.com", SINCE)])


def test_a_list_is_read_page_by_page_from_a_moment_on(desk: Desk, lists: Lists) -> None:
    for number in range(1200):
        desk.door.account.lists.add(
            "bounces", f"guest{number}@example.com", BEGAN + number, reason="550", status="5.1.1"
        )
    found = [one for some in lists.since("bounces", None) for one in some.entries]
    assert len({one.address for one in found}) == 1200
    assert desk.asked == [
        f"GET /v3/suppression/bounces?limit=500&offset={offset}" for offset in (0, 500, 1000)
    ]
    desk.asked.clear()
    assert sum(len(some.entries) for some in lists.since("bounces", SINCE)) == 1200
    assert f"start_time={BEGAN}" in desk.asked[0]


def test_a_list_that_fills_its_last_page_ends_all_the_same(desk: Desk, lists: Lists) -> None:
    for number in range(500):
        desk.door.account.lists.add("unsubscribes", f"guest{number}@example.com", BEGAN)
    assert [len(one.entries) for one in lists.since("unsubscribes", None)] == [500, 0]


def test_a_list_that_gives_one_page_for_ever_is_left() -> None:
    full = [{"email": "clara@example.com", "created": BEGAN}] * 500
    with pytest.raises(OutOfReach, match="does not end"):
        answered(saying(200, full), bounces)


@pytest.mark.parametrize("address", ["clara@example.com", "o'clara+1/2?#%@example.com"])
def test_who_wants_mail_again_is_taken_off_and_twice_is_as_well(
    desk: Desk, lists: Lists, address: str
) -> None:
    desk.door.account.lists.leave(GROUP, address, BEGAN)
    lists.mail_again(address)
    lists.mail_again(address)
    assert desk.door.account.lists.groups[GROUP] == {}


def test_a_group_that_is_not_there_is_the_owners_to_mend(desk: Desk, lists: Lists) -> None:
    lists.check()
    desk.door.account.lists.groups.clear()
    with pytest.raises(OwnersFileTrouble, match="no unsubscribe group 12345"):
        lists.check()


def test_a_wrong_key_is_the_owners_to_mend(desk: Desk) -> None:
    with (
        lists_of(account("SG.wrong"), GROUP, transport=desk) as lists,
        pytest.raises(OwnersFileTrouble, match=r"does not accept .*\(\$SENDGRID_API_KEY\)") as told,
    ):
        lists.check()
    assert "SG.wrong" not in str(told.value)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (403, OwnersFileTrouble, "Give the key Suppressions"),
        (429, OutOfReach, "slow down"),
        (500, OutOfReach, "status 500"),
        (302, OutOfReach, "status 302"),
        (404, OutOfReach, "status 404"),
    ],
)
def test_every_other_answer_is_told(status: int, kind: type[Trouble], words: str) -> None:
    with pytest.raises(kind, match=words):
        answered(saying(status, {"errors": [{"message": "no"}]}), bounces)


@pytest.mark.parametrize("said", [b"", b"<html>", b"{}", b"null", b'{"errors": []}', b"[", b"\xff"])
def test_what_is_no_list_is_trouble_and_not_an_empty_one(said: bytes) -> None:
    with pytest.raises(OutOfReach, match="none that can be read"):
        answered(lambda _request: httpx.Response(200, content=said), lambda one: one.left())


def test_an_answer_without_an_end_is_not_read_to_its_end() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 2**22

    with pytest.raises(OutOfReach, match="larger than can be read"):
        answered(lambda _request: httpx.Response(200, content=endless()), lambda one: one.left())


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
def test_without_an_answer_nothing_is_lost(error: type[httpx.TransportError]) -> None:
    def breaks(request: httpx.Request) -> httpx.Response:
        raise error("SG.secret", request=request)

    with pytest.raises(OutOfReach, match=rf"cannot be read \({error.__name__}\)") as told:
        answered(breaks, bounces)
    assert "SG.secret" not in str(told.value)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "clara@example.com",
        [],
        {"email": "clara@example.com"},
        {"created": BEGAN},
        {"email": 7, "created": BEGAN},
        {"email": "clara", "created": BEGAN},
        {"email": "clara@exa mple.com", "created": BEGAN},
        {"email": "clara@example.com\n", "created": BEGAN},
        {"email": "clara\0@example.com", "created": BEGAN},
        {"email": f"{'a' * 400}@example.com", "created": BEGAN},
        {"email": "clara@example.com", "created": "1700000000"},
        {"email": "clara@example.com", "created": True},
        {"email": "clara@example.com", "created": -1},
        {"email": "clara@example.com", "created": 1e300},
    ],
)
def test_an_entry_that_cannot_be_read_is_counted_and_the_others_are_read(odd: Any) -> None:
    good = {"email": "bruno@example.com", "created": BEGAN, "reason": 7, "status": None}
    assert page([odd, good], "created") == Page([Entry("bruno@example.com", SINCE)], 1)


def test_what_was_said_of_a_bounce_is_kept_in_one_line() -> None:
    one = {"email": "a@example.com", "created": BEGAN, "reason": "550\r\nno\0", "status": "5.1.1"}
    [entry] = page([one], "created").entries
    assert (entry.detail, entry.status) == ("550  no", "5.1.1")
