"""What became of the mails: what the shop believes against what the mail service counted."""

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
from sandbox.chaos.cells import WINDOW, Cell
from sandbox.chaos.crash_points import TWICE
from shop.db.engine import read_transaction
from shop.tables import Message

WENT = (State.SENT, State.REHEARSED)


@dataclass(frozen=True)
class Tally:
    """The figures of one cell, or of all."""

    kills: int = 0
    sent: int = 0
    twice: int = 0
    lost: int = 0
    in_doubt: int = 0
    may_be_in_doubt: int = 0  # the bar
    steps: Counter[str] = field(default_factory=Counter)  # kills by step

    @property
    def holds(self) -> bool:
        return not self.twice and not self.lost and self.in_doubt <= self.may_be_in_doubt

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"steps": dict(self.steps), "holds": self.holds}


def together(tallies: Iterable[Tally]) -> Tally:
    """All cells; the bar of doubt holds for each by itself."""
    whole = Tally()
    for one in tallies:
        whole = replace(
            whole,
            kills=whole.kills + one.kills,
            sent=whole.sent + one.sent,
            twice=whole.twice + one.twice,
            lost=whole.lost + one.lost,
            in_doubt=whole.in_doubt + one.in_doubt,
            may_be_in_doubt=whole.may_be_in_doubt + one.may_be_in_doubt,
            steps=whole.steps + one.steps,
        )
    return whole


def tally(shop: OpenShop, cell: Cell, folder: Path, steps: Counter[str]) -> Tally:
    """Counted by the service's own log, never by the shop's word alone."""
    arrived = _arrived(cell, folder)
    with read_transaction(shop.engine) as connection:
        found = select(col(Message.id), col(Message.state))
        states = {row.id: row.state for row in connection.execute(found)}
    doubt = {one for one, state in states.items() if state == State.IN_DOUBT}
    told_sent = {one for one, state in states.items() if state in WENT}
    return Tally(
        kills=steps.total(),
        sent=len(arrived),
        twice=sum(times - 1 for times in arrived.values() if times > 1),
        # Said to be sent and not there; there and not said so; or left lying.
        lost=len((told_sent ^ set(arrived)) - doubt)
        + len(set(states) - told_sent - doubt - set(arrived)),
        in_doubt=len(doubt),
        may_be_in_doubt=steps.total() * WINDOW[cell.through],
        steps=steps,
    )


def _arrived(cell: Cell, folder: Path) -> Counter[str]:
    if cell.through == "outbox":
        files = Counter(path.stem for path in (folder / "outbox").glob("*.eml"))
        again = folder / TWICE
        return files + Counter(_lines(again, ".eml"))
    return Counter(_lines(folder / "arrived.log"))


def _lines(path: Path, ending: str = "") -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]
    return [line.partition("@")[0].removesuffix(ending) for line in lines if line]
