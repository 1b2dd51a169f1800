"""`backup`, `restore_backup`, `no-mail import` and `this-is-the-one`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from engine.backup import activate_copy, create, suppression_list
from engine.backup import restore as restoring
from engine.open.open_shop import SECRET_NAME, open_shop
from regulars.terminal.output import console, count_noun, error_console, printable
from settings.errors import SourceDataError

FOLDER = "backups"
SECRET_SIGNS_LINKS = (
    f"{SECRET_NAME} signs the links in your mails: with another one, those already sent are dead."
)
ACTIVATE_COMMAND = "regulars this-is-the-one"
EXTERNAL_DATABASE_STEP = (
    "database: names {}, outside this folder. The data are in regulars.db here: change the "
    "line, or move them."
)
SYNC_STEP = "regulars check, then regulars sync: what happened since, and what your shop was told."
IMPORT_NO_MAIL_STEP = (
    "regulars no-mail import FILE, with the newest no-mail.csv you have: who said no to your "
    "mails after this backup may be known nowhere else."
)
ACTIVATE_STEP = (
    f"See that the old one is off, and say: {ACTIVATE_COMMAND}. What came due until then is left out, for "
    "it may have been mailed after the backup."
)


def create_backup(config: Path, folder: Path | None, *, now: datetime) -> None:
    shop = open_shop(config)
    backup = create.create_backup(shop, folder or shop.folder / FOLDER, now=now)
    _print(f"{backup.file}: {backup.size:,} bytes, with the addresses of your customers in it.")
    _print(
        f"{backup.suppression_list}: every address that must get nothing, readable by any program."
    )
    _print(
        f"Not in it: {', '.join(backup.secrets)}. Keep these apart from it, and safe. {SECRET_SIGNS_LINKS}"
    )
    _print("A copy on the same disk is lost with that disk: take it elsewhere.")


def restore_backup(config: Path, file: Path, into: Path | None, *, now: datetime) -> None:
    folder = into or config.absolute().parent
    restored = restoring.restore_backup(file, folder, os.environ, now=now)
    made_at = f"{restored.made_at.astimezone():%d %B %Y, %H:%M}"
    _print(f"The shop of {made_at} is in {restored.folder}. It mails nobody yet.")
    for number, step in enumerate(_steps(restored), 1):
        _print(f"{number}. {step}")


def _steps(restored: restoring.RestoreResult) -> list[str]:
    """What is left to do, in the order in which it is safe."""
    steps = [SYNC_STEP, IMPORT_NO_MAIL_STEP, ACTIVATE_STEP]
    if restored.outside_database:
        steps.insert(0, EXTERNAL_DATABASE_STEP.format(restored.outside_database))
    if restored.missing:
        steps.insert(0, _missing_secrets_step(restored.missing))
    return steps


def _missing_secrets_step(names: Sequence[str]) -> str:
    instruction = f"Write into .env: {', '.join(names)}."
    return f"{instruction} {SECRET_SIGNS_LINKS}" if SECRET_NAME in names else instruction


def import_no_mail(config: Path, file: Path, *, now: datetime) -> None:
    imported = suppression_list.import_suppression_list(open_shop(config), file, now=now)
    _print(
        f"Nothing goes to {count_noun(imported.addresses, 'address', 'addresses')} of {file.name}."
    )
    if imported.unreadable:
        lines = ", ".join(str(line) for line in imported.unreadable[:20])
        more_note = " and others" if len(imported.unreadable) > 20 else ""
        raise SourceDataError(f"{file.name}: no e-mail address in line {lines}{more_note}.")


def activate_copy_here(config: Path, *, catch_up: bool, now: datetime) -> None:
    activation = activate_copy.activate_copy(open_shop(config), now=now, catch_up=catch_up)
    if not activation.was_held:
        _print("This is the shop, and was taken for it: no mail was held.")
        return
    _print("This is the shop. Its mail goes with the next run.")
    if not catch_up:
        _print(
            f"Left out, for it may have gone already: {count_noun(activation.dropped, 'mail')} and series "
            "that came due until now. Every rule looks forward from here."
        )
    for rule in activation.paused:
        _print(
            f"{rule} is paused: by include backlog it might mail again whom it has mailed since "
            f"the backup. Take include backlog out, or let it: regulars start {rule}"
        )


def warn_if_copy_held(engine: Engine) -> None:
    if reason := activate_copy.hold_reason(engine):
        error_console.print(copy_held_message(reason), soft_wrap=True)


def copy_held_message(reason: str) -> str:
    return f"No mail goes: this is {printable(reason)}. If it is the only one: {ACTIVATE_COMMAND}"


def _print(line: str) -> None:
    console.print(line, soft_wrap=True, markup=False)
