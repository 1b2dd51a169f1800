"""The `pages:` block: the passcode is a reference, and an address is https without a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnerConfig, load_owner_config
from settings.errors import RegularsError
from tests.cafe import FILE

PASSCODE = {"REGULARS_PASSCODE": "three green apples"}


def load(folder: Path, block: str, environ: dict[str, str] | None = None) -> OwnerConfig:
    path = folder / "config.yaml"
    path.write_text(f"{FILE}\npages: {block}\n")
    return load_owner_config(path, PASSCODE if environ is None else environ)


def test_the_passcode_comes_from_the_environment(tmp_path: Path) -> None:
    pages = load(tmp_path, "{passcode: $REGULARS_PASSCODE, port: 8802}").pages
    assert pages
    assert pages.passcode
    assert pages.passcode.reveal() == "three green apples"
    assert pages.port == 8802
    assert "apples" not in repr(pages)


def test_a_passcode_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for literal in ("three green apples", "12345678", '"a$b"', "[a, b]"):
        with pytest.raises(RegularsError) as raised:
            load(tmp_path, f"{{passcode: {literal}}}")
        assert "Write $REGULARS_PASSCODE here" in str(raised.value)
        assert "apples" not in str(raised.value)
    assert "does not belong into this file" in str(raised.value)


@pytest.mark.parametrize(
    ("block", "environ", "sentence"),
    [
        ("{passcode: $REGULARS_PASSCODE}", {}, "$REGULARS_PASSCODE is not set"),
        ("{passcode: $REGULARS_PASSCODE}", {"REGULARS_PASSCODE": "1234"}, "at least 8 characters"),
        ("{port: 0}", None, "port"),
        ("{port: 70000}", None, "port"),
        ("{listen on: shop.local}", None, "an IP address of this machine"),
        ("{listen on: 0.0.0.0}", None, "pages need a passcode"),
        ("{address: 'http://owner.example'}", None, "https://owner.example.com"),
        ("{address: 'https://owner.example/shop'}", None, "without a path"),
        ("{address: 'https://ana@owner.example'}", None, "without a path"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    tmp_path: Path, block: str, environ: dict[str, str] | None, sentence: str
) -> None:
    with pytest.raises(RegularsError, match="to fix") as raised:
        load(tmp_path, block, environ)
    assert sentence in str(raised.value)


def test_an_address_is_kept_as_browsers_send_it(tmp_path: Path) -> None:
    pages = load(tmp_path, "{address: 'https://Owner.Example/'}").pages
    assert pages
    assert pages.address == "https://owner.example"
