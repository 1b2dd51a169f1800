"""The folder `preview/` beside config.yaml, in which an owner looks at mails."""

from __future__ import annotations

from pathlib import Path

from settings.errors import UnavailableError

FOLDER = "preview"


def write_preview(folder: Path, name: str, html: str, text: str) -> Path:
    """Writes `name`.html and `name`.txt into the preview folder in `folder`; returns the page."""
    page = folder / FOLDER / f"{name}.html"
    try:
        page.parent.mkdir(exist_ok=True)
        page.write_text(html, encoding="utf-8")
        page.with_suffix(".txt").write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnavailableError(f"{page} cannot be written: {error.strerror}.") from error
    return page
