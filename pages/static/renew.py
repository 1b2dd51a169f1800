"""Renews the vendored files from npm: `python -m pages.static.renew`.

Each package is fetched without its dependencies (`npm pack`), and its file and licence are copied
unchanged. Set another version in PACKAGES, run this, look at the pages, and commit all of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "manifest.json"
PLOT = "@observablehq/plot"
PLOT_CLASS = "plot-d6a7b5"  # of the SVG, where a chart gives no name of its own
# Plot writes these two style blocks into the page: of a chart, and of its legend.
CHART_STYLE, LEGEND_STYLE, WRAPPED_LEGEND_STYLE = (
    re.compile(rf"`(:where\(\.\$\{{\w\}}{name}\) \{{[^`]*)`")
    for name in ("", "-swatches", "-swatches-wrap")
)


@dataclass(frozen=True)
class Package:
    """An npm package, and the file of it that the pages use."""

    name: str
    version: str
    licence: str
    path: str

    @property
    def file(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def licence_file(self) -> str:
        return f"licences/{self.file}.txt"


PACKAGES = (
    Package("@picocss/pico", "2.1.1", "MIT", "css/pico.classless.min.css"),
    Package("htmx.org", "4.0.1", "0BSD", "dist/htmx.min.js"),
    Package("d3", "7.9.2", "ISC", "dist/d3.min.js"),
    Package(PLOT, "0.6.17", "ISC", "dist/plot.umd.min.js"),
    Package("d3-dag", "1.2.2", "MIT", "dist/d3-dag.iife.min.js"),
)


def renew() -> None:
    """Fetches all packages, writes their files, and what they are into the manifest."""
    entries = [_fetch(package) for package in PACKAGES]
    plot = (FOLDER / "plot.umd.min.js").read_text()
    manifest = {"files": entries, "inline styles": [style_hash(text) for text in plot_styles(plot)]}
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


def plot_styles(script: str) -> Iterator[str]:
    """Yields the text of the style blocks that Plot's `script` writes into a page."""
    chart, legend, wrapped = (
        pattern.search(script) for pattern in (CHART_STYLE, LEGEND_STYLE, WRAPPED_LEGEND_STYLE)
    )
    if not (chart and legend and wrapped):
        raise SystemExit("Plot writes its styles in another way now: look at plot_styles.")
    yield _filled(chart[1])
    # The legend's text ends with the style of a legend whose entries wrap.
    yield _filled(re.sub(r"\$\{\w\}$", lambda _: wrapped[1], legend[1]))


def style_hash(text: str) -> str:
    """Returns the source expression of a CSP that allows an inline style with this `text`."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _filled(template: str) -> str:
    """The text that a template literal of JavaScript stands for."""
    return re.sub(r"\$\{\w\}", PLOT_CLASS, template).replace("\\n", "\n")


def _fetch(package: Package) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        packed = subprocess.run(  # noqa: S603  # a fixed command with the names above
            command, cwd=folder, check=True, capture_output=True, text=True
        )
        with tarfile.open(Path(folder) / packed.stdout.strip()) as archive:
            content = _member(archive, f"package/{package.path}")
            licence = _member(archive, _licence_name(archive))
    (FOLDER / package.file).write_bytes(content)
    (FOLDER / package.licence_file).write_bytes(licence)
    return {
        "file": package.file,
        **asdict(package),
        "licence file": package.licence_file,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _licence_name(archive: tarfile.TarFile) -> str:
    return next(name for name in archive.getnames() if name.startswith("package/LICENSE"))


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise SystemExit(f"{name} is no file.")
    return member.read()


if __name__ == "__main__":
    renew()
