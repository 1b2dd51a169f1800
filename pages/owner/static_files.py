"""Serves the stylesheets and scripts of the pages; their address changes with their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from settings.brand.appearance import Appearance

STATIC = files("pages") / "static"
OWN_FILES = ("owner.css", "charts.js", "rule_diagram.js", "rules.css")
THEME_FILE = "theme.css"
MEDIA_TYPES = {"css": "text/css", "js": "text/javascript"}
IMMUTABLE = "private, max-age=31536000, immutable"


class StaticFiles:
    """The files that pages link to, and the colours of one shop."""

    def __init__(self, appearance: Appearance) -> None:
        theme = theme_css(appearance).encode()
        self._contents: Mapping[str, bytes] = {**packaged_files(), THEME_FILE: theme}
        self._digests = {
            name: hashlib.sha256(content).hexdigest()[:16]
            for name, content in self._contents.items()
        }

    def path(self, name: str) -> str:
        """Returns the path of the file `name`, below that of the pages."""
        return f"/static/{self._digests[name]}/{name}"

    def route(self) -> Route:
        return Route("/static/{digest}/{name}", self._serve)

    def _serve(self, request: Request) -> Response:
        name, digest = request.path_params["name"], request.path_params["digest"]
        if self._digests.get(name) != digest:
            return Response(status_code=404)
        media_type = MEDIA_TYPES[name.rpartition(".")[2]]
        headers = {"Cache-Control": IMMUTABLE}
        return Response(self._contents[name], media_type=media_type, headers=headers)


@cache
def packaged_files() -> dict[str, bytes]:
    """Returns the vendored files and those of the pages themselves, by name."""
    names = [entry["file"] for entry in _manifest()["files"]] + list(OWN_FILES)
    return {name: (STATIC / name).read_bytes() for name in names if (STATIC / name).is_file()}


@cache
def inline_styles() -> tuple[str, ...]:
    """Returns the CSP hashes of the styles that the charts' library writes into a page."""
    return tuple(_manifest()["inline styles"])


@cache
def _manifest() -> dict[str, list]:  # type: ignore[type-arg]  # entries and hashes
    manifest: dict[str, list] = json.loads((STATIC / "manifest.json").read_text())  # type: ignore[type-arg]  # as above
    return manifest


def theme_css(appearance: Appearance) -> str:
    """Returns the shop's colours and fonts as CSS variables, for both colour schemes."""
    theme = appearance.theme
    names = ("ground", "card", "line", "ink", "quiet", "brand", "button", "on_button", "soft",
             "accent")  # fmt: skip
    light = _declarations({name: getattr(theme, name) for name in names})
    dark = _declarations({name: getattr(theme, f"dark_{name}") for name in names})
    return (
        f":root {{ {light} --headline-font: {theme.headline_font}; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def _declarations(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {text};" for name, text in colours.items())
