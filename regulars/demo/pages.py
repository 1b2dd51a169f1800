"""The café's own pages in the browser, at the time at which the demo ended."""

from __future__ import annotations

import signal
import webbrowser
from collections.abc import Callable
from datetime import datetime
from threading import Event

from engine.open.open_shop import OpenShop
from engine.tick_context import running_clock
from regulars.serve.owner_pages import OwnerPort, serve_owner_pages
from regulars.terminal.output import print_line


def show_pages(shop: OpenShop, now: datetime, wait: Callable[[], object] | None = None) -> None:
    """Serve the owner's pages of the demo's `shop` on a free port, with a clock that begins at
    `now`, and open them in the browser if there is one. Returns after SIGINT or SIGTERM.

    They are opened by a link that works once: `wait` replaces waiting for the signal.
    """
    with serve_owner_pages(shop, OwnerPort(port=0, is_asked_for=True), running_clock(now)) as pages:
        if pages is None:
            return
        link = pages.one_time_link()
        print_line(f"\n{shop.config.shop.name} is at {pages.address}", markup=False)
        if not _open(link):
            print_line(f"Open it with this link, once and within an hour: {link}", markup=False)
        print_line("Ctrl+C ends it.")
        (wait or _wait_for_signal)()


def _open(link: str) -> bool:
    """Whether a browser was found and started."""
    try:
        return webbrowser.open(link)
    except webbrowser.Error:
        return False


def _wait_for_signal() -> None:
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    stopped.wait()
