"""What the owner's file itself shows: with these words no mail may go to customers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.live.freemail import is_freemail
from engine.live.network import stays_here, stays_inside
from settings.yaml.load import Fault, Plain

PUBLIC = "Customers cannot open {said}: it leads {where}. Write the address that they reach."
FREEMAIL = (
    "{domain} lets nobody else send for its addresses: such mail is turned away or lands in spam."
    " Write an address of your own domain; answers can still arrive at {domain}, by reply to."
)


def really_sent(plain: Plain) -> Iterable[Fault]:
    """Only where mail is to reach customers: a rehearsal may say what it likes."""
    shop, sending = _block(plain, "shop"), _block(plain, "sending")
    if not _is_live(sending):
        return
    domain = _domain(sending.get("from"))
    if is_freemail(domain):
        yield Fault(("sending", "from"), FREEMAIL.format(domain=domain))
    said = shop.get("public address")
    if isinstance(said, str) and sending.get("unsubscribe by", "pages") == "pages":
        where = _leads(said)
        if where:
            yield Fault(("shop", "public address"), PUBLIC.format(said=said, where=where))


def _is_live(sending: Mapping[str, Any]) -> bool:
    """A sender on this machine reaches nobody; a name from .env is not known here."""
    through = sending.get("through")
    if through not in ("smtp", "sendgrid") or sending.get("only to"):
        return False
    words = _block(sending, through)
    door = words.get("server") if through == "smtp" else words.get("address", "https://sendgrid")
    if not isinstance(door, str) or door.startswith("$"):
        return False
    return not stays_here(_host(door))


def _leads(address: str) -> str | None:
    host = _host(address)
    if not host:
        return None  # no address at all: told elsewhere
    if stays_here(host):
        return "to this machine alone"
    return "no further than your own network" if stays_inside(host) else None


def _host(address: str) -> str:
    try:
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _domain(text: object) -> str:
    found = re.search(r"@([^\s@<>]+)>?\s*$", text) if isinstance(text, str) else None
    return found[1] if found else ""


def _block(plain: Any, key: str) -> Mapping[str, Any]:
    found = plain.get(key) if isinstance(plain, Mapping) else None
    return found if isinstance(found, Mapping) else {}
