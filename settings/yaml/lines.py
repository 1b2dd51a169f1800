"""The file's text and its lines: an editor's line and column for every character."""

from __future__ import annotations

import re
from bisect import bisect_right

LINE_END = re.compile(r"\r\n|\r|\n")


class Lines:
    """Knows on which line a character stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(end.end() for end in LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def begin(self, line: int) -> int:
        """Where a line begins."""
        return self._starts[line - 1]

    def end(self, line: int) -> int:
        """Where a line ends, before its line break."""
        until = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.begin(line) + len(self.text[self.begin(line) : until].rstrip("\r\n"))
