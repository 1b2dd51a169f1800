from __future__ import annotations

import asyncio

import httpx
import pytest

from connectors.http import send
from connectors.retry import AgainError, GaveUpError, NobodyThereError, Patience
from connectors.shopify import connector
from connectors.square import connector as square


class Clock:
    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def insist(patience: Patience, *outcomes: Exception | str) -> str:
    answers = iter(outcomes)

    async def attempt() -> str:
        outcome = next(answers)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return asyncio.run(patience.insist(attempt))


def test_the_pause_grows_and_is_never_longer_than_the_step() -> None:
    clock = Clock()
    busy = [AgainError("busy") for _ in range(6)]
    assert insist(Patience(sleep=clock.sleep), *busy, "here it is") == "here it is"
    assert len(clock.pauses) == 6
    assert all(0 <= pause <= min(30, 2**turn) for turn, pause in enumerate(clock.pauses, 1))


def test_the_platforms_own_pause_is_kept() -> None:
    clock = Clock()
    insist(Patience(sleep=clock.sleep), AgainError("busy", 12.5), "here it is")
    assert clock.pauses == [12.5]


def test_after_so_many_tries_we_give_up() -> None:
    clock = Clock()
    with pytest.raises(GaveUpError, match="busy") as gave_up:
        insist(Patience(tries=3, sleep=clock.sleep), *[AgainError("busy", 1)] * 3)
    assert gave_up.value.tries == 3
    assert clock.pauses == [1, 1]


def test_where_nobody_opens_we_knock_three_times() -> None:
    clock = Clock()
    away = NobodyThereError("nobody there")
    with pytest.raises(GaveUpError) as gave_up:
        insist(Patience(sleep=clock.sleep), away, AgainError("busy"), away, away, "here it is")
    assert gave_up.value.tries == 4
    assert len(clock.pauses) == 3
    assert insist(Patience(sleep=clock.sleep), away, away, "here it is") == "here it is"


@pytest.mark.parametrize(
    ("error", "tries"),
    [(httpx.ConnectError, 3), (httpx.ConnectTimeout, 3), (httpx.ReadTimeout, 7)],
)
def test_a_firewall_that_swallows_all_is_nobody_at_home(
    error: type[httpx.TransportError], tries: int
) -> None:
    def swallowed(request: httpx.Request) -> httpx.Response:
        raise error("nothing came", request=request)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(swallowed)) as http:
            await Patience(sleep=Clock().sleep).insist(
                lambda: send(http, "GET", "https://corner-cafe.example/")
            )

    with pytest.raises(GaveUpError, match=rf"no answer came \({error.__name__}\)") as gave_up:
        asyncio.run(ask())
    assert gave_up.value.tries == tries


@pytest.mark.parametrize("timeout", [connector.TIMEOUT, square.TIMEOUT])
def test_behind_such_a_firewall_it_is_told_within_a_minute(timeout: httpx.Timeout) -> None:
    knocks = Patience().knocks
    assert timeout.connect
    assert knocks * timeout.connect + sum(2.0**turn for turn in range(1, knocks)) <= 60


def test_a_pause_longer_than_we_would_wait_is_not_begun() -> None:
    clock = Clock()
    with pytest.raises(GaveUpError):
        insist(Patience(in_all=300, sleep=clock.sleep), AgainError("busy", 301))
    assert clock.pauses == []
