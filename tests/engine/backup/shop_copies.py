"""The live café, and copies and restored backups of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from engine.backup.create import create_backup
from engine.backup.restore import restore_backup
from engine.open.detect_copy import detect_copy
from shop.db.engine import open_database
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService

LIVE = """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.example}
    sending:
      from: Ana <ana@cornercafe.example>
      ask me above: 1000
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: welcome}]
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
"""


def live_cafe(engine: Engine, folder: Path) -> Cafe:
    """The live café, with rules that began yesterday."""
    cafe = with_office(Cafe(engine, folder, "\n".join(LIVE.splitlines())))
    detect_copy(cafe.engine, reaches_people=True, now=MARCH)
    cafe.run(MARCH - DAY)
    return cafe


def with_office(cafe: Cafe) -> Cafe:
    cafe.shop = replace(cafe.shop, sender=FakeMailService())
    return cafe


def sent_names(cafe: Cafe) -> list[str]:
    office = cafe.shop.sender
    assert isinstance(office, FakeMailService)
    return office.sent


def leave_cart(cafe: Cafe, name: str, due: datetime = MARCH) -> None:
    cafe.customer(name)
    cafe.cart(name, due - 3 * HOUR)


def copy_shop(cafe: Cafe, folder: Path) -> Cafe:
    """Copy the folder as it is now and open it elsewhere."""
    shutil.copytree(cafe.path.parent, folder, ignore=shutil.ignore_patterns(folder.name))
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    copy = with_office(Cafe(engine, folder, cafe.path.read_text()))
    detect_copy(engine, reaches_people=True, now=MARCH)
    return copy


def backup_to_restore(cafe: Cafe, folder: Path) -> Callable[[], Cafe]:
    """Back up now; returns a function that restores it later."""
    backup = create_backup(cafe.shop, folder / "backups", now=MARCH).file

    def open_it() -> Cafe:
        restore_backup(backup, folder / "new", {}, now=MARCH)
        engine = open_database("sqlite:///regulars.db", base_folder=folder / "new")
        return with_office(Cafe(engine, folder / "new", cafe.path.read_text()))

    return open_it
