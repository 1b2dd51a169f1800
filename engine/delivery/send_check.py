"""The last check before each mail or request: what changed since the batch was judged?

Whatever arrives while a batch is being sent takes effect before the next mail leaves. A mail that
may not leave as it was judged goes back into the queue, where the next batch finds it: only the
gate gives reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from engine.delivery.provider_breaker import ProviderBreaker
from settings.errors import UnavailableError
from shop.db.change_watch import ChangeWatch

StopCheck = Callable[[], bool]
# Returns those of the message ids that may not leave as they were judged.
FindWithheld = Callable[[Sequence[str]], Collection[str]]


def never_stop() -> bool:
    return False


class StoppedError(UnavailableError):
    """The delivery was asked to stop; the unsent mails go with the next run."""


@dataclass
class BatchCheck:
    """The `mail.senders.protocol.SendCheck` of one batch; `message_ids` in the order of sending.

    1. `should_stop` ends the delivery before the mails that are asked about.
    2. `check_lease` renews the lease of the delivery, or raises where it is lost.
    3. If `watch` saw a change, `find_withheld` reads what is left of the batch again.
    4. `is_in_time` says by the clock whether a mail may still leave.
    5. `breaker` holds the mail of a provider that has refused most of this run.
    """

    message_ids: Sequence[str]
    watch: ChangeWatch
    find_withheld: FindWithheld
    is_in_time: Callable[[str], bool] = lambda _message_id: True
    breaker: ProviderBreaker = field(default_factory=ProviderBreaker)
    should_stop: StopCheck = field(default=never_stop, kw_only=True)
    check_lease: Callable[[], None] = field(default=lambda: None, kw_only=True)
    withheld: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._rest = dict.fromkeys(self.message_ids)

    def permitted(self, message_ids: Sequence[str]) -> Collection[str]:
        if self.should_stop():
            raise StoppedError
        self.check_lease()
        for message_id in message_ids:
            self._rest.pop(message_id, None)
        if self.watch.has_changed():
            self.withheld.update(self.find_withheld([*message_ids, *self._rest]))
        self.withheld.update(
            id_ for id_ in message_ids if self.breaker.is_held(id_) or not self.is_in_time(id_)
        )
        return [id_ for id_ in message_ids if id_ not in self.withheld]

    def is_withheld(self, message_id: str) -> bool:
        return message_id in self.withheld
