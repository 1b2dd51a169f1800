"""Answers the questions of `regulars init`: from options, the environment, or a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from settings.errors import RegularsError, WrongUsageError
from settings.questions import Question
from settings.yaml.quote import clean_line

T = TypeVar("T")
AskFunction = Callable[[Question], str]
PrintFunction = Callable[[str], None]


@dataclass
class Owner:
    """The owner: `flags` are answers by option, `keys` secrets, `ask` the terminal or None."""

    ask: AskFunction | None
    say: PrintFunction
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    _used_answers: Counter[str] = field(default_factory=Counter)

    def answer(self, question: Question, parse: Callable[[str], T]) -> T:
        """Returns the answer as `parse` reads it.

        Its ValueError is printed and the question asked again; without a terminal it is raised as
        WrongUsageError.
        """
        while True:
            text, typed = self._next_answer(question)
            try:
                return parse(text)
            except ValueError as error:
                if not typed and not self.ask:
                    raise WrongUsageError(
                        f"{question.flag or f'${question.key}'}: {error}"
                    ) from None
                self.say(str(error))

    def reject(self, error: RegularsError) -> None:
        """Print `error` so that another answer can be typed; raises it without a terminal."""
        if not self.ask:
            raise error
        self.say(str(error))

    def has_answer(self, question: Question) -> bool:
        """Returns whether an option or the environment answers `question`."""
        return bool(self._unused_answers(question))

    def _next_answer(self, question: Question) -> tuple[str, bool]:
        unused = self._unused_answers(question)
        if unused:
            self._used_answers[question.flag or question.key] += 1
            return _cleaned(question, unused[0]), False
        if self.ask:
            return self._ask_until_filled(question), True
        if question.default is not None and not question.needed:
            return question.default, False
        raise WrongUsageError(self._missing_message(question))

    def _ask_until_filled(self, question: Question) -> str:
        assert self.ask is not None  # noqa: S101 - narrows the type
        while not (text := _cleaned(question, self.ask(question))):
            if question.default is not None:
                return question.default
        return text

    def _unused_answers(self, question: Question) -> Sequence[str]:
        """Returns the unused answers of options and environment; each answers once."""
        key = self.keys.get(question.key, "")
        answers = self.flags.get(question.flag, ()) if question.flag else ([key] if key else [])
        return answers[self._used_answers[question.flag or question.key] :]

    def _missing_message(self, question: Question) -> str:
        if question.key:
            return f"${question.key} is not set. Keys come from the environment, or from .env here."
        return f"{question.text} Say it with {question.flag}."


def _cleaned(question: Question, text: str) -> str:
    """Strip a secret, which may contain spaces; normalize any other answer to one line."""
    return text.strip() if question.key else clean_line(text)
