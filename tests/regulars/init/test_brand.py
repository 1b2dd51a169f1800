"""The question for colour and logo, and the `brand:` block that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.init import questions
from regulars.init.answers import BrandAnswers
from regulars.init.brand import parse_brand
from settings.brand.colour import NOT_A_COLOUR
from settings.brand.config import Brand
from settings.errors import WrongUsageError
from tests.regulars.init.scripted_owner import BASICS, Interview, check_config
from tests.regulars.init.test_scripted import scripted
from tests.settings.brand.pictures import png

GREEN = "#00aa55"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ana's folder with her logo, also under names with spaces and signs, and what is no logo."""
    shop_folder = tmp_path / "cafe"
    shop_folder.mkdir()
    for name in ("mark.png", "my mark.png", "it's: a #1.png"):
        (shop_folder / name).write_bytes(png(120, 40))
    (shop_folder / "mark.svg").write_text("<svg/>")
    (shop_folder / "large.png").write_bytes(png(120, 40) + bytes(100_000))
    (tmp_path / "outside.png").write_bytes(png(120, 40))
    return shop_folder


@pytest.mark.parametrize(
    ("text", "colour", "logo"),
    [
        ("", None, None),
        ("None", None, None),
        ("#0a5", GREEN, None),
        ("0A5", GREEN, None),
        ("mark.png", None, "mark.png"),
        ("./mark.png", None, "mark.png"),
        ("#0a5 mark.png", GREEN, "mark.png"),
        ("mark.png, 00aa55", GREEN, "mark.png"),
        ('"#00aa55" "mark.png"', GREEN, "mark.png"),
        ("my mark.png", None, "my mark.png"),
        ("0a5 my mark.png", GREEN, "my mark.png"),
        ("my mark.png 0a5", GREEN, "my mark.png"),
    ],
)
def test_one_answer_names_both_in_any_order(
    folder: Path, text: str, colour: str | None, logo: str | None
) -> None:
    assert parse_brand(text, folder) == BrandAnswers(colour, logo)


def test_a_path_into_the_folder_is_written_as_it_is_from_there(folder: Path) -> None:
    assert parse_brand(str(folder / "mark.png"), folder).logo == "mark.png"


REFUSED = [
    ("#0a", NOT_A_COLOUR),
    ("greenish mark.png", NOT_A_COLOUR),
    ("#0a5 mrk.png", 'There is no file mrk.png beside config.yaml. Did you mean "mark.png"?'),
    ("mark.svg", "mark.svg is an SVG drawing"),
    ("mark.webp", "mark.webp is no PNG, JPEG or GIF."),
    ("0a5 large.png", "large.png has 101 kB, and at most 100 fit a mail."),
    ("../outside.png", "lies outside the folder of config.yaml. Copy it there."),
    (f"0a5 {'é' * 190}.png", "cannot be read"),
    (f"{'é' * 190}.png", "cannot be read"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_no_use_gets_a_sentence_and_is_asked_again(
    folder: Path, text: str, sentence: str
) -> None:
    owner = Interview(folder, {questions.BRAND: [text, "0a5"]})
    assert owner.answer_all().brand == BrandAnswers(GREEN)
    assert sentence in owner.output


def test_a_folder_that_does_not_exist_yet_has_no_logo(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no file logo"):
        parse_brand("logo.png", tmp_path / "new")


def test_a_file_called_logo_is_proposed(folder: Path) -> None:
    (folder / "logo.png").write_bytes(png(120, 40))
    owner = Interview(folder)
    assert owner.answer_all().brand == BrandAnswers(None, "logo.png")
    assert [each.default for each in owner.asked_questions if each.number == 6] == ["logo.png"]
    assert Interview(folder, {questions.BRAND: ["none"]}).answer_all().brand == BrandAnswers()


def test_a_logo_that_is_no_use_is_not_proposed_and_the_reason_given(folder: Path) -> None:
    (folder / "logo.png").write_bytes(b"no picture")
    owner = Interview(folder)
    assert owner.answer_all().brand == BrandAnswers()
    assert "logo.png is no PNG, JPEG or GIF." in owner.output


def test_back_leads_to_the_question_and_from_it(folder: Path) -> None:
    owner = Interview(
        folder,
        {questions.BRAND: ["0a5", "back", "mark.png"], questions.OTHERS_MAIL: ["back", "none"]},
    )
    assert owner.answer_all().brand == BrandAnswers(None, "mark.png")
    texts = [question.text for question in owner.asked_questions]
    assert texts.count(questions.RUNS_ON.text) == 2


def test_options_answer_the_question(folder: Path) -> None:
    flags = {"--colour": ["0a5"], "--logo": ["mark.png"]}
    assert scripted(folder, flags).brand == BrandAnswers(GREEN, "mark.png")
    assert scripted(folder, {"--logo": ["mark.png"]}).brand == BrandAnswers(None, "mark.png")
    owner = Interview(folder)
    assert owner.answer_all({"--colour": ["0a5"]}).brand == BrandAnswers(GREEN)
    assert questions.BRAND.text not in [question.text for question in owner.asked_questions]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"--colour": ["grene"]}, "--colour: Write the colour as # and six digits"),
        ({"--logo": ["mark.svg"]}, "--logo: mark.svg is an SVG drawing"),
    ],
)
def test_a_wrong_option_is_refused(folder: Path, flags: dict[str, list[str]], message: str) -> None:
    with pytest.raises(WrongUsageError, match=message):
        scripted(folder, flags)


def test_a_script_is_asked_nothing_new_not_even_at_a_terminal(folder: Path) -> None:
    (folder / "logo.png").write_bytes(png(120, 40))
    flags = {question.flag: list(texts) for question, texts in BASICS.items()} | {
        "--csv": ["customers.csv"], "--others-mail": ["none"], "--send-through": ["outbox"],
        "--public-address": ["none"],
    }  # fmt: skip
    (folder / "customers.csv").write_text("Email,Newsletter\nana@example.com,yes\n")
    owner = Interview(folder)
    assert owner.answer_all(flags).brand == BrandAnswers()
    assert owner.asked_questions == []
    assert scripted(folder, flags).brand == BrandAnswers()


@pytest.mark.parametrize(
    ("text", "colour", "logo"),
    [
        ("0a5 my mark.png", GREEN, "my mark.png"),
        ("0a5", GREEN, None),
        ("it's: a #1.png", None, "it's: a #1.png"),
    ],
)
def test_the_block_has_what_was_answered(
    folder: Path, text: str, colour: str | None, logo: str | None
) -> None:
    brand = Interview(folder, {questions.BRAND: [text]}).write_config().brand
    assert brand is not None
    assert (brand.colour, brand.logo) == (colour, logo)


def test_the_rest_stands_there_as_a_comment_to_be_used(folder: Path) -> None:
    assert Interview(folder).write_config().brand is None
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("# brand:", "brand:"))
    (folder / "logo.png").write_bytes(png(120, 40))
    assert check_config(folder).brand == Brand(colour=GREEN, logo="logo.png")
