"""Compares the shop's message states with the mails that the service accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from engine.message_states import State
from engine.open.open_shop import OpenShop
from sandbox.chaos.cells import Cell
from sandbox.chaos.crash_points import DUPLICATES_LOG
from sandbox.chaos.mail_services import ACCEPTED_LOG, chaos_sender
from shop.db.engine import read_transaction
from shop.tables import Message

SENT_STATES = (State.SENT, State.REHEARSED)


@dataclass(frozen=True)
class Tally:
    """Counts of one cell, or of all."""

    kills: int = 0
    suspended: int = 0
    sent: int = 0
    twice: int = 0
    lost: int = 0
    in_doubt: int = 0
    may_be_in_doubt: int = 0  # the limit for `in_doubt`
    steps: Counter[str] = field(default_factory=Counter)  # kills by step

    @property
    def holds(self) -> bool:
        return not self.twice and not self.lost and self.in_doubt <= self.may_be_in_doubt

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"steps": dict(self.steps), "holds": self.holds}


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of `tallies`."""
    total = Tally()
    for tally in tallies:
        total = replace(
            total,
            kills=total.kills + tally.kills,
            suspended=total.suspended + tally.suspended,
            sent=total.sent + tally.sent,
            twice=total.twice + tally.twice,
            lost=total.lost + tally.lost,
            in_doubt=total.in_doubt + tally.in_doubt,
            may_be_in_doubt=total.may_be_in_doubt + tally.may_be_in_doubt,
            steps=total.steps + tally.steps,
        )
    return total


def count_outcomes(shop: OpenShop, cell: Cell, folder: Path, steps: Counter[str]) -> Tally:
    """Return the tally of `cell`; accepted mails are counted from the service's log in `folder`."""
    accepted = count_accepted(cell, folder)
    with read_transaction(shop.engine) as connection:
        query = select(col(Message.id), col(Message.state))
        states = {row.id: row.state for row in connection.execute(query)}
    in_doubt = {message_id for message_id, state in states.items() if state == State.IN_DOUBT}
    recorded_sent = {message_id for message_id, state in states.items() if state in SENT_STATES}
    return Tally(
        kills=steps.total(),
        sent=len(accepted),
        twice=sum(times - 1 for times in accepted.values() if times > 1),
        # Recorded as sent but not accepted, or accepted but not recorded; or never sent.
        lost=len((recorded_sent ^ set(accepted)) - in_doubt)
        + len(set(states) - recorded_sent - in_doubt - set(accepted)),
        in_doubt=len(in_doubt),
        may_be_in_doubt=steps.total() * chaos_sender(cell.through).max_in_doubt,
        steps=steps,
    )


def count_accepted(cell: Cell, folder: Path) -> Counter[str]:
    if cell.through == "outbox":
        files = Counter(path.stem for path in (folder / "outbox").glob("*.eml"))
        duplicates = folder / DUPLICATES_LOG
        return files + Counter(_read_ids(duplicates, ".eml"))
    return Counter(_read_ids(folder / ACCEPTED_LOG))


def _read_ids(path: Path, ending: str = "") -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]
    return [line.partition("@")[0].removesuffix(ending) for line in lines if line]
