"""A shop opened to be looked at: nothing is made, nothing is brought up to date."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from engine.opening import OpenShop, open_shop
from engine.owners_file import read_owners_file
from settings import environment
from settings.trouble import WrongUse
from shop.database import HEAD, open_database, revision


def open_to_read(path: Path) -> OpenShop:
    """Raises where the database is not there yet, or of another version."""
    folder = path.absolute().parent
    file = read_owners_file(path.absolute(), environment.load(folder, os.environ))
    engine = open_database(file.database, beside=folder)
    if not _is_there(engine) or revision(engine) != HEAD:
        raise WrongUse("The shop's data is not here yet, or of another version. Run: regulars sync")
    engine.dispose()
    return open_shop(path)


def _is_there(engine: Engine) -> bool:
    """SQLite would make the file that it is asked for."""
    name = engine.url.database
    return engine.dialect.name != "sqlite" or (bool(name) and Path(str(name)).exists())
