"""The platforms a source can come from, in the order in which owners are offered them.

Adding a platform is adding its folder to `connectors/` (`ADDING.md`).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from connectors.platform import Platform, SourceContext
from connectors.setup_registry import setups
from connectors.source_config import SourceConfig

if TYPE_CHECKING:
    from connectors.stream import Connector

    Source = SourceConfig


@cache
def platforms() -> tuple[Platform, ...]:
    """Return all platforms."""
    return tuple(import_module(f"connectors.{setup.name}.platform").PLATFORM for setup in setups())


def platform_of(source: SourceConfig) -> Platform:
    """Return the platform that `source` comes from."""
    return next(platform for platform in platforms() if platform.name == source.from_)


def make_connector(source: SourceConfig, context: SourceContext) -> Connector:
    """Return the connector of one source block.

    Raises `OwnerFileError` where the block names another source that does not exist.
    """
    return platform_of(source).make_connector(source, context)


if not TYPE_CHECKING:
    Source = Annotated[
        Union[tuple(platform.config for platform in platforms())],  # noqa: UP007 - at run time
        Field(discriminator="from_"),
    ]
