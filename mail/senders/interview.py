"""How a sender asks for its settings in `regulars init`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from mail.senders.checks import CheckKind, CheckResult
from settings.errors import RegularsError, UnavailableError
from settings.questions import Question

T = TypeVar("T")
TryLogin = Callable[[Any], CheckResult]
"""Tries the credentials of an account (a sender's `config_model`) as the doctor does."""


class Interviewer(Protocol):
    """The owner at the terminal, or what flags and the environment answer."""

    @property
    def say(self) -> Callable[[str], None]:
        """Prints a line."""
        ...

    def answer(self, question: Question, parse: Callable[[str], T]) -> T:
        """Returns what `parse` makes of the answer; prints its ValueError and asks again."""
        ...

    def reject(self, error: RegularsError) -> None:
        """Prints `error` where another answer can be typed, else raises it."""
        ...


@dataclass(frozen=True)
class SendingChoice:
    """The answers, ready to be written into config.yaml.

    `options` are the entries of the sender's block, as YAML in flow style; `keys` go into .env.
    With `later` the block is written as a comment.
    """

    name: str
    options: Sequence[str] = ()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    later: bool = False


def report_result(owner: Interviewer, outcome: CheckResult) -> bool:
    """Tells the `owner` what a login came to; returns whether it was accepted."""
    if outcome.kind is CheckKind.WRONG:
        owner.reject(UnavailableError(f"{outcome.message} {outcome.remedy}".strip()))
        return False
    owner.say(outcome.message)
    return True
