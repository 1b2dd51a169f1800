"""`backup`, `restore`, `no-mail import` and `this-is-the-one`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from engine.backup import activate_copy, create, suppression_list
from engine.backup import restore as restoring
from engine.open.open_shop import SECRET, open_shop
from regulars.terminal.output import aside, console, counted, printable
from settings.errors import DataTrouble

FOLDER = "backups"
LINKS = f"{SECRET} signs the links in your mails: with another one, those already sent are dead."
WAKE = "regulars this-is-the-one"
ELSEWHERE = (
    "database: names {}, outside this folder. The data are in regulars.db here: change the "
    "line, or move them."
)
READ_ON = "regulars check, then regulars sync: what happened since, and what your shop was told."
NOES = (
    "regulars no-mail import FILE, with the newest no-mail.csv you have: who said no to your "
    "mails after this backup may be known nowhere else."
)
WAKING = (
    f"See that the old one is off, and say: {WAKE}. What came due until then is left out, for "
    "it may have been mailed after the backup."
)


def back_up(config: Path, folder: Path | None, *, now: datetime) -> None:
    shop = open_shop(config)
    done = create.back_up(shop, folder or shop.folder / FOLDER, now=now)
    _say(f"{done.file}: {done.size:,} bytes, with the addresses of your customers in it.")
    _say(f"{done.no_mail}: every address that must get nothing, readable by any program.")
    _say(f"Not in it: {', '.join(done.secrets)}. Keep these apart from it, and safe. {LINKS}")
    _say("A copy on the same disk is lost with that disk: take it elsewhere.")


def restore(config: Path, file: Path, into: Path | None, *, now: datetime) -> None:
    folder = into or config.absolute().parent
    done = restoring.restore(file, folder, os.environ, now=now)
    made_at = f"{done.made_at.astimezone():%d %B %Y, %H:%M}"
    _say(f"The shop of {made_at} is in {done.folder}. It mails nobody yet.")
    for number, step in enumerate(_steps(done), 1):
        _say(f"{number}. {step}")


def _steps(done: restoring.Restored) -> list[str]:
    """What is left to do, in the order in which it is safe."""
    steps = [READ_ON, NOES, WAKING]
    if done.elsewhere:
        steps.insert(0, ELSEWHERE.format(done.elsewhere))
    if done.missing:
        steps.insert(0, _missing(done.missing))
    return steps


def _missing(names: Sequence[str]) -> str:
    said = f"Write into .env: {', '.join(names)}."
    return f"{said} {LINKS}" if SECRET in names else said


def take_in(config: Path, file: Path, *, now: datetime) -> None:
    found = suppression_list.take_in(open_shop(config), file, now=now)
    _say(f"Nothing goes to {counted(found.addresses, 'address', 'addresses')} of {file.name}.")
    if found.unreadable:
        lines = ", ".join(str(line) for line in found.unreadable[:20])
        more = " and others" if len(found.unreadable) > 20 else ""
        raise DataTrouble(f"{file.name}: no e-mail address in line {lines}{more}.")


def wake(config: Path, *, catch_up: bool, now: datetime) -> None:
    done = activate_copy.this_is_the_one(open_shop(config), now=now, catch_up=catch_up)
    if not done.was_held:
        _say("This is the shop, and was taken for it: no mail was held.")
        return
    _say("This is the shop. Its mail goes with the next run.")
    if not catch_up:
        _say(
            f"Left out, for it may have gone already: {counted(done.dropped, 'mail')} and series "
            "that came due until now. Every rule looks forward from here."
        )
    for rule in done.paused:
        _say(
            f"{rule} is paused: by include backlog it might mail again whom it has mailed since "
            f"the backup. Take include backlog out, or let it: regulars start {rule}"
        )


def say_if_asleep(engine: Engine) -> None:
    if why := activate_copy.asleep(engine):
        aside.print(sentence(why), soft_wrap=True)


def sentence(why: str) -> str:
    return f"No mail goes: this is {printable(why)}. If it is the only one: {WAKE}"


def _say(sentence: str) -> None:
    console.print(sentence, soft_wrap=True, markup=False)
