"""The model of config.yaml and the function that loads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr

from connectors.registry import Source, platforms
from engine.config import checks
from engine.config.live_check import check_live_settings
from engine.config.owner_pages import OwnerPages
from engine.config.planned_words import PLANNED_WORDS
from loyalty.config import Loyalty, check_reserved_names, programme_source_check
from mail.config import Sending, check_unsubscribe_channel
from mail.render.renderer import Renderer
from settings.brand.appearance import PLAIN, Appearance
from settings.brand.config import Brand
from settings.brand.load import brand_remarks, load_appearance, pictures_check
from settings.countries import language_of
from settings.model import ConfigModel
from settings.schedule import Schedule
from settings.shop import Shop
from settings.text.column_name import template_name
from settings.text.language_names import is_language, language_code, parse_language, region_of
from settings.values import EnvText, Secret, Slug
from settings.yaml.load import Check, load_config
from shop.consent.config import Consent
from shop.consent.signup_config import SignUpPage, check_signup_settings
from templates.language import ENGLISH, Language, shipped_languages
from triggers.config import Rule

TEMPLATES_FOLDER = "templates"


class OwnerConfig(ConfigModel):
    """The top level of config.yaml."""

    shop: Shop
    database: Annotated[
        EnvText, Field(description="Where the shop's data is kept; a file beside this one.")
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
    brand: Annotated[
        Brand | None, Field(description="Colours, fonts, links and pictures of mails and pages.")
    ] = None
    pages: Annotated[
        OwnerPages | None, Field(description="Your own pages: who may open them, and where.")
    ] = None
    sources: dict[Slug, Source] = Field(default_factory=dict)
    sending: Sending
    schedule: Annotated[Schedule, Field(description="How often a shop that is served looks.")] = (
        Schedule()
    )
    rules: dict[Slug, Rule] = Field(default_factory=dict)

    _english_only: bool = PrivateAttr(default=False)

    @property
    def own_columns(self) -> list[str]:
        """The names that templates use for the owner's own columns."""
        names = {name for source in self.sources.values() for name in source.custom_fields}
        return sorted(map(template_name, names))

    @property
    def language(self) -> Language:
        """The language of the shop's mails and pages: as written, else the country's."""
        return ENGLISH if self.is_english_only else _shop_language(*self._choices)

    @property
    def is_english_only(self) -> bool:
        """Whether everybody is written to in English, as before there was a choice."""
        return self._english_only and self.shop.language is None

    def customer_language(self, tag: str | None) -> Language:
        """Returns the language of mail to a customer whose source gives `tag`, such as de-AT; the
        shop's where it gives none.

        `Renderer.mail_language` tells whether a mail exists in it.
        """
        if not tag or self.is_english_only:
            return self.language
        return _customer_language(tag, *self._choices)

    def keep_english(self) -> OwnerConfig:
        """Returns the config of a shop that began when every mail was English."""
        kept = self.model_copy()
        kept._english_only = True
        return kept

    @property
    def _choices(self) -> tuple[str | None, str, str | None]:
        """What the owner says about languages: the shop's, its country, and the form of address."""
        return self.shop.language, self.shop.country, self.shop.address_people_as

    def appearance(self, folder: Path) -> Appearance:
        """How mails and pages look; pictures are read from `folder`, that of the file.

        Raises OwnerFileError where one cannot be shown.
        """
        return load_appearance(self.brand, folder, self.shop.public_address)


@lru_cache
def _shop_language(written: str | None, country: str, form: str | None) -> Language:
    countrys = language_of(country)
    default = countrys if countrys in shipped_languages() else ENGLISH.code
    return _language(written or default, country, form, fallback=ENGLISH.code)


@lru_cache(maxsize=1_000)
def _customer_language(tag: str, written: str | None, country: str, form: str | None) -> Language:
    shops, parsed = _shop_language(written, country, form), parse_language(tag)
    if parsed is None or not is_language(language_code(parsed)):
        return shops
    return _language(parsed, country, form, fallback=shops.folder.name)


def _language(tag: str, country: str, form: str | None, *, fallback: str) -> Language:
    return Language(
        language_code(tag),
        formal=None if form is None else form == "formal",
        territory=region_of(tag) or country,
        fallback=fallback,
    )


def load_owner_config(
    path: Path, environ: Mapping[str, str], *, extra_checks: Sequence[Check] = ()
) -> OwnerConfig:
    """Read and validate the file at `path`, with `$NAME` values from `environ`.

    Raises `ConfigError` with all errors of the file and of the templates it names, each with its
    position.
    """
    return load_config(
        path,
        OwnerConfig,
        environ=environ,
        planned=PLANNED_WORDS,
        checks=[
            checks.check_durations,
            checks.check_facts,
            checks.check_own_columns,
            checks.check_points,
            checks.check_approval_times,
            checks.templates_check(lambda language: renderer_beside(path, language)),
            programme_source_check(
                {
                    platform.name: platform.setup.label
                    for platform in platforms()
                    if platform.runs_points
                }
            ),
            check_unsubscribe_channel,
            check_live_settings,
            check_reserved_names,
            check_signup_settings,
            pictures_check(path.parent),
            *extra_checks,
        ],
    )


def config_remarks(config: OwnerConfig) -> list[str]:
    """Returns sentences about settings that are valid but that the owner should know about."""
    no_reader = (
        "Nobody but you reads who unsubscribes: such mails go to your reply to address. "
        "Write public address: under shop:, or mailbox: under sending:."
    )
    sending = config.sending
    has_reader = config.shop.public_address or sending.mailbox or sending.unsubscribe_placeholder
    return [*([] if has_reader else [no_reader]), *brand_remarks(config.brand)]


def renderer_beside(
    path: Path, language: Language = ENGLISH, appearance: Appearance = PLAIN
) -> Renderer:
    """The e-mail templates of the shop whose config.yaml is at `path`, in its `language` and
    `appearance`.
    """
    templates = path.parent / TEMPLATES_FOLDER
    return Renderer(templates if templates.is_dir() else None, language, appearance)
