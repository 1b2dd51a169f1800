"""What keeps a confirmation mail back: suppressed addresses, stops, and how many went already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Engine, Select, bindparam, or_, select
from sqlmodel import col

from engine.delivery.send_check import BatchCheck, StopCheck
from engine.message_states import ACCEPTED, State
from mail.failures.mailbox_providers import mailbox_provider
from mail.message.mime import Mail
from shop.consent.mailbox_spellings import domains_of, mailbox_of
from shop.consent.suppressions import is_suppressed
from shop.db.change_watch import ChangeWatch
from shop.db.engine import read_transaction
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops
from shop.tables import SignUp, Suppression

SENT_STATES = [state.value for state in (*ACCEPTED, State.REHEARSED, State.SENDING)]


def confirmation_check(
    engine: Engine, mails: Sequence[Mail], watch: ChangeWatch, should_stop: StopCheck
) -> BatchCheck:
    """Returns the last check of a batch of confirmations.

    It withholds all once the owner stopped all mail, those whose provider was stopped, and those
    whose mailbox was suppressed: by the rules by which they were chosen, or what it withholds would
    be chosen again and again.
    """
    providers = {mail.message_id: mailbox_provider(mail.to_address) for mail in mails}
    mailboxes = {mail.message_id: mailbox_of(mail.to_address) for mail in mails}

    def find_withheld(sign_ups: Sequence[str]) -> list[str]:
        with read_transaction(engine) as connection:
            if None in load_stops(connection):
                return list(sign_ups)
            concerned = {mailboxes[sign_up] for sign_up in sign_ups}
            suppressed = load_suppressed_mailboxes(connection, concerned)
            stopped = load_provider_stops(connection)
        return [
            sign_up
            for sign_up in sign_ups
            if mailboxes[sign_up] in suppressed or providers[sign_up] in stopped
        ]

    return BatchCheck(list(mailboxes), watch, find_withheld, should_stop=should_stop)


def load_suppressed_mailboxes(
    connection: Connection, mailboxes: Collection[str]
) -> Mapping[str, str]:
    """Returns why no mail goes to those of `mailboxes` that are suppressed in any spelling."""
    domains = sorted({domain for mailbox in mailboxes for domain in domains_of(mailbox)})
    address = col(Suppression.address)
    written = or_(*(address.endswith(f"@{domain}", autoescape=True) for domain in domains))
    query = select(address, col(Suppression.reason)).where(is_suppressed(), written)
    return {
        mailbox: reason
        for spelling, reason in connection.execute(query)
        if (mailbox := mailbox_of(spelling)) in mailboxes
    }


def sent_per_mailbox(
    connection: Connection, mailboxes: Collection[str], since: datetime
) -> Counter[str]:
    """Returns how many confirmations went to each of `mailboxes` after `since`.

    Mails in doubt do not count: they must not block a new request.
    """
    return Counter(
        connection.scalars(_recent_mailboxes_query(), {"boxes": list(mailboxes), "since": since})
    )


@cache
def _recent_mailboxes_query() -> Select[tuple[str]]:
    return select(col(SignUp.mailbox)).where(
        col(SignUp.mailbox).in_(bindparam("boxes", expanding=True)),
        col(SignUp.state).in_(SENT_STATES),
        col(SignUp.settled_at) > bindparam("since"),
    )
