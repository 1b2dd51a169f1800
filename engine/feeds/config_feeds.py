"""The kinds of data that the sources, the sign-up page and the programme of config.yaml bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from connectors.platform import Platform
from connectors.registry import platform_of, platforms
from engine.config.owner_config import OwnerConfig
from shop.types.feed import Feed

SIGN_UP = "sign up"
LOYALTY = "loyalty"
# How a kind of data comes without a source.
WITHOUT_SOURCE = {
    Feed.POINTS: "loyalty: with earn:",
    Feed.ENDING_POINTS: "loyalty: with expire after:",
    Feed.OPT_INS: "sign up:, a page of your own",
    Feed.BIRTHDAYS: "sign up: with ask for: birthday",
}


def configured_feeds(config: OwnerConfig) -> Mapping[Feed, list[str]]:
    """Returns the kinds of data that can arrive, each with the parts of `config` that bring it."""
    feeds: dict[Feed, list[str]] = defaultdict(list)
    for name, source in config.sources.items():
        platform = platform_of(source)
        for feed in platform.feeds_of(source):
            feeds[feed].append(_origin(name, platform, feed))
    if config.sign_up is not None:
        feeds[Feed.OPT_INS].append(SIGN_UP)
        if "birthday" in config.sign_up.ask_for:
            feeds[Feed.BIRTHDAYS].append(SIGN_UP)
    loyalty = config.loyalty
    if loyalty is not None and loyalty.is_in_house and Feed.ORDERS in feeds:
        feeds[Feed.POINTS].append(LOYALTY)
        if loyalty.expire_after:
            feeds[Feed.ENDING_POINTS].append(LOYALTY)
    return feeds


def _origin(source: str, platform: Platform, feed: Feed) -> str:
    """The source, and where only some of its kind bring the data, which they are."""
    how = platform.feeds.get(feed, platform.setup.label)
    return source if how == platform.setup.label else f"{source} ({how})"


def possible_origins(feed: Feed) -> list[str]:
    """Returns what could bring `feed`, in the owner's words."""
    origins = [platform.feeds[feed] for platform in platforms() if feed in platform.feeds]
    return [*origins, WITHOUT_SOURCE[feed]] if feed in WITHOUT_SOURCE else origins
