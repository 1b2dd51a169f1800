"""Concurrent requests."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from pages.app import create_app
from tests.cafe import DAY, MARCH, SECOND
from tests.pages.visitors import OpenPages
from tests.rows import identity


def test_a_hundred_concurrent_presses_are_one_opt_out_each(pages_after_mail: OpenPages) -> None:
    tokens = [pages_after_mail.token(name) for name in ("ana", "bruno", "clara")]

    async def press() -> list[int]:
        transport = httpx.ASGITransport(
            create_app(pages_after_mail.cafe.shop, pages_after_mail.clock)
        )
        async with httpx.AsyncClient(transport=transport, base_url="https://x.example") as client:
            responses = await asyncio.gather(
                *(client.post(f"/u/{tokens[n % 3]}") for n in range(99))
            )
        return [response.status_code for response in responses]

    assert asyncio.run(press()) == [200] * 99
    assert len(pages_after_mail.opt_outs()) == 3
    pages_after_mail.cafe.run(MARCH + DAY)
    assert sorted(pages_after_mail.cafe.mailed_names()) == ["ana", "bruno", "clara"]


def test_an_opt_out_of_a_merged_customer_counts(pages_after_mail: OpenPages) -> None:
    from engine.inbound.unsubscribe import LinkHolder, OptOutEvidence, record_opt_out

    pages_after_mail.cafe.arrive(identities=[identity("17", phone="+351912345678")])
    merged_customer = pages_after_mail.customer("17")
    clara = identity("clara", email="clara@example.com", phone="+351912345678", version=3)
    pages_after_mail.cafe.arrive(identities=[clara])
    record_opt_out(
        pages_after_mail.cafe.shop,
        LinkHolder(merged_customer, "a mail"),
        OptOutEvidence("a", "b"),
        now=MARCH + SECOND,
    )
    pages_after_mail.cafe.run(MARCH + DAY)
    assert pages_after_mail.cafe.mailed_names().count("clara") == 1


def test_an_opt_out_of_a_deleted_customer_is_ignored(pages_after_mail: OpenPages) -> None:
    from engine.inbound.unsubscribe import LinkHolder, OptOutEvidence, record_opt_out

    shop = replace(pages_after_mail.cafe.shop)
    record_opt_out(shop, LinkHolder(4711, "a mail"), OptOutEvidence("a", "b"), now=MARCH)
    assert pages_after_mail.opt_outs() == []
