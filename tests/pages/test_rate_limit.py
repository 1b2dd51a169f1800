"""How often one address may come with what is not ours."""

from __future__ import annotations

from pages.rate_limit import Patience


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def patience(clock: Clock, remembers: int = 10) -> Patience:
    return Patience(tries=3, a_minute=6, remembers=remembers, clock=clock)


def test_the_tries_are_spent_and_come_back_with_time() -> None:
    clock = Clock()
    asked = patience(clock)
    assert [asked.tried("203.0.113.7") for _ in range(4)] == [True, True, True, False]
    assert asked.lost("203.0.113.7")
    assert not asked.lost("203.0.113.8")
    clock.now = 10.0
    assert not asked.lost("203.0.113.7")
    assert [asked.tried("203.0.113.7") for _ in range(2)] == [True, False]
    clock.now = 1e6
    assert [asked.tried("203.0.113.7") for _ in range(4)] == [True, True, True, False]


def test_asking_all_the_time_does_not_stop_them_from_coming_back() -> None:
    clock = Clock()
    asked = patience(clock)
    had = 0
    for second in range(62):
        clock.now = float(second)
        had += asked.tried("203.0.113.7")
    assert had == 9


def test_a_household_of_ipv6_is_one() -> None:
    asked = patience(Clock())
    assert all(asked.tried(f"2001:db8:1:2::{n}") for n in range(3))
    assert not asked.tried("2001:db8:1:2:ffff::1")
    assert asked.tried("2001:db8:1:3::1")


def test_it_remembers_only_so_many() -> None:
    asked = patience(Clock(), remembers=10)
    for n in range(1000):
        asked.tried(f"203.0.{n // 250}.{n % 250}")
    assert len(asked._left) == 10


def test_what_is_no_address_is_one_place() -> None:
    asked = patience(Clock())
    assert [asked.tried(odd) for odd in (None, "", "unix:", "x" * 9999)] == [True] * 3 + [False]
