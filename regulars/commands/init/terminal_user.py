"""The owner: what flags and the environment say already, and someone at a terminal for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from regulars.commands.init.questions import Question
from regulars.commands.init.yaml_quote import cleaned
from settings.errors import Trouble, WrongUse

T = TypeVar("T")
Ask = Callable[[Question], str]
Say = Callable[[str], None]


@dataclass
class Owner:
    """Answers each question; `ask` is None where nobody sits at the terminal."""

    ask: Ask | None
    say: Say
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    _taken: Counter[str] = field(default_factory=Counter)

    def answer(self, question: Question, read: Callable[[str], T]) -> T:
        """What `read` makes of the answer; its ValueError is told, and the question asked again."""
        while True:
            text, typed = self._text(question)
            try:
                return read(text)
            except ValueError as wrong:
                if not typed and not self.ask:
                    raise WrongUse(f"{question.flag or f'${question.key}'}: {wrong}") from None
                self.say(str(wrong))

    def refused(self, trouble: Trouble) -> None:
        """What was given does not fit: told to whoever can type another, else the end."""
        if not self.ask:
            raise trouble
        self.say(str(trouble))

    def has_said(self, question: Question) -> bool:
        """Whether a flag or the environment answers it."""
        return bool(self._given(question))

    def _text(self, question: Question) -> tuple[str, bool]:
        given = self._given(question)
        if given:
            self._taken[question.flag or question.key] += 1
            return _tidy(question, given[0]), False
        if self.ask:
            return self._typed(question), True
        if question.left is not None and not question.needed:
            return question.left, False
        raise WrongUse(self._missing(question))

    def _typed(self, question: Question) -> str:
        assert self.ask is not None  # noqa: S101 - narrows the type
        while not (text := _tidy(question, self.ask(question))):
            if question.left is not None:
                return question.left
        return text

    def _given(self, question: Question) -> Sequence[str]:
        """What flags and environment still have to say: each is heard once."""
        key = self.keys.get(question.key, "")
        given = self.flags.get(question.flag, ()) if question.flag else ([key] if key else [])
        return given[self._taken[question.flag or question.key] :]

    def _missing(self, question: Question) -> str:
        if question.key:
            return f"${question.key} is not set. Keys come from the environment, or from .env here."
        return f"{question.text} Say it with {question.flag}."


def _tidy(question: Question, text: str) -> str:
    """A password may hold any blanks within."""
    return text.strip() if question.key else cleaned(text)
