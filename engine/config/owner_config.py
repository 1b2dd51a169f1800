"""The whole of config.yaml: each room's words put together, read and checked as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from connectors.config import Source
from engine.config import checks
from engine.config.live_check import really_sent
from loyalty.config import Loyalty, names_kept, run_by_a_till
from mail.config import Sending
from mail.mailbox.config import ways_to_say_no
from mail.render.renderer import Letters
from settings.model import Words
from settings.schedule import Schedule
from settings.shop import Shop
from settings.values import Secret, Setting, Slug
from settings.yaml.load import Check, read
from shop.consent.config import Consent
from shop.consent.signup_config import SignUpPage, has_its_place
from triggers.config import Rule

OWN_TEMPLATES = "templates"


class OwnersFile(Words):
    """What an owner may write."""

    shop: Shop
    database: Annotated[
        Setting, Field(description="Where the shop's data is kept; a file beside this one.")
    ] = "sqlite:///regulars.db"
    secret: Annotated[
        Secret | None, Field(description="Signs the links in mails; made by itself when absent.")
    ] = None
    consent: Annotated[
        Consent | None, Field(description="Who may be mailed without having said yes.")
    ] = None
    sign_up: Annotated[
        SignUpPage | None, Field(description="A page on which people say yes to your mail.")
    ] = None
    loyalty: Annotated[Loyalty | None, Field(description="A programme of points.")] = None
    sources: dict[Slug, Source] = Field(default_factory=dict)
    sending: Sending
    schedule: Annotated[Schedule, Field(description="How often a shop that is served looks.")] = (
        Schedule()
    )
    rules: dict[Slug, Rule] = Field(default_factory=dict)


def read_owners_file(
    path: Path, environ: Mapping[str, str], *, also: Sequence[Check] = ()
) -> OwnersFile:
    """The file, or every mistake in it and in the templates it names at once."""
    letters = letters_beside(path)
    return read(
        path,
        OwnersFile,
        environ=environ,
        checks=[
            checks.lengths,
            checks.facts,
            checks.points,
            checks.words_in_time,
            checks.letters_of(letters),
            run_by_a_till,
            ways_to_say_no,
            really_sent,
            names_kept,
            has_its_place,
            *also,
        ],
    )


def remarks(file: OwnersFile) -> list[str]:
    """What is no mistake, but should be known."""
    nobody_reads = (
        "Nobody but you reads who unsubscribes: such mails go to your reply to address. "
        "Write public address: under shop:, or mailbox: under sending:."
    )
    sending = file.sending
    read = file.shop.public_address or sending.mailbox or sending.unsubscribe_by == "sendgrid"
    return [] if read else [nobody_reads]


def letters_beside(path: Path) -> Letters:
    own = path.parent / OWN_TEMPLATES
    return Letters(own if own.is_dir() else None)
