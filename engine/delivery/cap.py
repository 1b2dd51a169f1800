"""The caps on mails to one customer: which mails count, which are held back, until when.

`no more than` is the cap of marketing, `no more service mail than` that of service mails; neither
counts the mails of the other. A correction counts, but does not wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.message_states import ACCEPTED, State
from engine.open.open_shop import OpenShop
from settings.values import EmailLimit
from shop.types.purpose import Purpose

SENT_STATES = ACCEPTED | {State.SENDING, State.IN_DOUBT}


@dataclass(frozen=True)
class Cap:
    """`limit` comes from config.yaml, None for no cap. Rehearsed mails count only while
    `rehearsing`. Mails of another `purpose` neither count nor wait.
    """

    limit: EmailLimit | None
    rehearsing: bool = False
    purpose: Purpose = Purpose.MARKETING

    def counts(self, purpose: Purpose, state: State) -> bool:
        """Returns whether a mail of this `purpose` in this `state` uses up the cap."""
        states = SENT_STATES | {State.REHEARSED} if self.rehearsing else SENT_STATES
        return purpose is self.purpose and state in states

    def holds_back(self, purpose: Purpose, *, is_correction: bool) -> bool:
        """Returns whether a mail of this `purpose` has to wait while the cap is reached."""
        return self.limit is not None and purpose is self.purpose and not is_correction

    def window_start(self, now: datetime) -> datetime:
        """Returns the moment from which on mails count at `now`; `now` itself without a cap."""
        return now - self.limit.per.elapsed if self.limit else now

    def within_window(self, counted: Iterable[datetime], now: datetime) -> list[datetime]:
        """Returns those of the times `counted` that still count at `now`, the oldest first."""
        start = self.window_start(now)
        return sorted(sent_at for sent_at in counted if start < sent_at <= now)

    def reached_until(self, counted: Iterable[datetime], now: datetime) -> datetime | None:
        """Returns when one more mail fits, given the times `counted`; None if it fits at `now`."""
        within = self.within_window(counted, now)
        if self.limit is None or len(within) < self.limit.count:
            return None
        return within[-self.limit.count] + self.limit.per.elapsed


Caps = Mapping[Purpose, Cap]
NO_CAPS: Caps = {purpose: Cap(None, purpose=purpose) for purpose in Purpose}


def caps_of(shop: OpenShop) -> Caps:
    """Returns the cap of each purpose, as the config of `shop` and its sender are now."""
    sending = shop.config.sending
    rehearsing = not (shop.sender.reaches_people and sending.is_live)
    limits = {
        Purpose.MARKETING: sending.no_more_than,
        Purpose.SERVICE: sending.no_more_service_mail_than,
    }
    return {purpose: Cap(limit, rehearsing, purpose) for purpose, limit in limits.items()}
