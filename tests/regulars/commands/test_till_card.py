"""The card for the till: what a camera reads on it, and what a person does."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import zxingcpp
from typer.testing import CliRunner

from regulars.cli import app
from regulars.commands.till_card import HEIGHT, LONGEST, WIDTH, WORDS, card
from settings.errors import OwnersFileTrouble
from tests.cafe import FILE
from tests.mail.render.test_screenshots import CHROMIUM, playwright

ADDRESS = "https://mail.cornercafe.example/join"
CARDS = {
    "a usual name": card("Corner Café", "Come in.", ADDRESS),
    "a name with signs": card('Ana & <b>"Söhne"</b>', "Cakes & <more>", ADDRESS),
    "a name without end": card("Pastelaria da Rua das Flores " * 9, "Words " * 40, ADDRESS),
    "a name of few letters": card("東京の角のとても小さな喫茶店", "Ñ", ADDRESS),
    "a long address": card(
        "Corner Café", "Come in.", f"https://{'x' * 60}.example/{'y' * 90}/join"
    ),
}
# A grey picture, a byte a dot, in base64.
GREY = """([width, height]) => new Promise(done => { const drawn = new Image();
  drawn.onload = () => { const paper = document.createElement('canvas');
    paper.width = width; paper.height = height;
    const pen = paper.getContext('2d'); pen.drawImage(drawn, 0, 0, width, height);
    const dots = pen.getImageData(0, 0, width, height).data;
    let grey = '';
    for (let at = 0; at < dots.length; at += 4) grey += String.fromCharCode(dots[at]);
    done(btoa(grey)); };
  drawn.src = URL.createObjectURL(new Blob([document.title], {type: 'image/svg+xml'})); })"""


def draws(tmp_path: Path, rules: str, *options: str, file: str = FILE) -> Any:
    config = tmp_path / "config.yaml"
    config.write_text(f"{file}\n{rules}", encoding="utf-8")
    return CliRunner().invoke(app, ["--config", str(config), "till-card", *options])


def test_it_lies_beside_the_file(tmp_path: Path) -> None:
    done = draws(tmp_path, "sign up: {}\n", "--words", "Café com bolo?")
    assert done.exit_code == 0
    drawn = (tmp_path / "till-card.svg").read_text(encoding="utf-8")
    assert "Café com bolo?" in drawn
    assert "mail.cornercafe.example/join" in drawn
    assert "No phone gets to mail.cornercafe.example" in done.stderr  # a made-up name


def test_without_a_page_there_is_nothing_to_lead_to(tmp_path: Path) -> None:
    done = draws(tmp_path, "")
    assert isinstance(done.exception, OwnersFileTrouble)
    assert "There is no sign-up page" in str(done.exception)
    assert not (tmp_path / "till-card.svg").exists()


@pytest.mark.parametrize("none", ["", "   ", "\u200b\t\x07"])
def test_words_of_nothing_are_the_usual_ones(tmp_path: Path, none: str) -> None:
    assert draws(tmp_path, "sign up: {}\n", "--words", none).exit_code == 0
    root = ElementTree.parse(tmp_path / "till-card.svg").getroot()  # noqa: S314  # our own
    assert WORDS in " ".join(one.text or "" for one in root.iter() if one.tag.endswith("tspan"))


def test_an_address_that_no_card_holds_is_told(tmp_path: Path) -> None:
    at = "https://mail.cornercafe.example"
    fits = LONGEST - len(f"{at}//join")
    for longer, code in (("x" * fits, 0), ("x" * (fits + 1), 1), ("x" * 2600, 1)):
        (tmp_path / "till-card.svg").unlink(missing_ok=True)
        done = draws(tmp_path, "sign up: {}\n", file=FILE.replace(at, f"{at}/{longer}"))
        assert (done.exit_code, (tmp_path / "till-card.svg").exists()) == (code, code == 0)
        assert code == 0 or isinstance(done.exception, OwnersFileTrouble)
        assert code == 0 or "too many for a card" in str(done.exception)


@pytest.mark.parametrize("drawn", CARDS.values(), ids=CARDS.keys())
def test_four_light_modules_lie_around_the_code_with_no_words_in_them(drawn: str) -> None:
    """ISO/IEC 18004: a reader finds the code by them."""
    root = ElementTree.fromstring(drawn)  # noqa: S314  # our own
    [path] = [one for one in root.iter() if one.tag.endswith("path")]
    left, top, module = map(float, re.findall(r"[\d.]+", path.attrib["transform"]))
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1", path.attrib["d"])]
    columns = [edge for x, _, many in runs for edge in (x, x + many)]
    rows = [edge for _, y, _ in runs for edge in (y, y + 1)]
    whole = 70 / module  # modules, with those around it
    for edges in (columns, rows):
        assert min(edges) >= 4
        assert max(edges) <= whole - 4 + 0.01
    assert (left >= 0, left + 70 <= WIDTH) == (True, True)
    beside = [float(one.attrib["y"]) for one in root.iter() if one.tag.endswith("tspan")]
    assert not [y for y in beside if top < y < top + 70]


@pytest.mark.parametrize("drawn", CARDS.values(), ids=CARDS.keys())
def test_every_card_is_one_picture_of_its_size(drawn: str) -> None:
    root = ElementTree.fromstring(drawn)  # noqa: S314  # our own
    assert (root.get("width"), root.get("height")) == ("105mm", "148mm")
    names = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert names == {"svg", "title", "rect", "text", "tspan", "path"}


@pytest.mark.skipif(CHROMIUM is None, reason="a card in a browser needs Chromium")
def test_a_camera_reads_the_address_and_the_words_stay_on_the_card() -> None:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        read = [_read(page, drawn) for drawn in CARDS.values()]
        boxes = [_boxes(page, drawn) for drawn in CARDS.values()]
        browser.close()
    assert read == [ADDRESS] * 4 + [f"https://{'x' * 60}.example/{'y' * 90}/join"]
    for name, words, address in boxes:
        assert 3 <= name[0] <= name[2] <= WIDTH - 3
        assert 3 <= words[0] <= words[2] <= WIDTH - 3
        assert 3 <= name[1] <= name[3] <= words[1] <= words[3] <= 50
        assert 120 <= address[1] <= address[3] <= HEIGHT


def _read(page: Any, drawn: str) -> str:
    """As a phone sees it: four dots a millimetre."""
    size = (4 * WIDTH, 4 * HEIGHT)
    page.set_content("<title></title>")
    page.evaluate("drawn => { document.title = drawn }", drawn)
    dots = b64decode(page.evaluate(GREY, size))
    [found] = zxingcpp.read_barcodes(memoryview(dots).cast("B", (size[1], size[0])))
    return str(found.text)


def _boxes(page: Any, drawn: str) -> list[list[float]]:
    """The edges of the words, in millimetres: left, top, right, bottom."""
    page.set_content(drawn)
    found: list[list[float]] = page.evaluate(
        "[...document.querySelectorAll('text')].map(one => one.getBBox())"
        ".map(box => [box.x, box.y, box.x + box.width, box.y + box.height])"
    )
    return found
