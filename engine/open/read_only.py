"""A shop opened to be looked at: nothing is made, nothing is brought up to date."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from engine.config.owner_config import letters_beside, read_owners_file
from engine.open.open_shop import SECRET, OpenShop
from mail.senders.factory import sender_of
from mail.senders.outbox.sender import Outbox
from settings import environment
from settings.errors import WrongUse
from shop.db.engine import HEAD, open_database, refuse_newer, revision

UNREAD = "the letters are thrown away"  # and so are their links, whatever signs them


def open_to_read(path: Path) -> OpenShop:
    """Raises where the database is not there yet, or of another version."""
    path = path.absolute()
    folder = path.parent
    named = environment.load(folder, os.environ)
    file = read_owners_file(path, named)
    engine = open_database(file.database, beside=folder)
    found = revision(engine) if _is_there(engine) else None
    refuse_newer(found)
    if found != HEAD:
        raise WrongUse("The shop's data is not here yet, or of another version. Run: regulars sync")
    return OpenShop(
        path=path,
        file=file,
        engine=engine,
        letters=letters_beside(path),
        sender=sender_of(file.sending, beside=folder),
        rehearsal=Outbox(folder / file.sending.folder),
        secret=file.secret.reveal() if file.secret else named.get(SECRET, UNREAD),
    )


def _is_there(engine: Engine) -> bool:
    """SQLite would make the file that it is asked for."""
    name = engine.url.database
    return engine.dialect.name != "sqlite" or (bool(name) and Path(str(name)).exists())
