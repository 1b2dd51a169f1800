"""The owner at a terminal: each question with its number, secrets not shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from regulars.commands.init.questions import QUESTION_COUNT
from regulars.terminal.output import console, printable
from settings.questions import Question


def is_interactive() -> bool:
    return sys.stdin.isatty()


def ask(question: Question) -> str:
    if question.number:
        console.print(f"\n[dim]{question.number} of {QUESTION_COUNT}[/]  [bold]{question.text}[/]")
    else:
        console.print(f"   {question.text}")
    if question.hint:
        console.print(f"   [dim]{printable(question.hint)}[/]", soft_wrap=True)
    default_text = f" [dim]\\[{question.default}][/]" if question.default else ""
    hidden = "not shown" in question.text
    try:
        return console.input(f"  {default_text} > ", password=hidden)
    except EOFError:
        raise KeyboardInterrupt from None  # Ctrl-D, too, ends it


def say(text: str) -> None:
    for line in text.splitlines():
        console.print(f"   {printable(line)}", soft_wrap=True)


def machine_timezone() -> str | None:
    """The zone of this machine, where it tells: Europe/Lisbon."""
    if timezone_variable := os.environ.get("TZ", "").lstrip(":"):
        return timezone_variable
    _, separator, zone = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return zone if separator else None
