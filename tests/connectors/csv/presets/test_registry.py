"""Presets: found by their modules, told apart by headings and values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.csv import presets as package
from connectors.csv.guess.guess_config import ANSWER_ROLES, CUSTOMER_ROLES, ORDER_ROLES
from connectors.csv.presets.preset import Preset
from connectors.csv.presets.recognition import recognize_file
from connectors.csv.presets.registry import all_presets, find_preset, get_preset

ROLES = {"customers": CUSTOMER_ROLES, "orders": ORDER_ROLES, "answers": ANSWER_ROLES}
PIGEON = """
from connectors.csv.presets.preset import Preset

PRESETS = (
    Preset(
        name="pigeon-post", title="Pigeon: lofts", holds="customers",
        headings=("Loft", "Mail", "Rings", "Flights"), marks=("Loft", "Rings", "Flights"),
        needed=3, columns={"e-mail": ("Mail",), "customer": ("Loft",)},
    ),
)
"""


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A preset in one more file, and nothing else edited."""
    (tmp_path / "pigeon.py").write_text(PIGEON)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    all_presets.cache_clear()
    yield
    all_presets.cache_clear()


@pytest.mark.usefixtures("pigeon")
def test_a_preset_is_one_file_more(tmp_path: Path) -> None:
    (tmp_path / "lofts.csv").write_text("Flights,Loft,Mail,Rings\n3,L7,ana@example.com,blue\n")
    recognized = recognize_file(tmp_path / "lofts.csv", "lofts")
    assert (recognized.preset, recognized.columns) == (
        "pigeon-post", {"e-mail": "Mail", "customer": "Loft"},
    )  # fmt: skip


@pytest.mark.parametrize("preset", all_presets(), ids=lambda preset: preset.name)
def test_a_preset_recognises_its_own_headings_and_names_roles_that_exist(preset: Preset) -> None:
    file_name = "nonsubscribed_export.csv" if preset.file_name else "export.csv"
    assert find_preset(preset.headings, file_name) is preset
    assert set(preset.columns) <= set(ROLES[preset.holds])
    assert preset.page is None or preset.page.startswith("https://")
    assert preset.details_of is None or get_preset(preset.details_of)


def test_presets_have_names_of_their_own() -> None:
    names = [preset.name for preset in all_presets()]
    assert len(names) == len(set(names))


def test_headings_alone_do_not_make_an_export(tmp_path: Path) -> None:
    """Under Email stands no address, so it is no list of Shopify's customers."""
    (tmp_path / "odd.csv").write_text(
        "Email,Accepts Email Marketing,Total Spent,Total Orders,Tax Exempt\nyes,no,1,2,no\n"
    )
    recognized = recognize_file(tmp_path / "odd.csv", "odd")
    assert (recognized.preset, recognized.missing) == (None, ("e-mail",))


def test_a_column_that_the_owner_added_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "klaviyo.csv").write_text(
        "Email,Klaviyo ID,Email Marketing Consent,Profile Created On,Geburtstag,City\n"
        "ana@example.com,k1,SUBSCRIBED,2024-03-01,21.09.1990,Lisboa\n"
    )
    recognized = recognize_file(tmp_path / "klaviyo.csv", "klaviyo")
    assert recognized.preset == "klaviyo"
    assert recognized.columns["birthday"] == "Geburtstag"


def test_money_is_never_taken_from_another_column_of_the_export(tmp_path: Path) -> None:
    """Net Sales are not what was paid."""
    (tmp_path / "t.csv").write_text(
        "Date,Time,Gross Sales,Net Sales,Partial Refunds,Card,Transaction ID,Payment ID,PAN Suffix,"
        "Device Name,Event Type,Customer ID\n"
        "2026-02-01,10:00,$9.00,$9.00,$0.00,$9.00,t1,p1,1234,Till,Payment,C7\n"
    )
    recognized = recognize_file(tmp_path / "t.csv", "t")
    assert (recognized.preset, recognized.missing) == ("square-transactions", ("total",))


def test_who_has_not_subscribed_is_told_by_the_name_of_mailchimps_file(tmp_path: Path) -> None:
    preset = get_preset("mailchimp")
    assert preset
    row = ",".join("2024-01-01" if name.endswith("TIME") else "1" for name in preset.headings[1:])
    text = f"{','.join(preset.headings)}\nana@example.com,{row}\n"
    for name in ("subscribed_export.csv", "nonsubscribed_export.csv"):
        (tmp_path / name).write_text(text)
    subscribed, others = (recognize_file(path, "m") for path in sorted(tmp_path.iterdir())[::-1])
    assert subscribed.columns["consent"] == "CONFIRM_TIME"
    assert "consent" not in others.columns
    assert not others.is_opt_out_list


@pytest.mark.parametrize("preset", all_presets(), ids=lambda preset: preset.name)
def test_the_documentation_names_the_page_of_each_preset_or_says_untried(preset: Preset) -> None:
    text = (Path(__file__).parents[4] / "docs" / "sources.md").read_text()
    [row] = [line for line in text.splitlines() if line.startswith(f"| {preset.title} |")]
    assert f"]({preset.page}) |" in row if preset.page else row.endswith("| untried |")


def test_columns_of_the_owners_own_are_told_apart_from_those_of_the_program(
    tmp_path: Path,
) -> None:
    (tmp_path / "c.csv").write_text(
        "Customer ID,Email,Accepts Email Marketing,Accepts SMS Marketing,Total Spent,Total Orders,"
        "Tax Exempt,Tags,Allergies,Empty,Unsubscribed\n"
        "7,ana@example.com,yes,no,9.00,1,no,vip,nuts,,\n"
    )
    assert recognize_file(tmp_path / "c.csv", "c").own_columns == ("Tags", "Allergies")


def test_words_of_the_owner_go_before_the_date_of_a_yes(tmp_path: Path) -> None:
    """Mailchimp's three files in one, with a column of who may be mailed."""
    preset = get_preset("mailchimp")
    assert preset
    row = ",".join("2024-01-01" if name.endswith("TIME") else "1" for name in preset.headings[1:])
    (tmp_path / "all.csv").write_text(
        f"{','.join(preset.headings)},Estado\n"
        f"ana@example.com,{row},subscrito\nbruno@example.com,{row},cancelado\n"
    )
    columns = recognize_file(tmp_path / "all.csv", "all").columns
    assert (columns["consent"], columns["since"]) == ("Estado", "CONFIRM_TIME")


def test_an_opt_out_is_kept_where_the_headings_alone_are_those_of_orders(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(
        "Customer ID,Email,Accepts Email Marketing,Accepts SMS Marketing,Total Spent,Total Orders,"
        "Tax Exempt,Order number,Date,Total,Abgemeldet\n"
        "7,ana@example.com,yes,no,9.00,1,no,1,2026-02-01,9.00,ja\n"
    )
    recognized = recognize_file(tmp_path / "c.csv", "c")
    assert (recognized.preset, recognized.said_no) == ("shopify-customers", ("Abgemeldet",))
