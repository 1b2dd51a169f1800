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
from engine.reach import load_reach
from engine.sync.consent_writeback import manual_opt_outs
from engine.sync.sync import sync_all
from regulars.commands.init import prompts, write_files
from regulars.commands.init.answers import Answers
from regulars.commands.init.dry_run_table import LOOKS_FORWARD_NOTE, command_for, first_day_table
from regulars.commands.init.interview import interview
from regulars.commands.init.probe import World
from regulars.commands.init.sources import SandboxAddresses
from regulars.commands.init.terminal_user import Owner
from regulars.commands.reach import show_reach
from regulars.terminal.output import ProgressBars, console, count_noun, progress
from settings import environment
from settings.errors import RegularsError
from shop.db.engine import read_transaction

KEYS_FILE = ".env (your keys, readable by you alone)"
SYNC_LATER = "Your file is written. Once this is mended, go on with: {regulars} sync"
NEXT_STEPS = """\
Nobody has got anything: mails become files in outbox/. Next:
  {regulars} check      says what in {file} must be mended, whenever you have changed it
  {regulars} preview    shows each mail as it would look
  {regulars} run        looks at the rules once; serve does so by itself, every few minutes
docs/getting-started.md goes on from here."""


@dataclass(frozen=True)
class InitOptions:
    """What the command line says already."""

    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: SandboxAddresses = field(default_factory=SandboxAddresses)
    sync: bool = True


def run(config: Path, options: InitOptions, *, now: datetime) -> None:
    """From nothing to the reach and the first day's mails."""
    command, config = command_for(config), config.absolute()
    write_files.refuse_existing(config)
    interactive = prompts.is_interactive()
    owner = Owner(
        ask=prompts.ask if interactive else None,
        say=prompts.say,
        flags=options.flags,
        keys=_known_keys(config.parent),
    )
    world = World(clock=prompts.machine_timezone())
    answers = interview(owner, world, config.parent, options.addresses)
    templates = write_files.write_shop_files(config, answers)
    written_files = [
        config.name,
        *([KEYS_FILE] if answers.keys else []),
        count_noun(len(templates), "template"),
    ]
    _print(f"Wrote {', '.join(written_files)} (templates/, to be edited).")
    if options.sync and _has_sources(answers):
        try:
            _sync_and_preview(open_shop(config), now)
        except RegularsError:
            _print(SYNC_LATER.format(regulars=command))
            raise
    _print(NEXT_STEPS.format(regulars=command, file=config.name))


def _print(text: str) -> None:
    console.print(f"\n{text}", soft_wrap=True, markup=False)


def _known_keys(folder: Path) -> Mapping[str, str]:
    return environment.load_environment(folder, os.environ) if folder.is_dir() else os.environ


def _has_sources(answers: Answers) -> bool:
    platforms = [platform for platform in answers.platforms if not platform.later]
    return bool(platforms or answers.files)


def _sync_and_preview(shop: OpenShop, now: datetime) -> None:
    """What there is, whom it lets the shop reach, and what would come of it."""
    from regulars.commands.sync_run import show_sync_results

    with progress() as bars:
        progress_bars = ProgressBars(bars)
        sync_results = asyncio.run(sync_all(shop, now=now, progress=progress_bars.on_records))
        progress_bars.finish()
    with read_transaction(shop.engine) as connection:
        reach = load_reach(connection, shop.config, now=now)
        by_hand = manual_opt_outs(connection, shop.config.sources)
    show_sync_results(sync_results, None, by_hand)
    console.print()
    show_reach(reach)
    show_first_day(shop, now)


def show_first_day(shop: OpenShop, now: datetime) -> None:
    counts = first_day(shop, now=now)
    console.print("\n[bold]The next 24 hours[/], if they were sent:\n")
    console.print(first_day_table(counts))
    console.print(f"\n{LOOKS_FORWARD_NOTE}", soft_wrap=True)
