"""The rate limit per client address."""

from __future__ import annotations

from pages.rate_limit import RateLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def rate_limit(clock: Clock, max_clients: int = 10) -> RateLimit:
    return RateLimit(burst=3, per_minute=6, max_clients=max_clients, clock=clock)


def test_the_bucket_empties_and_refills_with_time() -> None:
    clock = Clock()
    limit = rate_limit(clock)
    assert [limit.acquire("203.0.113.7") for _ in range(4)] == [True, True, True, False]
    assert limit.is_exhausted("203.0.113.7")
    assert not limit.is_exhausted("203.0.113.8")
    clock.now = 10.0
    assert not limit.is_exhausted("203.0.113.7")
    assert [limit.acquire("203.0.113.7") for _ in range(2)] == [True, False]
    clock.now = 1e6
    assert [limit.acquire("203.0.113.7") for _ in range(4)] == [True, True, True, False]


def test_refused_attempts_do_not_stop_the_refill() -> None:
    clock = Clock()
    limit = rate_limit(clock)
    acquired = 0
    for second in range(62):
        clock.now = float(second)
        acquired += limit.acquire("203.0.113.7")
    assert acquired == 9


def test_an_ipv6_64_prefix_is_one_client() -> None:
    limit = rate_limit(Clock())
    assert all(limit.acquire(f"2001:db8:1:2::{n}") for n in range(3))
    assert not limit.acquire("2001:db8:1:2:ffff::1")
    assert limit.acquire("2001:db8:1:3::1")


def test_the_number_of_clients_is_bounded() -> None:
    limit = rate_limit(Clock(), max_clients=10)
    for n in range(1000):
        limit.acquire(f"203.0.{n // 250}.{n % 250}")
    assert len(limit._buckets) == 10


def test_invalid_addresses_share_one_bucket() -> None:
    limit = rate_limit(Clock())
    assert [limit.acquire(invalid) for invalid in (None, "", "unix:", "x" * 9999)] == [True] * 3 + [
        False
    ]
