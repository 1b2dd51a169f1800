"""Asks which platforms the shop runs on, and tries their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.registry import Source
from connectors.setup import Setup
from connectors.setup_registry import setups
from connectors.shop_profile import ShopProfile
from connectors.source_config import SourceConfig
from regulars.init import parse_answers, questions
from regulars.init.answers import PlatformAnswers
from regulars.init.probe import World
from regulars.init.terminal_user import Owner
from settings.errors import UnavailableError, WrongUsageError
from settings.questions import api_key, refusal
from settings.values import Secret

CSV = "csv"
LEFT_FOR_LATER = "Left for later: it stands in your file as a comment."
SandboxAddresses = Mapping[str, str]
"""Addresses of sandbox servers, by platform."""


@dataclass
class Platforms:
    """The platforms the shop runs on, the profiles they gave of it, and the keys by their names."""

    answers: list[PlatformAnswers] = field(default_factory=list)
    profiles: list[tuple[Setup, ShopProfile]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    has_csv: bool = False


def ask_platforms(owner: Owner, world: World, addresses: SandboxAddresses) -> Platforms:
    """Ask which platforms the shop runs on, and each platform's own questions."""
    chosen = _chosen_platforms(owner)
    shop_platforms = Platforms(has_csv=CSV in chosen)
    for setup in setups():
        if setup.name in chosen and setup.questions:
            _ask_platform(owner, world, setup, addresses.get(setup.name), shop_platforms)
    return shop_platforms


def _chosen_platforms(owner: Owner) -> set[str]:
    """Returns the chosen platforms: those named by options, else the owner's answer."""
    flagged = {setup.name for setup in setups() if owner.flags.get(setup.flag)}
    return flagged or owner.answer(questions.RUNS_ON, parse_answers.platforms)


def _ask_platform(
    owner: Owner, world: World, setup: Setup, address: str | None, shop_platforms: Platforms
) -> None:
    """Ask until the keys fit, or the owner leaves the platform out or for later."""
    settings: dict[str, str] = {}
    while True:
        settings, keys = _ask_settings(owner, setup, settings)
        needed = [question for question in setup.questions if not question.optional]
        if any(not question.env and question.key not in settings for question in needed):
            return
        if any(question.env and question.env not in keys for question in needed):
            owner.say(LEFT_FOR_LATER)
            shop_platforms.answers.append(PlatformAnswers(setup, settings, address, later=True))
            return
        source = _validate_source(setup, settings, keys, address)
        if profile := _try_keys(owner, world, setup, source):
            shop_platforms.answers.append(
                PlatformAnswers(
                    setup, settings, address, points=profile.points, rewards=profile.rewards
                )
            )
            shop_platforms.profiles.append((setup, profile))
            shop_platforms.keys |= keys
            return


def _ask_settings(
    owner: Owner, setup: Setup, previous: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return settings by their keys in config.yaml, and secrets by their environment names.

    They end before the first question without an answer. Enter keeps a setting of `previous`.
    """
    settings: dict[str, str] = {}
    keys: dict[str, str] = {}
    for question in setup.questions:
        prompt = questions.platform_question(question)
        if question.env:
            answer = keys[question.env] = owner.answer(prompt, api_key)
        else:
            prompt = replace(prompt, default=previous.get(question.key, ""))
            answer = settings[question.key] = owner.answer(prompt, question.parse)
        if not answer and not question.optional:
            break
    filled = [{name: text for name, text in texts.items() if text} for texts in (settings, keys)]
    return filled[0], filled[1]


def _try_keys(owner: Owner, world: World, setup: Setup, source: SourceConfig) -> ShopProfile | None:
    try:
        profile = owner.once((setup.source, source), lambda: world.probe(setup.source, source))
    except UnavailableError as error:
        owner.reject(error)
        return None
    owner.say(f"{setup.label} knows the keys: {profile.name or 'they fit'}.")
    return profile


def _validate_source(
    setup: Setup, settings: Mapping[str, str], keys: Mapping[str, str], address: str | None
) -> SourceConfig:
    """Return the source block; only a sandbox server's address can be wrong here."""
    block: dict[str, Any] = {"from": setup.name, **settings}
    block |= {
        question.key: Secret(keys[question.env]) for question in setup.questions if question.env
    }
    if address:
        block["address"] = address
    try:
        source: SourceConfig = TypeAdapter(Source).validate_python(block)
    except ValidationError as error:
        flag = setup.address_flag or setup.flag
        raise WrongUsageError(f"{flag}: {refusal(error)}") from None
    return source
