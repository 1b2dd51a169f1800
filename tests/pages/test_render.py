"""Pages of the shop are drawn in the bounded sandbox; a broken one is replaced."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.config.owner_config import load_owner_config
from mail.render.page_environment import PageEnvironment
from mail.render.template_limits import fill
from pages.app import page_renderer
from pages.public.sample_variables import sample_variables
from pages.render import OWN_FOLDER, PageRenderer
from templates.language import ENGLISH
from tests.cafe import FILE
from tests.flows.processes import run_in_process

LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
PAGE = '{% extends "layout.html" %}{% block content %}CONTENT{% endblock %}'
HOSTILE = {
    "loops": LOOPS,
    "loops within their limits": "{% for a in range(100) %}" * 3 + "x" + "{% endfor %}" * 3,
    "a flood": "{% for a in range(100) %}" + "x" * 2_000 + "{% endfor %}",
    "a sum": "{{ " + "+".join("1" * 3_000) + " }}",
    "private parts": "{{ shop.__class__ }}",
    "another file": '{% include "unsubscribe.html" %}',
    "itself": '{% extends "not-here.html" %}',
    "elements": "<b>" * 20_000,
    "a large file": "x" * 70_000,
}


@pytest.fixture
def shop_folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(FILE)
    (tmp_path / OWN_FOLDER).mkdir(parents=True)
    return tmp_path


def renderer_of(folder: Path) -> PageRenderer:
    config = load_owner_config(folder / "config.yaml", {})
    return page_renderer(folder, config.shop, config.language)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_page_beyond_a_limit_is_replaced_and_reported(shop_folder: Path, content: str) -> None:
    page = content if "extends" in content else PAGE.replace("CONTENT", content)
    (shop_folder / OWN_FOLDER / "not-here.html").write_text(page)
    started = time.process_time()
    renderer = renderer_of(shop_folder)
    [mistake] = renderer.mistakes
    assert "templates/pages/not-here.html is not used: " in mistake
    drawn = [renderer.render("not-here", nonce="x") for _ in range(20)]
    assert time.process_time() - started < 3
    assert "There is nothing at this address" in drawn[-1]


def test_a_corrected_page_is_drawn_again(shop_folder: Path) -> None:
    file = shop_folder / OWN_FOLDER / "not-here.html"
    file.write_text("{{ nonsense }}")
    renderer = renderer_of(shop_folder)
    assert "nothing at this address" in renderer.render("not-here", nonce="x")
    file.write_text("Nobody home at {{ shop.name }}.")
    os.utime(file, ns=(1, 1))  # another time, however quick the test is
    assert renderer.render("not-here", nonce="x") == "Nobody home at Corner Café."


def test_copies_of_the_packaged_pages_are_drawn_as_they_are(shop_folder: Path) -> None:
    for page in (ENGLISH.folder / "pages").glob("*.html"):
        (shop_folder / OWN_FOLDER / page.name).write_text(page.read_text())
    assert renderer_of(shop_folder).mistakes == []


def test_there_are_samples_for_every_page() -> None:
    pages = {page.stem for page in (ENGLISH.folder / "pages").glob("*.html")} - {"layout"}
    assert sample_variables(ENGLISH).keys() == pages


def test_a_layout_may_be_completed_with_super(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("{% block content %}Hello{% endblock %}")
    page = '{% extends "layout.html" %}{% block content %}{{ super() }}, Clara{% endblock %}'
    (tmp_path / "page.html").write_text(page)
    assert renders(tmp_path, "page.html") == "Hello, Clara"


def renders(folder: Path, name: str) -> str:
    return fill(PageEnvironment([folder]).get_template(name), {})


def test_check_names_a_page_that_is_not_used(shop_folder: Path) -> None:
    (shop_folder / OWN_FOLDER / "not-here.html").write_text(PAGE.replace("CONTENT", LOOPS))
    completed = run_in_process(shop_folder, "check")
    assert completed.returncode == 0
    assert "templates/pages/not-here.html is not used: range counts to 100" in completed.stdout
