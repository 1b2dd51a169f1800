"""The card for the till: decoded QR code and layout."""

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
from regulars.till_card_svg import HEIGHT, MAX_ADDRESS_LENGTH, WIDTH, draw_card
from settings.errors import OwnerFileError
from tests.cafe import FILE
from tests.mail.render.test_screenshots import CHROMIUM, playwright

ADDRESS = "https://mail.cornercafe.example/join"
CARDS = {
    "a usual name": draw_card("Corner Café", "Come in.", ADDRESS),
    "a name with signs": draw_card('Ana & <b>"Söhne"</b>', "Cakes & <more>", ADDRESS),
    "a name without end": draw_card("Pastelaria da Rua das Flores " * 9, "Words " * 40, ADDRESS),
    "a name of few letters": draw_card("東京の角のとても小さな喫茶店", "Ñ", ADDRESS),
    "a long address": draw_card(
        "Corner Café", "Come in.", f"https://{'x' * 60}.example/{'y' * 90}/join"
    ),
}
# Returns a greyscale image, one byte a dot, in base64.
GREYSCALE_SCRIPT = """([width, height]) => new Promise(done => { const drawn = new Image();
  drawn.onload = () => { const paper = document.createElement('canvas');
    paper.width = width; paper.height = height;
    const pen = paper.getContext('2d'); pen.drawImage(drawn, 0, 0, width, height);
    const dots = pen.getImageData(0, 0, width, height).data;
    let grey = '';
    for (let at = 0; at < dots.length; at += 4) grey += String.fromCharCode(dots[at]);
    done(btoa(grey)); };
  drawn.src = URL.createObjectURL(new Blob([document.title], {type: 'image/svg+xml'})); })"""


def run_till_card(tmp_path: Path, rules: str, *options: str, file: str = FILE) -> Any:
    config = tmp_path / "config.yaml"
    config.write_text(f"{file}\n{rules}", encoding="utf-8")
    return CliRunner().invoke(app, ["--config", str(config), "till-card", *options])


def test_the_card_is_written_beside_the_config(tmp_path: Path) -> None:
    completed = run_till_card(tmp_path, "sign up: {}\n", "--words", "Café com bolo?")
    assert completed.exit_code == 0
    svg = (tmp_path / "till-card.svg").read_text(encoding="utf-8")
    assert "Café com bolo?" in svg
    assert "mail.cornercafe.example/join" in svg
    assert "No phone gets to mail.cornercafe.example" in completed.stderr  # an example domain


def test_without_a_sign_up_page_there_is_no_card(tmp_path: Path) -> None:
    completed = run_till_card(tmp_path, "")
    assert isinstance(completed.exception, OwnerFileError)
    assert "There is no sign-up page" in str(completed.exception)
    assert not (tmp_path / "till-card.svg").exists()


@pytest.mark.parametrize("text", ["", "   ", "\u200b\t\x07"])
def test_blank_text_becomes_the_default_text(tmp_path: Path, text: str) -> None:
    assert run_till_card(tmp_path, "sign up: {}\n", "--words", text).exit_code == 0
    root = ElementTree.parse(tmp_path / "till-card.svg").getroot()  # noqa: S314  # our own
    assert "Point your camera here, and hear from us by e-mail." in " ".join(
        element.text or "" for element in root.iter() if element.tag.endswith("tspan")
    )


def test_an_address_too_long_for_a_card_is_refused(tmp_path: Path) -> None:
    address = "https://mail.cornercafe.example"
    max_length = MAX_ADDRESS_LENGTH - len(f"{address}//join")
    for path, status in (("x" * max_length, 0), ("x" * (max_length + 1), 1), ("x" * 2600, 1)):
        (tmp_path / "till-card.svg").unlink(missing_ok=True)
        completed = run_till_card(
            tmp_path, "sign up: {}\n", file=FILE.replace(address, f"{address}/{path}")
        )
        assert (completed.exit_code, (tmp_path / "till-card.svg").exists()) == (status, status == 0)
        assert status == 0 or isinstance(completed.exception, OwnerFileError)
        assert status == 0 or "too many for a card" in str(completed.exception)


@pytest.mark.parametrize("svg", CARDS.values(), ids=CARDS.keys())
def test_the_quiet_zone_around_the_code_is_empty(svg: str) -> None:
    """ISO/IEC 18004 requires four light modules on each side."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own
    [path] = [element for element in root.iter() if element.tag.endswith("path")]
    left, top, module = map(float, re.findall(r"[\d.]+", path.attrib["transform"]))
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1", path.attrib["d"])]
    columns = [edge for x, _, length in runs for edge in (x, x + length)]
    rows = [edge for _, y, _ in runs for edge in (y, y + 1)]
    module_count = 70 / module  # with the quiet zone
    for edges in (columns, rows):
        assert min(edges) >= 4
        assert max(edges) <= module_count - 4 + 0.01
    assert (left >= 0, left + 70 <= WIDTH) == (True, True)
    text_rows = [
        float(element.attrib["y"]) for element in root.iter() if element.tag.endswith("tspan")
    ]
    assert not [y for y in text_rows if top < y < top + 70]


@pytest.mark.parametrize("svg", CARDS.values(), ids=CARDS.keys())
def test_every_card_is_one_picture_of_its_size(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own
    assert (root.get("width"), root.get("height")) == ("105mm", "148mm")
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "rect", "text", "tspan", "path"}


@pytest.mark.skipif(CHROMIUM is None, reason="a card in a browser needs Chromium")
def test_a_camera_decodes_the_address_and_the_text_stays_on_the_card() -> None:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        decoded = [_decode_qr(page, svg) for svg in CARDS.values()]
        boxes = [_text_boxes(page, svg) for svg in CARDS.values()]
        browser.close()
    assert decoded == [ADDRESS] * 4 + [f"https://{'x' * 60}.example/{'y' * 90}/join"]
    for name, text, address in boxes:
        assert 3 <= name[0] <= name[2] <= WIDTH - 3
        assert 3 <= text[0] <= text[2] <= WIDTH - 3
        assert 3 <= name[1] <= name[3] <= text[1] <= text[3] <= 50
        assert 120 <= address[1] <= address[3] <= HEIGHT


def _decode_qr(page: Any, svg: str) -> str:
    """Returns the decoded text of the card, rendered at four dots a millimetre."""
    size = (4 * WIDTH, 4 * HEIGHT)
    page.set_content("<title></title>")
    page.evaluate("drawn => { document.title = drawn }", svg)
    dots = b64decode(page.evaluate(GREYSCALE_SCRIPT, size))
    [barcode] = zxingcpp.read_barcodes(memoryview(dots).cast("B", (size[1], size[0])))
    return str(barcode.text)


def _text_boxes(page: Any, svg: str) -> list[list[float]]:
    """Returns left, top, right and bottom of each text in millimetres."""
    page.set_content(svg)
    edges: list[list[float]] = page.evaluate(
        "[...document.querySelectorAll('text')].map(one => one.getBBox())"
        ".map(box => [box.x, box.y, box.x + box.width, box.y + box.height])"
    )
    return edges
