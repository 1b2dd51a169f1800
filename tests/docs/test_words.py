"""Every setting of the owner's file is documented, on the page of its section."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from connectors.registry import Source
from engine.config.owner_config import OwnerConfig
from engine.config.owner_pages import OwnerPages
from engine.tick.counts import OUTCOMES
from loyalty.config import Loyalty
from mail.config import Sending
from mail.gate.reasons import Reason
from settings.brand.config import Brand
from settings.model import ConfigModel, config_keys
from settings.schedule import Schedule
from settings.shop import Shop
from shop.consent.config import Consent
from shop.consent.signup_config import SignUpPage
from tests.docs.pages import code_words, read_page
from triggers.config import Rule
from triggers.registry import events
from triggers.verdicts import Verdict

PAGES: dict[str, Any] = {
    "docs/shop.md": Shop | Brand,
    "docs/sending.md": Sending,
    "docs/sources.md": Source,
    "docs/rules.md": Rule,
    "docs/consent.md": Consent,
    "docs/points.md": Loyalty,
    "docs/serving.md": Schedule,
    "docs/sign-up.md": SignUpPage,
    "docs/owner-pages.md": OwnerPages,
}


def models(kind: Any) -> list[type[ConfigModel]]:
    """Return all config models in the type `kind` and below, each once."""
    model_set: dict[type[ConfigModel], None] = {}
    waiting = [kind]
    while waiting:
        part = waiting.pop(0)
        if not (isinstance(part, type) and issubclass(part, ConfigModel)):
            waiting += get_args(part)
        elif part not in model_set:
            model_set[part] = None
            waiting += get_type_hints(part).values()
    return list(model_set)


def words() -> list[tuple[str, str]]:
    page_keys = [
        (page, key)
        for page, part in PAGES.items()
        for model in models(part)
        for key in config_keys(model)
    ]
    return [
        *dict.fromkeys(page_keys),
        *(("docs/shop.md", f"{part}:") for part in config_keys(OwnerConfig)),
    ]


@pytest.mark.parametrize(("page", "word"), words())
def test_every_word_is_documented(page: str, word: str) -> None:
    assert word in code_words(read_page(page))


def test_every_model_is_looked_at() -> None:
    all_models = set(models(OwnerConfig)) - {OwnerConfig}
    assert all_models == {model for part in PAGES.values() for model in models(part)}
    assert len(all_models) > 9


def test_every_when_is_documented() -> None:
    assert set(events()) <= code_words(read_page("docs/rules.md"))


@pytest.mark.parametrize("reason", [*Reason, *(Verdict(one) for one in Verdict if one != "go")])
def test_every_reason_is_explained(reason: str) -> None:
    assert reason == Verdict.NOT_MET or reason in read_page("docs/rules.md")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_explained(outcome: str) -> None:
    assert outcome in read_page("docs/commands.md")
