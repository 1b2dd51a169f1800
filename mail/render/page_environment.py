"""The environment of templates in a folder: public pages and the mail that confirms a sign-up.

They are bounded as e-mails are, and may extend a layout beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context

from mail.render.forbidden_constructs import find_forbidden
from mail.render.sandbox_environment import SandboxEnvironment
from mail.render.template_limits import check_tree
from mail.render.template_loader import MAX_FILE_BYTES

Source = tuple[str, str, Callable[[], bool]]


class PageEnvironment(SandboxEnvironment):
    """Compiles the templates of `folders`, the first folder that has one; edited files again.

    In each folder `join.de.html` comes before `join.html` where the `language` is de.
    """

    def __init__(self, folders: Sequence[Path], *, language: str = "") -> None:
        loaders = [SmallFileLoader(folder, language) for folder in folders]
        super().__init__(autoescape=True, loader=ChoiceLoader(loaders))

    def call(self, context: Context, called: Any, /, *arguments: Any, **named: Any) -> Any:
        """Only range and super can be called."""
        if isinstance(called, BlockReference):
            return called()
        return super().call(context, called, *arguments, **named)

    def _generate(self, source: nodes.Template, *args: Any, **named: Any) -> str:
        check_tree(source)
        for refusal in find_forbidden(source):
            raise SecurityError(f"line {refusal.line}: {refusal.sentence}")
        return super()._generate(source, *args, **named)


class SmallFileLoader(FileSystemLoader):
    """Reads templates of at most MAX_FILE_BYTES, those in one language first."""

    def __init__(self, folder: Path, language: str) -> None:
        super().__init__(folder)
        self._folder, self._suffix = folder, f".{language}.html"

    def get_source(self, environment: Environment, template: str) -> Source:
        translated = template.removesuffix(".html") + self._suffix
        if (self._folder / translated).is_file():
            template = translated
        source, file, is_up_to_date = super().get_source(environment, template)
        if len(source) > MAX_FILE_BYTES:
            raise SecurityError(f"it is larger than {MAX_FILE_BYTES // 1000} kB")
        return source, file, is_up_to_date
