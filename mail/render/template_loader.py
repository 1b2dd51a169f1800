"""Finds and reads template files: the shop's own, the language's, those of all languages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mail.render.tokenizer import CLOSE, OPEN
from settings.errors import RegularsError
from templates.language import LAYOUTS, Language

TEMPLATE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LAYOUT = "layout"
COMPONENTS = "components"
MAX_FILE_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template file and its text."""

    path: Path
    source: str


@dataclass(frozen=True, slots=True)
class TemplateMistake:
    """What must be corrected in a template, and where; line 0 is the whole file."""

    file: Path
    line: int
    message: str


class TemplateLoadError(RegularsError):
    """A template that cannot be used at all; carries the mistake."""

    def __init__(self, mistake: TemplateMistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


class TemplateLoader:
    """Finds templates by name in the shop's own folder, in that of one language, and among the
    layouts of all languages.

    Symbolic links out of these folders are not followed.
    """

    def __init__(self, own_folder: Path | None, language: Language) -> None:
        packaged = [language.folder, LAYOUTS]
        self._folders = packaged if own_folder is None else [own_folder, *packaged]
        self._components: tuple[TemplateFile, ...] | None = None

    def template_names(self) -> list[str]:
        """Returns the names of the mails, without layouts."""
        stems = {path.stem for folder in self._folders for path in folder.glob("*.html")}
        return sorted(
            name
            for name in stems
            if not name.startswith((LAYOUT, COMPONENTS)) and TEMPLATE_NAME.fullmatch(name)
        )

    def load(self, name: str) -> TemplateFile:
        """Returns the file of the mail or layout `name`, the shop's own first; raises
        TemplateLoadError.
        """
        if TEMPLATE_NAME.fullmatch(name):
            for file in self._files(name):
                return file
        raise TemplateLoadError(
            TemplateMistake(
                self._folders[0] / f"{name}.html",
                0,
                f'There is no template "{name}".{did_you_mean(name, self.template_names())}',
            )
        )

    def component_files(self) -> tuple[TemplateFile, ...]:
        """Returns the files of components, the shop's own first; each is read once."""
        if self._components is None:
            self._components = tuple(self._files(COMPONENTS))
        return self._components

    def _files(self, name: str) -> Iterator[TemplateFile]:
        for folder in self._folders:
            path = folder / f"{name}.html"
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                yield TemplateFile(path, _read(path))


def _read(path: Path) -> str:
    if path.stat().st_size > MAX_FILE_BYTES:
        too_large = f"This file is larger than {MAX_FILE_BYTES // 1000} kB; a letter is short."
        raise TemplateLoadError(TemplateMistake(path, 0, too_large))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateLoadError(
            TemplateMistake(path, 0, "This file is not saved as UTF-8.")
        ) from error
    return text.replace(OPEN, "").replace(CLOSE, "")


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Returns a sentence with the nearest of the `candidates`, or with all of them; starts with a
    space, empty without candidates.
    """
    options = list(candidates)
    matches = difflib.get_close_matches(word, options, n=1)
    if matches:
        return f' Did you mean "{matches[0]}"?'
    return f" There is: {', '.join(options)}." if options else ""
