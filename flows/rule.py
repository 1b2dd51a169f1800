"""The flow `rule`: advances the enrolments of one rule, and stores their counts as an artifact."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from prefect.artifacts import acreate_markdown_artifact

from engine.run import run_rule
from engine.tick.counts import Counts
from engine.tick_context import TickContext
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors
from flows.runtime.shop_flow import shop_flow


@shop_flow(name="rule")
async def rule(config: str, name: str, tick: int, now: datetime) -> None:
    """The artifact holds numbers only: Prefect gets no personal data."""
    with redact_errors():
        counts = run_rule(shop_for_config(config), name, TickContext(tick, now))
    # A missing artifact must not hold back mail.
    with suppress(Exception):
        await acreate_markdown_artifact(
            markdown=artifact_markdown(name, counts, now),
            key=f"rule-{name}",
            description=f"Rule {name}",
        )


def artifact_markdown(name: str, counts: Counts, now: datetime) -> str:
    """Returns the text of the artifact."""
    rows = [
        *counts.outcomes.items(),
        *((f"– {reason}", count) for reason, count in counts.reasons.items()),
    ]
    lines = [f"| {label} | {count} |" for label, count in rows]
    heading = f"# {name}\n\nAt {now:%Y-%m-%d %H:%M} UTC, about {counts.enrolled} people.\n"
    return "\n".join([heading, "| outcome | people |", "|---|---|", *lines])
