"""Finds and reads template files: the shop's own, a language's, those of all languages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mail.render.tokenizer import CLOSE, OPEN
from settings.errors import RegularsError
from settings.text.language_names import is_language
from templates.language import LAYOUTS, Language
from templates.own_copy import is_unchanged_copy

TEMPLATE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LANGUAGE_CODE = re.compile(r"[a-z]{2}")
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
    """Finds templates by name: in the shop's own folder, in that of a language, and among the
    layouts of all languages.

    `note.de.html` of the shop is for readers of German; `note.html` is in the shop's language, and
    for readers of every language that has no file of its own. Symbolic links out of these folders
    are not followed.
    """

    def __init__(self, own_folder: Path | None, language: Language) -> None:
        self._own_folder, self._language = own_folder, language
        self._components: tuple[TemplateFile, ...] | None = None

    def template_names(self) -> list[str]:
        """Returns the names of the mails, without layouts."""
        folders = [self._own_folder, self._language.folder]
        stems = {path.stem for folder in folders if folder for path in folder.glob("*.html")}
        return sorted(
            name
            for name in stems
            if not name.startswith((LAYOUT, COMPONENTS)) and TEMPLATE_NAME.fullmatch(name)
        )

    def own_languages(self, name: str) -> list[str]:
        """Returns the codes of the languages in which the shop has written the mail `name` itself,
        beside its own language.
        """
        files = self._own_folder.glob(f"{name}.*.html") if self._own_folder else ()
        codes = (path.stem.removeprefix(f"{name}.") for path in files)
        return sorted(code for code in codes if LANGUAGE_CODE.fullmatch(code) and is_language(code))

    def mail_language(self, name: str, wanted: Language) -> Language:
        """Returns the language of the mail `name` to somebody who reads `wanted`: the shop's where
        there is no such mail in theirs.
        """
        if wanted.code == self._language.code or self._own(f"{name}.{wanted.code}"):
            return wanted
        is_packaged = wanted.is_shipped and _file(wanted.folder, name) is not None
        return wanted if is_packaged and not self._is_rewritten(name) else self._language

    def load(self, name: str, language: Language) -> TemplateFile:
        """Returns the file of the mail or layout `name` in `language`, the shop's own first; raises
        TemplateLoadError.
        """
        if TEMPLATE_NAME.fullmatch(name):
            for path in self._candidates(name, language):
                if path is not None:
                    return TemplateFile(path, _read(path))
        folder = self._own_folder or self._language.folder
        sentence = f'There is no template "{name}".{did_you_mean(name, self.template_names())}'
        raise TemplateLoadError(TemplateMistake(folder / f"{name}.html", 0, sentence))

    def component_files(self) -> tuple[TemplateFile, ...]:
        """Returns the files of components, the shop's own first; each is read once."""
        if self._components is None:
            paths = (self._own(COMPONENTS), _file(LAYOUTS, COMPONENTS))
            self._components = tuple(TemplateFile(path, _read(path)) for path in paths if path)
        return self._components

    def _candidates(self, name: str, language: Language) -> Iterator[Path | None]:
        yield self._own(f"{name}.{language.code}")
        if language.code == self._language.code or self._is_rewritten(name):
            yield self._own(name)
        yield _file(language.folder, name) if language.is_shipped else None
        yield self._own(name)
        yield _file(self._language.folder, name)
        yield _file(LAYOUTS, name)

    def _is_rewritten(self, name: str) -> bool:
        """Whether the shop has a mail of its own words: more than a copy of ours."""
        path = self._own(name)
        return path is not None and not is_unchanged_copy(_read(path))

    def _own(self, name: str) -> Path | None:
        return _file(self._own_folder, name) if self._own_folder else None


def _file(folder: Path, name: str) -> Path | None:
    path = folder / f"{name}.html"
    return path if path.is_file() and path.resolve().is_relative_to(folder.resolve()) else None


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
