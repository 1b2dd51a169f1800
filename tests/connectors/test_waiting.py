from __future__ import annotations

import asyncio

import pytest

from connectors.waiting import AgainError, GaveUpError, NobodyThereError, Patience


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


def test_a_pause_longer_than_we_would_wait_is_not_begun() -> None:
    clock = Clock()
    with pytest.raises(GaveUpError):
        insist(Patience(in_all=300, sleep=clock.sleep), AgainError("busy", 301))
    assert clock.pauses == []
