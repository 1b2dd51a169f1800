"""Whether a sync has something to read: whatever is not a file that was read as it is now."""

from __future__ import annotations

from datetime import datetime

from connectors.cursors import next_sweep
from connectors.registry import make_connector, platform_of
from engine.inbound.provider_suppressions import suppression_source
from engine.open.open_shop import OpenShop
from engine.sync.describe_source import source_context
from settings.errors import RegularsError


async def has_unread_sources(shop: OpenShop, *, now: datetime, only: str | None = None) -> bool:
    """Returns whether `engine.sync.sync.sync_all` has something to read.

    Platforms, a mailbox and a provider's lists have to be asked, so they count as unread; files
    are compared with what was read. A file that cannot be read counts as unread: the sync says why.
    """
    if only is None and (shop.config.sending.mailbox or suppression_source(shop.config)):
        return True
    names = [name for name in shop.config.sources if only in (None, name)]
    return any([await _is_unread(shop, name, now) for name in names])


async def _is_unread(shop: OpenShop, name: str, now: datetime) -> bool:
    source = shop.config.sources[name]
    if platform_of(source).describe is None:
        return True
    connector = make_connector(source, source_context(shop.config, shop.folder, name))
    try:
        async with connector.open() as streams:
            return any(next_sweep(shop.engine, name, stream, now) for stream in streams)
    except RegularsError:
        return True
