"""Every example of a file or a template works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.config.owner_config import load_owner_config, renderer_beside
from tests.docs.pages import Block, blocks, read_page
from tests.settings.brand.pictures import png

SHOP = """\
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
"""
SENDING = "sending:\n  from: Ana at Corner Café <ana@cornercafe.example>\n"
TEMPLATE = re.compile(r"^`templates/([a-z-]+\.html)`\n\n```html\n(.*?)^```", re.DOTALL | re.M)

EXAMPLES = blocks("yaml")


def complete_config(example: str) -> str:
    """Return `example` with the two sections that every file needs."""
    missing = [
        part for part in (SHOP, SENDING) if not _has_section(example, part.partition(":")[0])
    ]
    return "".join([*missing, example])


def _has_section(example: str, part: str) -> bool:
    return re.search(rf"^{part}:", example, re.MULTILINE) is not None


def write_templates(folder: Path) -> dict[str, str]:
    """Write the templates of the documentation into `folder`, as an owner would."""
    templates = dict(TEMPLATE.findall(read_page("docs/templates.md")))
    (folder / "templates").mkdir()
    for name, source in templates.items():
        (folder / "templates" / name).write_text(source, encoding="utf-8")
    return templates


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda block: f"{block.page}:{block.line}")
def test_every_example_is_understood(example: Block, tmp_path: Path) -> None:
    write_templates(tmp_path)
    for picture in ("logo.png", "window.jpg"):
        (tmp_path / picture).write_bytes(png(300, 100))
    path = tmp_path / "config.yaml"
    path.write_text(complete_config(example.text), encoding="utf-8")
    environ = dict.fromkeys(re.findall(r"\$([A-Z_]+)", example.text), "something")
    load_owner_config(path, environ)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 10
    assert {"README.md", "docs/rules.md", "docs/sources.md"} <= {
        example.page for example in EXAMPLES
    }


def test_every_example_of_a_template_can_be_sent(tmp_path: Path) -> None:
    templates = write_templates(tmp_path)
    assert templates
    renderer = renderer_beside(tmp_path / "config.yaml")
    for name in templates:
        parameters = ["gift", "valid_for", "valid_until"]
        assert not renderer.find_mistakes(
            name.removesuffix(".html"), available_parts=(), with_=parameters
        )
