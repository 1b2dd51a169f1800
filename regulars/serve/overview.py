"""The overview of several shops as it is served: its keys, and how it opens each shop's pages."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

from engine.open.open_shop import OpenShop, open_shop
from pages.clock import Clock, machine_clock
from pages.owner.access.hosts import AllowedHosts
from pages.owner.access.signed_out import SignedOut
from pages.owner.app import Entrance
from pages.owner.overview.app import (
    PASSCODE_NAME,
    OverviewKeys,
    create_overview_app,
    shop_pages,
)
from pages.owner.overview.mounted_shops import OpenedPages
from regulars.init.prompts import machine_timezone
from regulars.serve.owner_pages import SIGNED_OUT_FILE, with_own_connections
from settings.errors import WrongUsageError
from shop.db.timezones import parse_zone

MIN_PASSCODE = 8
TOO_SHORT = f"{PASSCODE_NAME} is too short: write at least {MIN_PASSCODE} characters."


@dataclass(frozen=True)
class ServedOverview:
    """The application of the overview; without a passcode it opens by a link."""

    app: ASGIApp
    keys: OverviewKeys

    def one_time_link(self, address: str) -> str | None:
        """Returns a link below `address`, a key, on a terminal alone. None with a passcode."""
        if self.keys.passcode or not sys.stderr.isatty():
            return None
        return f"{address}/link/{self.keys.entrance.links.create()}"


def create_served_overview(
    shops: Mapping[str, Path],
    hosts: AllowedHosts,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Clock = machine_clock,
) -> ServedOverview:
    """Returns the overview of `shops` by slug; its passcode comes from `environ` alone, never from
    the folder of a shop. Who restarts it signs in again: its secret is a new one each time.

    Raises `WrongUsageError` for a passcode that is too short.
    """
    passcode = environ.get(PASSCODE_NAME) or None
    if passcode and len(passcode) < MIN_PASSCODE:
        raise WrongUsageError(TOO_SHORT)
    keys = OverviewKeys(secrets.token_urlsafe(32), passcode, Entrance())
    entrances: dict[Path, Entrance] = {}

    def open_pages(path: Path) -> OpenedPages:
        shop = open_shop(path)
        entrance = entrances.setdefault(path, _entrance(shop))
        return shop_pages(with_own_connections(shop), entrance, hosts, clock)

    app = create_overview_app(
        shops,
        keys,
        open_pages=open_pages,
        hosts=hosts,
        zone=parse_zone(machine_timezone()) or ZoneInfo("UTC"),
        clock=clock,
    )
    return ServedOverview(app, keys)


def _entrance(shop: OpenShop) -> Entrance:
    return Entrance(signed_out=SignedOut(shop.folder / SIGNED_OUT_FILE))
