"""A made-up customer of this very shop, to look at a letter with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from engine.config.owner_config import OwnersFile
from engine.delivery.mail_text import reason_line, shop_facts, spoken_words
from engine.messages.correction import corrections_of
from mail.render.facts import Facts
from mail.render.sample_facts import sample_facts
from triggers.config import Send
from triggers.event_defaults import MANNERS

NO_LINK = "https://example.com/unsubscribe"  # a preview's link must not unsubscribe anybody
MONTHS_AGO = timedelta(days=200)


def example(file: OwnersFile, rule: str, step: Send, *, now: datetime) -> Facts:
    """What the example knows, in the words of one step of a rule."""
    words = spoken_words(step.with_ or {}, now, file.shop.zone)
    return replace(_of(file, rule, MANNERS[file.rules[rule].when].has, now), with_=words)


def correction(file: OwnersFile, *, now: datetime) -> Facts:
    """What a correction after a wrong mail would be written from."""
    return _of(file, corrections_of("a-rule"), frozenset({"mistake"}), now)


def _of(file: OwnersFile, rule: str, has: Collection[str], now: datetime) -> Facts:
    made_up = next(iter(sample_facts(has=has, with_=())))
    return replace(
        made_up,
        shop=shop_facts(file),
        reason=reason_line(file, rule, "yes", now - MONTHS_AGO),
        unsubscribe_url=NO_LINK,
    )
