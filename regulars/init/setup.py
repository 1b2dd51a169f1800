"""`regulars init`: the interview, the files, the first sync, the first day, and a look back."""

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
from regulars.init import prompts, write_files
from regulars.init.answers import Answers
from regulars.init.dry_run_table import command_for, print_first_day
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.sources import SandboxAddresses
from regulars.init.terminal_user import Owner
from regulars.terminal.look_back_report import print_first_look_back
from regulars.terminal.output import count_noun, print_line
from regulars.terminal.progress import progress_bars
from regulars.terminal.reports import print_reach
from regulars.terminal.sync_report import print_sync_results
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
    """The answers given as options, by option; the sandboxes' addresses; whether to sync."""

    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: SandboxAddresses = field(default_factory=SandboxAddresses)
    sync: bool = True


def run(config: Path, options: InitOptions, *, now: datetime) -> None:
    """Interview the owner, write the shop's files, sync, and print the first day's mails.

    Raises WrongUsageError if `config` exists, and for a question without an answer.
    """
    program, config = command_for(config), config.absolute()
    write_files.refuse_existing(config)
    answers = _interview(config, options)
    _write(config, answers)
    if options.sync and _has_sources(answers):
        try:
            _sync_and_preview(open_shop(config), now)
        except RegularsError:
            _print(SYNC_LATER.format(regulars=program))
            raise
    _print(NEXT_STEPS.format(regulars=program, file=config.name))


def _interview(config_path: Path, options: InitOptions) -> Answers:
    owner = Owner(
        ask=prompts.ask if prompts.is_interactive() else None,
        say=prompts.say,
        flags=options.flags,
        keys=_known_keys(config_path.parent),
    )
    world = World(timezone=prompts.machine_timezone())
    return interview(owner, world, config_path.parent, options.addresses)


def _write(config: Path, answers: Answers) -> None:
    templates = write_files.write_shop_files(config, answers)
    keys_file = [KEYS_FILE] if answers.keys else []
    written = [config.name, *keys_file, count_noun(len(templates), "template")]
    _print(f"Wrote {', '.join(written)} (templates/, to be edited).")


def _print(text: str) -> None:
    print_line(f"\n{text}", markup=False)


def _known_keys(folder: Path) -> Mapping[str, str]:
    return environment.load_environment(folder, os.environ) if folder.is_dir() else os.environ


def _has_sources(answers: Answers) -> bool:
    return bool(answers.readable_files) or any(not platform.later for platform in answers.platforms)


def _sync_and_preview(shop: OpenShop, now: datetime) -> None:
    """Sync `shop`, print its reach, and what the first day would send."""
    with progress_bars() as bars:
        sync_results = asyncio.run(sync_all(shop, now=now, progress=bars.on_records))
    with read_transaction(shop.engine) as connection:
        reach = load_reach(connection, shop.config, now=now)
        by_hand = manual_opt_outs(connection, shop.config.sources)
    print_sync_results(sync_results, None, by_hand)
    print_line()
    print_reach(reach)
    print_first_day(first_day(shop, now=now))
    print_first_look_back(shop, now=now)
