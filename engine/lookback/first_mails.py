"""The sender of the look back: writes nothing, and keeps the first mail of each rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from sqlalchemy import Engine, Select, select
from sqlmodel import col

from mail.message.headers import InvalidMailError
from mail.message.mime import Mail, message_bytes
from mail.senders.protocol import (
    UNCHECKED,
    Accepted,
    Outcome,
    RecallResult,
    Refused,
    SendCheck,
    Withheld,
)
from shop.db.engine import read_transaction
from shop.db.upsert import IN_VALUES
from shop.tables import Message


class FirstMails:
    """Accepts what an outbox accepts. `mails` holds the first mail of each of `rules`."""

    name = "outbox"
    reaches_people = False

    def __init__(self, engine: Engine, rules: Collection[str]) -> None:
        self._engine = engine
        self._missing = set(rules)
        self.mails: dict[str, Mail] = {}

    def delivery(self, lease_owner: str) -> AbstractContextManager[FirstMails]:
        """Needs no opening."""
        return nullcontext(self)

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        rules = self._rules_of(mails) if self._missing else {}
        for mail in mails:
            if not check.permitted([mail.message_id]):
                yield Withheld(mail.message_id)
                continue
            try:
                message_bytes(mail)
            except InvalidMailError as error:
                yield Refused(mail.message_id, str(error))
                continue
            self._keep(rules.get(mail.message_id), mail)
            yield Accepted(mail.message_id)

    def outcomes_saved(self) -> None:
        """Nothing to clean up."""

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        """No delivery of a look back goes on after another."""
        return RecallResult()

    def _rules_of(self, mails: Sequence[Mail]) -> dict[str, str]:
        ids = [mail.message_id for mail in mails]
        with read_transaction(self._engine) as connection:
            return dict(connection.execute(_rules_query(), {"values": ids}).tuples().all())

    def _keep(self, rule: str | None, mail: Mail) -> None:
        if rule in self._missing:
            self._missing.remove(rule)
            self.mails[rule] = mail


@cache
def _rules_query() -> Select[tuple[str, str]]:
    return select(col(Message.id), col(Message.rule)).where(col(Message.id).in_(IN_VALUES))
