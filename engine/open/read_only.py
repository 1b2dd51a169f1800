"""Opens a shop for reading: creates nothing and migrates nothing."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from engine.config.earlier_language import with_earlier_language
from engine.config.owner_config import load_owner_config, renderer_beside
from engine.open.open_shop import SECRET_NAME, OpenShop
from mail.senders.factory import create_sender
from mail.senders.outbox.sender import OutboxSender
from settings import environment
from settings.errors import WrongUsageError
from shop.db.engine import HEAD, LOCK_TIMEOUT, open_database, schema_revision
from shop.db.upgrade import refuse_newer_schema

THROWAWAY_SIGNING_KEY = "the letters are thrown away"  # nothing rendered here is sent


def open_read_only(path: Path, *, lock_timeout: float = LOCK_TIMEOUT) -> OpenShop:
    """Opens the shop of the config file at `path`; raises if its database is missing or of another
    version. `lock_timeout` is how many seconds SQLite waits for a lock of another process.
    """
    path = path.absolute()
    folder = path.parent
    env_values = environment.load_environment(folder, os.environ)
    config = load_owner_config(path, env_values)
    engine = open_database(config.database, base_folder=folder, lock_timeout=lock_timeout)
    try:
        _require_head(engine)
    except BaseException:
        engine.dispose()  # else SQLite's files beside the database stay
        raise
    config = with_earlier_language(config, engine)
    appearance = config.appearance(folder)
    return OpenShop(
        path=path,
        config=config,
        engine=engine,
        renderer=renderer_beside(path, config.language, appearance),
        appearance=appearance,
        sender=create_sender(config.sending, base_folder=folder),
        rehearsal=OutboxSender(folder / config.sending.folder),
        secret=config.secret.reveal()
        if config.secret
        else env_values.get(SECRET_NAME, THROWAWAY_SIGNING_KEY),
    )


def _require_head(engine: Engine) -> None:
    database_revision = schema_revision(engine) if _database_exists(engine) else None
    refuse_newer_schema(database_revision)
    if database_revision is None:
        raise WrongUsageError("The shop's data is not here yet. Run: regulars sync")
    if database_revision != HEAD:
        raise WrongUsageError(
            "The shop's data is of another version, and the next sync upgrades it. "
            "Run: regulars sync"
        )


def _database_exists(engine: Engine) -> bool:
    """Connecting to SQLite would create the file."""
    name = engine.url.database
    return engine.dialect.name != "sqlite" or (bool(name) and Path(str(name)).exists())
