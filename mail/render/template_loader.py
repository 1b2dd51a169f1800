"""Where the templates lie: the shop's own folder first, then the ones that come with Regulars."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import templates
from mail.render.tokenizer import CLOSE, OPEN
from settings.errors import Trouble

PACKAGED = Path(templates.__file__).parent
TEMPLATE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LAYOUT = "layout"
LARGEST_FILE = 64_000


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template as it stands on disk."""

    path: Path
    source: str


@dataclass(frozen=True, slots=True)
class TemplateMistake:
    """What must be mended in a template, and where; line 0 stands for the whole file."""

    file: Path
    line: int
    message: str


class Unreadable(Trouble):
    """A template that cannot be used at all; carries the mistake."""

    def __init__(self, mistake: TemplateMistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


class Shelf:
    """Finds templates by name, and nothing else on this machine."""

    def __init__(self, own: Path | None) -> None:
        self._folders = [PACKAGED] if own is None else [own, PACKAGED]

    def names(self) -> list[str]:
        """The mails there are, without the layouts they stand on."""
        found = {path.stem for folder in self._folders for path in folder.glob("*.html")}
        return sorted(
            name for name in found if not name.startswith(LAYOUT) and TEMPLATE_NAME.fullmatch(name)
        )

    def take(self, name: str) -> TemplateFile:
        """The file of a mail or a layout, the shop's own copy before the packaged one."""
        if TEMPLATE_NAME.fullmatch(name):
            for folder in self._folders:
                path = folder / f"{name}.html"
                if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                    return TemplateFile(path, _read(path))
        raise Unreadable(
            TemplateMistake(
                self._folders[0] / f"{name}.html",
                0,
                f'There is no template "{name}".{did_you_mean(name, self.names())}',
            )
        )


def _read(path: Path) -> str:
    if path.stat().st_size > LARGEST_FILE:
        too_large = f"This file is larger than {LARGEST_FILE // 1000} kB; a letter is short."
        raise Unreadable(TemplateMistake(path, 0, too_large))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Unreadable(TemplateMistake(path, 0, "This file is not saved as UTF-8.")) from wrong
    return text.replace(OPEN, "").replace(CLOSE, "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A closing sentence with the nearest known word, or with all of them where there are few."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" There is: {', '.join(words)}." if words else ""
