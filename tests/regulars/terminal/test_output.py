"""Long lines on a terminal, and in a pipe."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from regulars.terminal import output

LINE = "  not read: Company, Street, [City], State and 9 more"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_long_lines_are_wrapped_between_words_on_a_terminal_only(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(
        file=StringIO(), width=30, force_terminal=is_terminal, color_system=None, highlight=False
    )
    monkeypatch.setattr(output, "console", lambda: console)
    output.print_wrapped(f"{LINE}\nshort")
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    if is_terminal:
        assert lines == ["  not read: Company, Street,", "    [City], State and 9 more", "short"]
    else:
        assert lines == [LINE, "short"]
