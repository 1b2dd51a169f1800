"""Checks of config.yaml that apply only where mail reaches customers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.live.freemail import is_freemail
from engine.live.network import is_loopback, is_private_network
from mail.senders.registry import get_provider, provider_names
from settings.yaml.load import Plain, Violation

PUBLIC_ADDRESS_ERROR = (
    "Customers cannot open {said}: it leads {where}. Write the address that they reach."
)
FREEMAIL_ERROR = (
    "{domain} lets nobody else send for its addresses: such mail is turned away or lands in spam."
    " Write an address of your own domain; answers can still arrive at {domain}, by reply to."
)


def check_live_settings(document: Plain) -> Iterable[Violation]:
    """Freemail senders and private public addresses are errors once mail leaves this machine.
    Yields the errors.
    """
    shop, sending = _block(document, "shop"), _block(document, "sending")
    if not _is_live(sending):
        return
    domain = _domain(sending.get("from"))
    if is_freemail(domain):
        yield Violation(("sending", "from"), FREEMAIL_ERROR.format(domain=domain))
    public_address = shop.get("public address")
    if isinstance(public_address, str) and sending.get("unsubscribe by", "pages") == "pages":
        reach = _reach_of(public_address)
        if reach:
            yield Violation(
                ("shop", "public address"),
                PUBLIC_ADDRESS_ERROR.format(said=public_address, where=reach),
            )


def _is_live(sending: Mapping[str, Any]) -> bool:
    """Whether mail leaves this machine. A host name from .env is unknown here and counts as not
    live.
    """
    through = sending.get("through")
    if through not in provider_names() or sending.get("only to"):
        return False
    host = get_provider(through).unparsed_host(_block(sending, through))
    if not isinstance(host, str) or host.startswith("$"):
        return False
    return not is_loopback(_host(host))


def _reach_of(address: str) -> str | None:
    host = _host(address)
    if not host:
        return None  # not an address: another check reports it
    if is_loopback(host):
        return "to this machine alone"
    return "no further than your own network" if is_private_network(host) else None


def _host(address: str) -> str:
    try:
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _domain(text: object) -> str:
    match = re.search(r"@([^\s@<>]+)>?\s*$", text) if isinstance(text, str) else None
    return match[1] if match else ""


def _block(document: Any, key: str) -> Mapping[str, Any]:
    block = document.get(key) if isinstance(document, Mapping) else None
    return block if isinstance(block, Mapping) else {}
