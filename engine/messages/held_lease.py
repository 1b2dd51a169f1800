"""The lease of a delivery to the messages that it is sending, with fencing tokens.

A delivery may be suspended for longer than its lease: a container that is paused, a laptop that
sleeps. Another delivery then takes its messages over. So it looks at the clock before each message
and renews its lease in time, or stops; and it writes only what is still its own. The token of a
message grows each time that it is leased or taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, Update, bindparam, select, update
from sqlmodel import col

from engine.message_states import State
from settings.errors import UnavailableError
from shop.db.engine import write_transaction
from shop.db.upsert import IN_VALUES
from shop.db.workers import seconds_since_boot
from shop.tables import Message, SignUp

RENEWALS = 3  # per lease


class LeaseLostError(UnavailableError):
    """Another delivery has taken the messages over."""


class HeldLease:
    """The lease of the delivery `owner`. `clock` also runs while the machine is suspended."""

    def __init__(
        self,
        engine: Engine,
        owner: str,
        duration: timedelta,
        mail: type[Message | SignUp] = Message,
        *,
        clock: Callable[[], float] = seconds_since_boot,
    ) -> None:
        self.owner = owner
        self._engine = engine
        self._duration = duration
        self._mail = mail
        self._clock = clock
        self._tokens: dict[str, int] = {}
        self._begin_period()

    def take(self, connection: Connection, message_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Returns by message id the columns of the lease: holder, end and token.

        For the transaction that marks `message_ids` as `sending`; their rows are locked.
        """
        self._begin_period()
        tokens = connection.execute(_tokens_query(self._mail), {"values": message_ids}).tuples()
        self._tokens = {message_id: token + 1 for message_id, token in tokens}
        until = self._expires_on_the_wall()
        return {
            message_id: {"claimed_by": self.owner, "claimed_until": until, "fence": token}
            for message_id, token in self._tokens.items()
        }

    def check(self) -> None:
        """To be called before each message: renews the lease where a third of it is over.

        Raises LeaseLostError where messages were taken over, and UnavailableError where the
        database does not answer and the lease has expired.
        """
        now = self._clock()
        if now < self._renew_at:
            return
        try:
            self._renew()
        except LeaseLostError:
            raise
        except UnavailableError:
            if now >= self._expires_at:
                raise

    def lock_own(self, connection: Connection, message_ids: Collection[str]) -> set[str]:
        """Returns those of `message_ids` about which this delivery may write; locks their rows.

        They carry its token; or they are in doubt since they were taken over from it once, because
        only this delivery can know what became of them.
        """
        parameters = {"values": list(message_ids), "owner": self.owner}
        rows = connection.execute(_own_query(self._mail), parameters)
        return {row.id for row in rows if self._is_own(row)}

    def settled(self, message_ids: Collection[str]) -> None:
        """Tells that the lease of these is over, because their outcomes are stored."""
        for message_id in message_ids:
            self._tokens.pop(message_id, None)

    def _is_own(self, row: Row[Any]) -> bool:
        token = self._tokens[row.id]
        if row.state == State.SENDING.value:
            return bool(row.fence == token)
        return bool(row.state == State.IN_DOUBT.value and row.fence == token + 1)

    def _begin_period(self, since: float | None = None) -> None:
        seconds = self._duration.total_seconds()
        began_at = self._clock() if since is None else since
        self._renew_at, self._expires_at = began_at + seconds / RENEWALS, began_at + seconds

    def _expires_on_the_wall(self) -> datetime:
        return datetime.now(UTC) + self._duration

    def _renew(self) -> None:
        """The period counts from before the transaction, which may take long."""
        since = self._clock()
        with write_transaction(self._engine) as connection:
            parameters = {"owner": self.owner, "until": self._expires_on_the_wall()}
            renewed = connection.execute(_renewal(self._mail), parameters).rowcount
        if renewed < len(self._tokens):
            raise LeaseLostError(
                "This process stood still for longer than its lease, and another one took its "
                "mails over. What it had not begun is back in the queue; run it again."
            )
        self._begin_period(since)


def take_over(
    connection: Connection, message_ids: Sequence[str], mail: type[Message | SignUp] = Message
) -> None:
    """Makes what the holder of `message_ids` still writes about them ineffective."""
    if message_ids:
        connection.execute(_take_over_update(mail), {"values": message_ids})


@cache
def _tokens_query(mail: type[Message | SignUp]) -> Select[tuple[str, int]]:
    return select(col(mail.id), col(mail.fence)).where(col(mail.id).in_(IN_VALUES))


@cache
def _own_query(mail: type[Message | SignUp]) -> Select[Any]:
    query = select(col(mail.id), col(mail.state), col(mail.fence))
    is_own = (col(mail.id).in_(IN_VALUES), col(mail.claimed_by) == bindparam("owner"))
    # In the order in which reports lock them: two transactions never wait for each other.
    return query.where(*is_own).order_by(col(mail.id)).with_for_update()


@cache
def _renewal(mail: type[Message | SignUp]) -> Update:
    is_leased = (col(mail.state) == State.SENDING.value, col(mail.claimed_by) == bindparam("owner"))
    return update(mail).where(*is_leased).values(claimed_until=bindparam("until"))


@cache
def _take_over_update(mail: type[Message | SignUp]) -> Update:
    return update(mail).where(col(mail.id).in_(IN_VALUES)).values(fence=col(mail.fence) + 1)
