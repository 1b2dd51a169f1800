"""Draws the README's three pictures of the owner's pages, from the demo's café.

Run it with `.venv/bin/python docs/pictures/draw_pages.py`; ports 8801 and 8802 must be free. It
needs the testing tools, which `make test` installs, and a chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from playwright.sync_api import Browser, Page  # noqa: E402  # the checkout comes first
from sqlalchemy import func, select  # noqa: E402
from sqlmodel import col  # noqa: E402

from docs.pictures.draw import chromium, run_demo  # noqa: E402
from engine.open.open_shop import OpenShop, open_shop  # noqa: E402
from engine.run import last_evaluated  # noqa: E402
from engine.tick_context import fixed_clock  # noqa: E402
from regulars.serve.owner_pages import OwnerPort, serve_owner_pages  # noqa: E402
from shop.db.engine import read_transaction  # noqa: E402
from shop.tables import Message, Metrics  # noqa: E402

WIDTH, HEIGHT, SCALE = 1000, 1180, 1
RULE = "welcome"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        run_demo(Path(folder))
        draw_pages(browser, open_shop(Path(folder) / "config.yaml"))


def draw_pages(browser: Browser, shop: OpenShop) -> None:
    """Draw today, a rule and a customer of the demo's `shop`, at the time of its last tick."""
    now = last_evaluated(shop)
    assert now is not None  # noqa: S101  # the demo has run
    clock = fixed_clock(now)
    with serve_owner_pages(shop, OwnerPort(port=0, is_asked_for=True), clock) as pages:
        assert pages is not None  # noqa: S101  # the port is a free one
        page = browser.new_context(
            viewport={"width": WIDTH, "height": 760}, device_scale_factor=SCALE
        ).new_page()
        page.goto(pages.one_time_link())
        page.get_by_role("button", name="Open").click()
        page.wait_for_load_state("networkidle")
        draw(page, f"{pages.address}/", "today", height=HEIGHT)
        draw(page, f"{pages.address}/rules/{RULE}", "rule", height=HEIGHT)
        draw(page, f"{pages.address}/customers/{most_mailed(shop)}", "customer", height=HEIGHT)


def most_mailed(shop: OpenShop) -> int:
    """Return the id of the customer with the most mails; of several, of the most visits."""
    query = (
        select(col(Message.customer_id))
        .join(Metrics, col(Metrics.customer_id) == col(Message.customer_id))
        .group_by(col(Message.customer_id), col(Metrics.visits))
        .order_by(func.count().desc(), col(Metrics.visits).desc(), col(Message.customer_id))
    )
    with read_transaction(shop.engine) as connection:
        customer: int = connection.scalars(query.limit(1)).one()
    return customer


def draw(page: Page, address: str, name: str, *, height: int) -> None:
    """Write the upper part of a page as `owner/<name>.png`."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # the charts are drawn by a script
    target = HERE / "owner" / f"{name}.png"
    target.parent.mkdir(exist_ok=True)
    full = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": min(height, full)})
    page.wait_for_timeout(300)
    page.screenshot(path=target)


if __name__ == "__main__":
    main()
