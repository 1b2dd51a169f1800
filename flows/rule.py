"""The flow `rule`: one rule's enrolments moved on, with one artifact that counts them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from engine.run import run_rule
from engine.tick.counts import Counts
from engine.tick_context import Turn
from flows.runtime.current_shop import shop_at
from flows.runtime.redact_errors import discreetly


@flow(name="rule")
async def rule(config: str, name: str, tick: int, now: datetime) -> None:
    """Numbers only: nothing about a person is told to Prefect."""
    with discreetly():
        counts = run_rule(shop_at(config), name, Turn(tick, now))
    # A record is no reason to keep a mail back.
    with suppress(Exception):
        await acreate_markdown_artifact(
            markdown=markdown(name, counts, now), key=f"rule-{name}", description=f"Rule {name}"
        )


def markdown(name: str, counts: Counts, now: datetime) -> str:
    """The artifact's text."""
    rows = [*counts.outcomes.items(), *((f"– {why}", many) for why, many in counts.reasons.items())]
    lines = [f"| {what} | {many} |" for what, many in rows]
    head = f"# {name}\n\nAt {now:%Y-%m-%d %H:%M} UTC, about {counts.enrolled} people.\n"
    return "\n".join([head, "| outcome | people |", "|---|---|", *lines])
