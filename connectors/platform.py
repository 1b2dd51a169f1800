"""Declares what a platform offers: each has one `Platform` value in its own folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.setup import Setup
from connectors.shop_profile import ShopProfile
from connectors.source_config import SourceConfig
from shop.consent.age import DEFAULT_YOUNGEST_AGE
from shop.types.feed import Feed

# `regulars check` builds no connector: it must not pay for an HTTP client and a database.
if TYPE_CHECKING:
    import httpx

    from connectors.retry import RetryPolicy
    from connectors.stream import Connector


def default_retries() -> RetryPolicy:
    """Return the retry limits of a sync."""
    from connectors.retry import RetryPolicy

    return RetryPolicy()


@dataclass(frozen=True)
class SourceContext:
    """What a connector needs beside its own block of config.yaml.

    `name` is the source's name, `folder` where config.yaml is, `currency`, `zone` and `country` the
    shop's, `sources` all source blocks, `youngest_age` the age from which on there is advertising.
    Tests pass their own `transport` and `retries`.
    """

    name: str
    folder: Path
    currency: str
    zone: ZoneInfo
    sources: Mapping[str, SourceConfig]
    country: str | None = None
    youngest_age: int = DEFAULT_YOUNGEST_AGE
    transport: httpx.AsyncBaseTransport | None = None
    retries: RetryPolicy = field(default_factory=default_retries)


@dataclass(frozen=True)
class SourceDescription:
    """How a source would be read, and what of it the owner has to correct, one sentence each."""

    text: str
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Platform:
    """A platform and its parts.

    Attributes:
        setup: name, label and questions for `regulars init`.
        config: type of its source block; a union where there are several.
        feeds: the kinds of data it can bring, each with how, in the owner's words.
        choose_feeds: which of them one source block brings; None where it is always all of them.
        make_connector: returns the connector of one source block.
        location: where the owner corrects a bad record, like "in customers.csv".
        probe: asks the platform, through a connector, about the shop; raises `UnavailableError`.
        describe: says how a source would be read, for `regulars check`; only files have it.
        needs_manual_optout: the platform mails by a flag of its own that no program may set.
        runs_points: the platform can run a programme of points.

    """

    setup: Setup
    config: Any
    make_connector: Callable[[Any, SourceContext], Connector]
    location: Callable[[Any], str]
    feeds: Mapping[Feed, str]
    choose_feeds: Callable[[Any], Collection[Feed]] | None = None
    probe: Callable[[Any], Awaitable[ShopProfile]] | None = None
    describe: Callable[[Any, SourceContext, datetime], SourceDescription] | None = None
    needs_manual_optout: bool = False
    runs_points: bool = False

    @property
    def name(self) -> str:
        """The word at `from:` in config.yaml."""
        return self.setup.name

    def feeds_of(self, source: SourceConfig) -> Collection[Feed]:
        """The kinds of data that `source`, a block of this platform, can bring."""
        return self.choose_feeds(source) if self.choose_feeds else self.feeds.keys()
