"""Asks the questions of `regulars init` on a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from regulars.init.questions import QUESTION_COUNT
from regulars.terminal.output import console, print_wrapped, printable
from settings.questions import Question


def is_interactive() -> bool:
    """Returns whether standard input is a terminal."""
    return sys.stdin.isatty()


def ask(question: Question) -> str:
    """Print `question` and return the line that is typed; secrets are not echoed.

    Raises KeyboardInterrupt on Ctrl-C and at the end of input.
    """
    if question.number:
        console().print(
            f"\n[dim]{question.number} of {QUESTION_COUNT}[/]  [bold]{question.text}[/]"
        )
    else:
        console().print(f"   {question.text}")
    if question.hint:
        console().print(f"   [dim]{printable(question.hint)}[/]", soft_wrap=True)
    default_text = f" [dim]\\[{question.default}][/]" if question.default else ""
    hidden = "not shown" in question.text
    try:
        return console().input(f"  {default_text} > ", password=hidden)
    except EOFError:
        raise KeyboardInterrupt from None


def say(text: str) -> None:
    """Print `text`, indented like the questions."""
    for line in text.splitlines():
        print_wrapped(f"   {line}")


def machine_timezone() -> str | None:
    """Returns the IANA zone of this machine, such as Europe/Lisbon, or None if it is unknown."""
    if timezone_variable := os.environ.get("TZ", "").lstrip(":"):
        return timezone_variable
    _, separator, zone = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return zone if separator else None
