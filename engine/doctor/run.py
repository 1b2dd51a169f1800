"""All of it at once: nothing that is looked at keeps another waiting, and nothing for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, Queue
from threading import Thread

from engine.doctor import address, domain, machine, provider, rendered_mails
from engine.doctor.dns import Names
from engine.doctor.http import Web
from engine.doctor.machine import Machine
from engine.live.finding import About, Desk, Finding, only_warned, worst_first
from engine.live.fingerprint import reaches_nobody
from engine.open.open_shop import OpenShop

SECONDS = 25.0
Look = Callable[[], Sequence[Finding]]


@dataclass(frozen=True)
class World:
    """All that lies outside of the shop's own folder."""

    names: Names
    web: Web
    machine: Machine
    prefect: str | None = None  # where its server was said to be


def examine(shop: OpenShop, world: World) -> list[Finding]:
    """What was found, the worst first. Where mail reaches nobody, nothing about mail is wrong."""
    found = at_once(looks(shop, world), SECONDS)
    return worst_first(only_warned(found) if reaches_nobody(shop.file) else found)


def looks(shop: OpenShop, world: World) -> Mapping[str, tuple[About, Look]]:
    """Each by its name, as it is told where it does not come to an end."""
    web, at = world.web, world.machine
    return {
        "your domain": (About.DOMAIN, partial(domain.look, shop.file, world.names)),
        "your public address": (About.ADDRESS, partial(address.look, shop, world.names, web)),
        "your mails": (About.LETTERS, partial(rendered_mails.look, shop, now=at.clock())),
        "your mail service": (About.PROVIDER, partial(provider.look, shop, web)),
        "the disk": (About.MACHINE, partial(machine.disk, shop, at)),
        "the clock": (About.MACHINE, partial(machine.clock, shop, at, web)),
        "Prefect's server": (About.MACHINE, partial(machine.prefect, world.prefect, web)),
    }


def at_once(wanted: Mapping[str, tuple[About, Look]], seconds: float) -> list[Finding]:
    """A thread each. One that hangs is left behind: it holds nothing, and ends with us."""
    told: Queue[tuple[str, Sequence[Finding]]] = Queue()
    for name, (about, look) in wanted.items():
        Thread(target=_tell, args=(told, name, about, look), name=name, daemon=True).start()
    missing, found = dict(wanted), list[Finding]()
    until = time.monotonic() + seconds
    while missing:
        try:
            name, findings = told.get(timeout=max(until - time.monotonic(), 0))
        except Empty:
            break
        del missing[name]
        found += findings
    return found + [_hangs(name, about, seconds) for name, (about, _) in missing.items()]


def _tell(told: Queue[tuple[str, Sequence[Finding]]], name: str, about: About, look: Look) -> None:
    try:
        told.put((name, look()))
    except Exception as fault:  # noqa: BLE001  # one look that breaks must not hide the others
        # Its words may name what is secret; its kind does not.
        what = f"Looking at {name} broke off ({type(fault).__name__})."
        told.put((name, [Desk(about).wrong(what, "Try again; if it stays so, please tell us.")]))


def _hangs(name: str, about: About, seconds: float) -> Finding:
    what = f"Looking at {name} did not come to an end within {seconds:.0f} seconds."
    return Desk(about).wrong(what, "Try again later.")
