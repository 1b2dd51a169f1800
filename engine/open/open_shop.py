"""A shop opened for work: its file read, its database ready, its sender at hand."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from engine.config.owner_config import OwnersFile, letters_beside, read_owners_file
from engine.open.detect_copy import recognise
from mail.render.renderer import Letters
from mail.senders.factory import sender_of
from mail.senders.outbox.sender import Outbox
from mail.senders.protocol import Sender
from settings import environment
from settings.errors import OwnersFileTrouble
from shop.db.engine import open_database, prepare, reading
from shop.db.stops import copy_held

SECRET = "REGULARS_SECRET"  # noqa: S105  # the name of it, not the thing

LOST = (
    f"This shop had a {SECRET}, which signs the links in its mails. Write it into .env as it was. "
    "If it is lost, write any long text there that nobody guesses: the links in mails already "
    "sent are dead then."
)


@dataclass(frozen=True)
class OpenShop:
    """All that the work needs to know of one shop."""

    path: Path
    file: OwnersFile
    engine: Engine
    letters: Letters
    sender: Sender
    rehearsal: Sender  # where mail goes that is not to reach its customer yet
    secret: str  # signs the links in its mails

    @property
    def folder(self) -> Path:
        return self.path.parent


def open_shop(path: Path) -> OpenShop:
    """Read the file, bring the database up to date, and make what is not there yet."""
    path = path.absolute()
    file = read_owners_file(path, environment.load(path.parent, os.environ))
    engine = open_database(file.database, beside=path.parent)
    prepare(engine)
    sender = sender_of(file.sending, beside=path.parent)
    recognise(engine, reaches_people=sender.reaches_people, now=datetime.now(UTC))
    return OpenShop(
        path=path,
        file=file,
        engine=engine,
        letters=letters_beside(path),
        sender=sender,
        rehearsal=Outbox(path.parent / file.sending.folder),
        secret=signing_secret(path.parent, file, engine),
    )


def signing_secret(folder: Path, file: OwnersFile, engine: Engine) -> str:
    """What signs the links: the owner's, else one made once and kept beside the file.

    Links must open for years, so a new one is never made where there was one.
    """
    if file.secret:
        return file.secret.reveal()
    known = environment.load(folder, os.environ).get(SECRET)
    if known:
        return known
    with reading(engine) as connection:
        if copy_held(connection):
            raise OwnersFileTrouble(LOST)
    made = secrets.token_urlsafe(32)
    environment.keep(folder, SECRET, made)
    return made
