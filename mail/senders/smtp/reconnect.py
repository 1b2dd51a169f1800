"""When a delivery opens a new connection after the server has closed one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mail.senders.smtp.connection import ConnectionLostError, UnreachableError

T = TypeVar("T")


@dataclass(frozen=True)
class ReconnectPolicy:
    """How long to wait before each new connection, in seconds, until a mail is answered again.

    Many servers close after a number of mails and take the next connection at once; one that is
    restarted, or that limits connections, needs longer. All waits together are far shorter than the
    lease of a delivery.
    """

    waits: Sequence[float] = (0, 2, 10)
    sleep: Callable[[float], None] = time.sleep


class Reconnects:
    """Repeats what a closed connection has interrupted, as often as the policy allows."""

    def __init__(self, policy: ReconnectPolicy) -> None:
        self._policy = policy
        self._count = 0

    def mail_answered(self) -> None:
        """The server works: the count of reconnections begins anew."""
        self._count = 0

    def repeat(self, attempt: Callable[[], T], give_up: Callable[[], bool]) -> T:
        """Returns the result of `attempt`, which opens a connection if none is open.

        It is repeated while the server closes the connection; raises its error where `give_up` says
        that the server may have done what it was asked, or after the last wait. A server that was
        never reached is not tried again.
        """
        while True:
            try:
                return attempt()
            except (ConnectionLostError, UnreachableError) as error:
                is_first = isinstance(error, UnreachableError) and not self._count
                if give_up() or is_first or self._count == len(self._policy.waits):
                    raise
            self._policy.sleep(self._policy.waits[self._count])
            self._count += 1
