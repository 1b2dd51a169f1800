"""Opens a shop for work: reads config.yaml, migrates the database, creates the sender."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from engine.config.earlier_language import with_earlier_language
from engine.config.owner_config import OwnerConfig, load_owner_config, renderer_beside
from engine.open.detect_copy import detect_copy
from engine.open.file_modes import tighten_modes
from engine.open.lost_database import note_database, refuse_lost_database
from mail.render.renderer import Renderer
from mail.senders.factory import create_sender
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import Sender
from settings import environment
from settings.brand.appearance import PLAIN, Appearance
from settings.brand.sent_pictures import keep_sent_pictures
from settings.errors import OwnerFileError
from shop.db.engine import open_database, read_transaction
from shop.db.stops import copy_hold_reason
from shop.db.upgrade import prepare_database
from shop.db.workers import LEASE_DURATION
from templates.language import Language

SECRET_NAME = "REGULARS_SECRET"  # noqa: S105  # the name of the variable, not its value

LEASE_NAME = "REGULARS_LEASE_SECONDS"
SECRET_LOST = (
    f"This shop had a {SECRET_NAME}, which signs the links in its mails. "
    "Write it into .env as it was. If it is lost, write any long text there that nobody guesses: "
    "the links in mails already sent are dead then."
)


@dataclass(frozen=True)
class OpenShop:
    """Everything that the engine needs of one shop."""

    path: Path
    config: OwnerConfig
    engine: Engine
    renderer: Renderer
    sender: Sender
    rehearsal: Sender  # the sender for mail that is rehearsed
    secret: str  # signs the links in its mails
    appearance: Appearance = PLAIN  # colours, links and pictures of its mails and pages
    lease: timedelta = LEASE_DURATION  # how long this process may stand still and keep its work

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def language(self) -> Language:
        """In which the shop's mails and pages are written, where a customer's is not known."""
        return self.config.language

    def mail_language(self, template: str, tag: str | None) -> Language:
        """Returns the language of the mail `template` to a customer whose source gives `tag`."""
        return self.renderer.mail_language(template, self.config.customer_language(tag))


def open_shop(path: Path) -> OpenShop:
    """Opens the shop of the config file at `path`; creates database and secret where there are
    none. Raises `DatabaseLostError` for a damaged database, or one that is gone.
    """
    path = path.absolute()
    environ = environment.load_environment(path.parent, os.environ)
    config = load_owner_config(path, environ)
    engine = open_database(config.database, base_folder=path.parent)
    refuse_lost_database(path.parent, engine)
    prepare_database(engine)
    config = with_earlier_language(config, engine)
    note_database(path.parent, engine, now=datetime.now(UTC))
    tighten_modes(path.parent, engine, config.sending.folder)
    sender = create_sender(config.sending, base_folder=path.parent)
    detect_copy(engine, reaches_people=sender.reaches_people, now=datetime.now(UTC))
    appearance = config.appearance(path.parent)
    if sender.reaches_people:
        keep_sent_pictures(path.parent, appearance)
    return OpenShop(
        path=path,
        config=config,
        engine=engine,
        renderer=renderer_beside(path, config.language, appearance),
        appearance=appearance,
        sender=sender,
        rehearsal=OutboxSender(path.parent / config.sending.folder),
        secret=signing_secret(path.parent, config, engine),
        lease=_lease(environ),
    )


def _lease(environ: Mapping[str, str]) -> timedelta:
    seconds = environ.get(LEASE_NAME)
    if seconds is None:
        return LEASE_DURATION
    if not seconds.isdecimal() or not int(seconds):
        raise OwnerFileError(
            f"{LEASE_NAME} is a number of seconds, such as 600. Correct it, or leave it out."
        )
    return timedelta(seconds=int(seconds))


def signing_secret(folder: Path, config: OwnerConfig, engine: Engine) -> str:
    """Returns the secret that signs links: from `config`, from .env, else a new one kept in .env.

    Links must work for years: raises for a copy without the secret of its original.
    """
    if config.secret:
        return config.secret.reveal()
    secret = environment.load_environment(folder, os.environ).get(SECRET_NAME)
    if secret:
        return secret
    with read_transaction(engine) as connection:
        if copy_hold_reason(connection):
            raise OwnerFileError(SECRET_LOST)
    new_secret = secrets.token_urlsafe(32)
    environment.save_env_value(folder, SECRET_NAME, new_secret)
    return new_secret
