"""One shop below the overview that does not answer keeps no other waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import httpx

from pages.owner.access.hosts import AllowedHosts
from pages.owner.app import Entrance
from pages.owner.overview.app import OverviewKeys, create_overview_app
from pages.owner.overview.mounted_shops import OpenedPages
from settings.errors import UnavailableError
from tests.pages.owner.browsers import HOST

MANY = 6  # more than the threads of the pages


def test_a_shop_whose_database_hangs_keeps_no_other_page_waiting(tmp_path: Path) -> None:
    released = Event()

    def open_pages(path: Path) -> OpenedPages:
        if path.parent.name == "salon":
            released.wait(20)
        raise UnavailableError(f"{path.parent.name} does not answer.")

    shops = {name: tmp_path / name / "config.yaml" for name in ("salon", "cafe")}
    app = create_overview_app(
        shops,
        OverviewKeys("a secret", "all of my shops", Entrance()),
        open_pages=open_pages,
        hosts=AllowedHosts(),
        zone=ZoneInfo("UTC"),
    )

    async def visit() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            hanging = [asyncio.create_task(client.get("/s/salon/")) for _ in range(MANY)]
            await client.get("/sign-in", timeout=5)  # sets the number of threads
            await asyncio.sleep(0.1)
            paths = ("/sign-in", "/s/cafe/")
            try:
                answers = [await asyncio.wait_for(client.get(path), 5) for path in paths]
            finally:
                released.set()
            return [answer.status_code for answer in answers + await asyncio.gather(*hanging)]

    assert asyncio.run(visit()) == [200, *[503] * (MANY + 1)]
