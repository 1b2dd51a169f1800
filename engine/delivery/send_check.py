"""The last check before each mail or request: what changed since the batch was judged?

Whatever arrives while a batch is being sent takes effect before the next mail leaves. A mail that
may not leave as it was judged goes back into the queue, where the next batch finds it: only the
gate gives reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from engine.delivery.provider_breaker import ProviderBreaker
from settings.errors import RegularsError, UnavailableError
from shop.db.change_watch import ChangeWatch

StopCheck = Callable[[], bool]
# Returns those of the message ids that may not leave as they were judged.
FindWithheld = Callable[[Sequence[str]], Collection[str]]


def never_stop() -> bool:
    return False


class StoppedError(UnavailableError):
    """The delivery was asked to stop; the unsent mails go with the next run."""


class CheckFailedError(UnavailableError):
    """The check itself failed: no mail is to blame, so none may be settled because of it."""

    def __init__(self, cause: Exception) -> None:
        is_sentence = isinstance(cause, RegularsError)
        super().__init__(
            str(cause)
            if is_sentence
            else "What changed since the mails were prepared could not be read "
            f"({type(cause).__name__}). The unsent mails wait; run it again."
        )


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
        self._asked: set[str] = set()
        self._outdated: set[str] = set()  # asked about before the latest change

    def permitted(self, message_ids: Sequence[str]) -> Collection[str]:
        if self.should_stop():
            raise StoppedError
        self.check_lease()
        try:
            self._read_changes(message_ids)
            for message_id in message_ids:
                if self.breaker.is_held(message_id) or not self.is_in_time(message_id):
                    self.withheld.add(message_id)
        except UnavailableError:
            raise
        except Exception as error:
            raise CheckFailedError(error) from error
        return [id_ for id_ in message_ids if id_ not in self.withheld]

    def _read_changes(self, message_ids: Sequence[str]) -> None:
        """A mail may be asked about again, alone or with fewer others: its request was refused."""
        for message_id in message_ids:
            self._rest.pop(message_id, None)
        if self.watch.has_changed():
            to_read = [*message_ids, *self._rest]
            self._outdated |= self._asked
        else:
            outdated = self._outdated
            to_read = [id_ for id_ in message_ids if id_ in outdated] if outdated else []
        if to_read:
            self.withheld.update(self.find_withheld(to_read))
            self._outdated.difference_update(to_read)
        self._asked.update(message_ids)

    def is_withheld(self, message_id: str) -> bool:
        return message_id in self.withheld
