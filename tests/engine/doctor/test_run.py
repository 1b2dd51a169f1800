"""All of it together: at once, in order, and to an end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Event

import httpx

from engine.doctor.http import Web
from engine.doctor.run import World, at_once, examine
from engine.live.finding import About, Finding, Kind
from tests.cafe import Cafe
from tests.engine.doctor.test_machine import machine
from tests.engine.doctor.world import SHOP, THROUGH_SENDGRID, Published, file_of, wrong

FINE = Finding(About.LETTERS, Kind.OK, "All is well.")


def test_what_hangs_is_told_and_keeps_nothing_else(cafe: Cafe) -> None:
    never = Event()

    def hangs() -> Sequence[Finding]:
        never.wait(60)
        return []

    begun = time.monotonic()
    found = at_once(
        {"the disk": (About.MACHINE, hangs), "your mails": (About.LETTERS, lambda: [FINE])}, 0.3
    )
    assert time.monotonic() - begun < 10
    never.set()
    assert found[0] == FINE
    assert found[1].kind == "wrong"
    assert found[1].what.startswith("Looking at the disk did not come to an end")


def test_what_breaks_is_told_without_its_words() -> None:
    def breaks() -> Sequence[Finding]:
        raise RuntimeError("the password is flat white")

    [found] = at_once({"your mails": (About.LETTERS, breaks)}, 5)
    assert (found.about, found.kind) == ("your mails", "wrong")
    assert "RuntimeError" in found.what
    assert "flat white" not in str(found)


def nobody(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def world(free: int = 10**11) -> World:
    return World(Published(rows={}), Web(httpx.MockTransport(nobody)), machine(free))


def test_the_worst_comes_first(cafe: Cafe) -> None:
    cafe.shop = replace(cafe.shop, file=file_of(cafe.path.parent, SHOP + THROUGH_SENDGRID))
    found = examine(cafe.shop, world())
    kinds = [one.kind for one in found]
    assert kinds == sorted(kinds, key=["wrong", "warning", "ok"].index)
    assert {one.about for one in found} == set(About)
    assert all(one.remedy for one in found if one.kind != "ok")
    assert "SG.look-alike" not in str(found)


def test_where_mail_reaches_nobody_only_the_machine_can_be_wrong(cafe: Cafe) -> None:
    assert wrong(examine(cafe.shop, world())) == []
    [said] = {*wrong(examine(cafe.shop, world(free=1)))}
    assert "room for" in said
