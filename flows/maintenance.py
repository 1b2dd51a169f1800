"""The flow `maintenance`: daily housekeeping of a shop that is served.

Prefect's server deletes its records after three days by itself
(flows.runtime.prefect_server.PREFECT_SETTINGS).
"""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.states import Crashed

from engine.backup.suppression_list import save_suppression_list
from engine.open.open_shop import OpenShop
from flows.runtime.current_shop import shop_for_config
from flows.runtime.prefect_server import HOME
from flows.runtime.redact_errors import redact_errors
from flows.runtime.shop_flow import shop_flow
from shop.consent.signups import delete_unconfirmed
from shop.db.engine import write_transaction
from shop.db.integrity import check_integrity

MAX_LOG_BYTES = 1_000_000
MAX_RUN_TIME = timedelta(days=1)


@shop_flow(name="maintenance")
async def maintenance(config: str, since: datetime | None = None) -> None:
    """Clean up the shop, and mark runs as crashed that started before `since`.

    `since` is the start of the process that runs all flows of the shop; a day ago by default.
    """
    since = since or datetime.now(UTC) - MAX_RUN_TIME
    with redact_errors():
        clean_up_shop(shop_for_config(config))
    # Stale records in Prefect are no reason to fail.
    with suppress(Exception):
        await close_abandoned(config, since)


def clean_up_shop(shop: OpenShop) -> None:
    """Check SQLite's file, write the no-mail list, delete expired sign-ups, optimize SQLite, and
    empty a long log.

    Raises `DatabaseLostError` before anything is written where the file is damaged.
    """
    engine = shop.engine
    check_integrity(engine)
    save_suppression_list(shop)
    with write_transaction(engine) as connection:
        delete_unconfirmed(connection, now=datetime.now(UTC))
    if engine.dialect.name == "sqlite":
        with (
            closing(engine.raw_connection()) as raw_connection,
            closing(raw_connection.cursor()) as cursor,
        ):
            cursor.execute("PRAGMA optimize")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = shop.folder / HOME / "server.log"
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.write_bytes(b"")  # the server opens it for appending


async def close_abandoned(config: str, since: datetime) -> None:
    """Mark the running flow runs of `config` that started before `since` as crashed.

    Prefect would show the run of a killed process as running, and keep it forever. The server may
    also hold flow runs of other shops.
    """
    running = FlowRunFilter.model_validate(
        {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}, "start_time": {"before_": since}}
    )
    async with get_client() as client:
        flow_runs = await client.read_flow_runs(flow_run_filter=running, limit=200)
        for abandoned_run in (
            flow_run for flow_run in flow_runs if flow_run.parameters.get("config") == config
        ):
            await client.set_flow_run_state(
                abandoned_run.id, Crashed(message="Its process ended."), True
            )
