"""Maps character offsets of a text to lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right

LINE_END = re.compile(r"\r\n|\r|\n")


class Lines:
    """A text with the offsets at which its lines start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(end.end() for end in LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Returns (line, column) of the character at `offset`, both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def begin(self, line: int) -> int:
        """Returns the offset at which `line` begins."""
        return self._starts[line - 1]

    def end(self, line: int) -> int:
        """Returns the offset at which `line` ends, before its line break."""
        until = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.begin(line) + len(self.text[self.begin(line) : until].rstrip("\r\n"))
