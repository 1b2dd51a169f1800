"""Answers the questions of `regulars init`: from options, the environment, or a terminal.

An owner who types "back" is asked the question before once more: the interview begins again with
the answers typed until then, and prints nothing until they are used up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from settings.errors import RegularsError, UnavailableError, WrongUsageError
from settings.questions import Question
from settings.yaml.quote import clean_line

T = TypeVar("T")
AskFunction = Callable[[Question], str]
PrintFunction = Callable[[str], None]
BACK = "back"
NOTHING_BEFORE = "There is no question before this one."


class GoBack(Exception):  # noqa: N818 - it is a wish of the owner, no error
    """The owner wants to answer the question before again: call `rewind`, and start over."""


@dataclass
class Owner:
    """The owner: `flags` are answers by option, `keys` secrets, `ask` the terminal or None."""

    ask: AskFunction | None
    say: PrintFunction
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    _used_answers: Counter[str] = field(default_factory=Counter)
    _typed: list[str] = field(default_factory=list, repr=False)
    _replay: list[str] = field(default_factory=list, repr=False)
    _results: list[tuple[object, Any]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self._print, self.say = self.say, self._print_once

    def rewind(self) -> None:
        """Begin again with all typed answers but the last one."""
        self._replay, self._typed = self._typed[:-1], []
        self._used_answers.clear()

    def once(self, key: object, compute: Callable[[], T]) -> T:
        """Return what `compute` gave for an equal `key` before, or raise its UnavailableError.

        What was tried over the network is not tried again when the owner goes back.
        """
        result = next((result for known, result in self._results if known == key), None)
        if result is None:
            try:
                result = compute()
            except UnavailableError as error:
                result = error
            self._results.append((key, result))
        if isinstance(result, UnavailableError):
            raise result
        return result

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

    @property
    def has_typed(self) -> bool:
        """Whether a question was answered at the terminal, and not all by options."""
        return bool(self._typed)

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

    def _print_once(self, text: str) -> None:
        if not self._replay:
            self._print(text)

    def _ask_until_filled(self, question: Question) -> str:
        while not (text := _cleaned(question, self._type(question))):
            if question.default is not None:
                return question.default
        return text

    def _type(self, question: Question) -> str:
        """Return the next typed line; raises GoBack for "back"."""
        assert self.ask is not None  # noqa: S101 - narrows the type
        if self._replay:
            text = self._replay.pop(0)
        else:
            text = self.ask(question)
            while text.strip().casefold() == BACK and not question.key:
                if self._typed:
                    raise GoBack
                self.say(NOTHING_BEFORE)
                text = self.ask(question)
        self._typed.append(text)
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
