"""The owner at a terminal: each question with its number, secrets not shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from regulars.commands.init.questions import HOW_MANY, Question
from regulars.terminal.output import console, printable


def somebody_is_there() -> bool:
    return sys.stdin.isatty()


def ask(question: Question) -> str:
    if question.number:
        console.print(f"\n[dim]{question.number} of {HOW_MANY}[/]  [bold]{question.text}[/]")
    else:
        console.print(f"   {question.text}")
    if question.more:
        console.print(f"   [dim]{printable(question.more)}[/]", soft_wrap=True)
    left = f" [dim]\\[{question.left}][/]" if question.left else ""
    hidden = "not shown" in question.text
    try:
        return console.input(f"  {left} > ", password=hidden)
    except EOFError:
        raise KeyboardInterrupt from None  # Ctrl-D, too, ends it


def say(text: str) -> None:
    for line in text.splitlines():
        console.print(f"   {printable(line)}", soft_wrap=True)


def clock_here() -> str | None:
    """The zone of this machine, where it tells: Europe/Lisbon."""
    if named := os.environ.get("TZ", "").lstrip(":"):
        return named
    _, found, zone = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return zone if found else None
