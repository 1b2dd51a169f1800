"""The vendored files are those of the manifest, and the content policy allows Plot's styles."""

from __future__ import annotations

import hashlib
import json

from pages.owner.static_files import StaticFiles, inline_styles, theme_css
from pages.static.renew import FOLDER, MANIFEST, PACKAGES, plot_styles, style_hash
from settings.brand.appearance import PLAIN, Appearance
from settings.brand.theme import theme_of


def test_each_file_of_others_is_unchanged_and_has_its_licence() -> None:
    entries = json.loads(MANIFEST.read_text())["files"]
    assert [(entry["name"], entry["version"]) for entry in entries] == [
        (package.name, package.version) for package in PACKAGES
    ]
    for entry in entries:
        content = (FOLDER / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len((FOLDER / entry["licence file"]).read_text()) > 200
    names = {path.name for path in FOLDER.iterdir() if path.suffix in (".js", ".css")}
    own = names - {entry["file"] for entry in entries}
    assert {"owner.css", "charts.js"} <= own


def test_the_policy_has_the_hashes_of_plots_two_styles() -> None:
    styles = list(plot_styles((FOLDER / "plot.umd.min.js").read_text()))
    assert inline_styles() == tuple(map(style_hash, styles))
    assert styles[0].startswith(":where(.plot-d6a7b5) {\n  --plot-background: white;")
    assert styles[1].endswith("  margin-right: 1em;\n}")


def test_a_files_address_changes_with_its_content() -> None:
    green = Appearance(theme=theme_of("#00aa55", None, "serif"))
    plain, other = StaticFiles(PLAIN), StaticFiles(green)
    assert plain.path("owner.css") == other.path("owner.css")
    assert plain.path("theme.css") != other.path("theme.css")
    assert "--brand: " in theme_css(green)
