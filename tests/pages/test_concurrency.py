"""Many at the same moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from pages.app import public_pages
from tests.cafe import DAY, MARCH, SECOND
from tests.pages.visitors import Open
from tests.rows import identity


def test_a_hundred_presses_at_once_are_one_no_each(mailed: Open) -> None:
    tokens = [mailed.token(name) for name in ("ana", "bruno", "clara")]

    async def press() -> list[int]:
        door = httpx.ASGITransport(public_pages(mailed.cafe.shop, mailed.watch))
        async with httpx.AsyncClient(transport=door, base_url="https://x.example") as client:
            found = await asyncio.gather(*(client.post(f"/u/{tokens[n % 3]}") for n in range(99)))
        return [one.status_code for one in found]

    assert asyncio.run(press()) == [200] * 99
    assert len(mailed.noes()) == 3
    mailed.cafe.run(MARCH + DAY)
    assert sorted(mailed.cafe.mailed_names()) == ["ana", "bruno", "clara"]


def test_who_is_merged_away_while_they_press_has_said_no(mailed: Open) -> None:
    from engine.inbound.unsubscribe import LinkHolder, OptOutEvidence, record_opt_out

    mailed.cafe.arrive(identities=[identity("17", phone="+351912345678")])
    gone = mailed.customer("17")
    found = identity("clara", email="clara@example.com", phone="+351912345678", version=3)
    mailed.cafe.arrive(identities=[found])
    record_opt_out(
        mailed.cafe.shop, LinkHolder(gone, "a mail"), OptOutEvidence("a", "b"), now=MARCH + SECOND
    )
    mailed.cafe.run(MARCH + DAY)
    assert mailed.cafe.mailed_names().count("clara") == 1


def test_who_is_nobody_any_more_leaves_in_peace(mailed: Open) -> None:
    from engine.inbound.unsubscribe import LinkHolder, OptOutEvidence, record_opt_out

    shop = replace(mailed.cafe.shop)
    record_opt_out(shop, LinkHolder(4711, "a mail"), OptOutEvidence("a", "b"), now=MARCH)
    assert mailed.noes() == []
