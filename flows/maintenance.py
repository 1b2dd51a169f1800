"""The flow `maintenance`: once a day, what keeps a shop that is served small and quick.

Prefect's own server drops records older than three days itself
(flows.runtime.prefect_server.QUIET).
"""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.states import Crashed

from engine.backup.suppression_list import keep_no_mail
from engine.open.open_shop import OpenShop
from flows.runtime.current_shop import shop_at
from flows.runtime.prefect_server import HOME
from flows.runtime.redact_errors import discreetly
from shop.consent.signups import forget_unconfirmed
from shop.db.engine import writing

LARGEST_LOG = 1_000_000  # bytes
LONGEST_RUN = timedelta(days=1)


@flow(name="maintenance")
async def maintenance(config: str, since: datetime | None = None) -> None:
    """`since` is when a process began that runs all of this shop: what runs from before is dead."""
    since = since or datetime.now(UTC) - LONGEST_RUN
    with discreetly():
        tidy(shop_at(config))
    # A record is no reason to call this a failure.
    with suppress(Exception):
        await close_abandoned(config, since)


def tidy(shop: OpenShop) -> None:
    """The list of noes, old sign-ups, the database's own housekeeping, a log grown too long."""
    keep_no_mail(shop)
    engine = shop.engine
    with writing(engine) as connection:
        forget_unconfirmed(connection, now=datetime.now(UTC))
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("PRAGMA optimize")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = shop.folder / HOME / "server.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.write_bytes(b"")  # the server only ever adds to its end


async def close_abandoned(config: str, since: datetime) -> None:
    """A run whose process was killed would be shown as running for ever, and kept.

    The server may be that of other shops too, and of other people's flows.
    """
    under_way = FlowRunFilter.model_validate(
        {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}, "start_time": {"before_": since}}
    )
    async with get_client() as client:
        found = await client.read_flow_runs(flow_run_filter=under_way, limit=200)
        for run in (one for one in found if one.parameters.get("config") == config):
            await client.set_flow_run_state(run.id, Crashed(message="Its process ended."), True)
