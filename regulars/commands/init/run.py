"""`init`: the questions, the files, the first sync, and what the first day would send."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.open.open_shop import OpenShop, open_shop
from engine.owner.dry_run import first_day
from engine.reach import reach_of
from engine.sync.consent_writeback import untold
from engine.sync.sync import sync_all
from regulars.commands.init import prompts, write_files
from regulars.commands.init.answers import Answers
from regulars.commands.init.dry_run_table import FORWARD, called_for, first_day_table
from regulars.commands.init.interview import everything
from regulars.commands.init.probe import World
from regulars.commands.init.sources import Addresses
from regulars.commands.init.terminal_user import Owner
from regulars.commands.reach import show_reach
from regulars.terminal.output import Watch, console, counted, progress
from settings import environment
from settings.errors import Trouble
from shop.db.engine import reading

KEYS = ".env (your keys, readable by you alone)"
BROKEN_OFF = "Your file is written. Once this is mended, go on with: {regulars} sync"
NEXT = """\
Nobody has got anything: mails become files in outbox/. Next:
  {regulars} check      says what in {file} must be mended, whenever you have changed it
  {regulars} preview    shows each mail as it would look
  {regulars} run        looks at the rules once; serve does so by itself, every few minutes
docs/getting-started.md goes on from here."""


@dataclass(frozen=True)
class Given:
    """What the command line says already."""

    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=Addresses)
    sync: bool = True


def run(config: Path, given: Given, *, now: datetime) -> None:
    """From nothing to the reach and the first day's mails."""
    regulars, config = called_for(config), config.absolute()
    write_files.refuse_if_there(config)
    there = prompts.somebody_is_there()
    owner = Owner(
        ask=prompts.ask if there else None,
        say=prompts.say,
        flags=given.flags,
        keys=_keys(config.parent),
    )
    world = World(clock=prompts.clock_here())
    answers = everything(owner, world, config.parent, given.addresses)
    laid = write_files.keep(config, answers)
    wrote = [config.name, *([KEYS] if answers.keys else []), counted(len(laid), "template")]
    _say(f"Wrote {', '.join(wrote)} (templates/, to be edited).")
    if given.sync and _reads_anything(answers):
        try:
            _first_look(open_shop(config), now)
        except Trouble:
            _say(BROKEN_OFF.format(regulars=regulars))
            raise
    _say(NEXT.format(regulars=regulars, file=config.name))


def _say(text: str) -> None:
    console.print(f"\n{text}", soft_wrap=True, markup=False)


def _keys(folder: Path) -> Mapping[str, str]:
    return environment.load(folder, os.environ) if folder.is_dir() else os.environ


def _reads_anything(answers: Answers) -> bool:
    platforms = [one for one in (answers.online_shop, answers.till) if one and not one.later]
    return bool(platforms or answers.files)


def _first_look(shop: OpenShop, now: datetime) -> None:
    """What there is, whom it lets the shop reach, and what would come of it."""
    from regulars.commands.sync_run import show_synced

    with progress() as bars:
        watch = Watch(bars)
        synced = asyncio.run(sync_all(shop, now=now, progress=watch.arrived))
        watch.finish()
    with reading(shop.engine) as connection:
        reach = reach_of(connection, shop.file, now=now)
        by_hand = untold(connection, shop.file.sources)
    show_synced(synced, None, by_hand)
    console.print()
    show_reach(reach)
    show_first_day(shop, now)


def show_first_day(shop: OpenShop, now: datetime) -> None:
    counts = first_day(shop, now=now)
    console.print("\n[bold]The next 24 hours[/], if they were sent:\n")
    console.print(first_day_table(counts))
    console.print(f"\n{FORWARD}", soft_wrap=True)
