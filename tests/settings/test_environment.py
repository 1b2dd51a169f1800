from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings.environment import keep, load
from settings.errors import OwnersFileTrouble


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_without_a_file_there_is_only_the_real_environment(config: Path) -> None:
    assert load(config, {"A": "1"}) == {"A": "1"}


def test_the_real_environment_wins(config: Path) -> None:
    (config.parent / ".env").write_text("A=kept\nB='two words'\nexport C=3\nD\n")
    assert load(config, {"A": "real"}) == {"A": "real", "B": "two words", "C": "3"}


def test_a_dollar_in_a_secret_stays_a_dollar(config: Path) -> None:
    (config.parent / ".env").write_text("A=pa$B${B}\nB=x\n")
    assert load(config, {})["A"] == "pa$B${B}"


def test_the_folder_may_be_named_instead_of_the_file(config: Path) -> None:
    keep(config, "A", "1")
    assert load(config.parent, {}) == {"A": "1"}


def test_only_the_owner_may_read_what_is_kept(config: Path) -> None:
    env = config.parent / ".env"
    env.write_text("OLD=1")
    env.chmod(0o644)
    keep(config, "NEW", "2")
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert load(config, {}) == {"OLD": "1", "NEW": "2"}
    assert list(config.parent.iterdir()) == [env]


def test_keeping_again_replaces_the_value_and_leaves_the_rest(config: Path) -> None:
    env = config.parent / ".env"
    env.write_text("# The till\nTOKEN=old\n\nexport OTHER='a b'\nTOKEN=older\n")
    keep(config, "TOKEN", "new")
    assert env.read_text() == "# The till\n\nexport OTHER='a b'\nTOKEN='new'\n"


def test_a_link_is_followed(config: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    real.write_text("A=1\n")
    (tmp_path / ".env").symlink_to(real)
    keep(config, "B", "2")
    assert (tmp_path / ".env").is_symlink()
    assert load(config, {}) == {"A": "1", "B": "2"}


def test_what_cannot_be_kept_is_refused(config: Path) -> None:
    with pytest.raises(OwnersFileTrouble, match="cannot name a value"):
        keep(config, "A B", "1")
    with pytest.raises(OwnersFileTrouble, match="cannot keep"):
        keep(config, "A", "1\0")
    assert not (config.parent / ".env").exists()


def test_an_unreadable_file_is_a_sentence(config: Path) -> None:
    (config.parent / ".env").write_bytes(b"A=\xff")
    with pytest.raises(OwnersFileTrouble, match="is not UTF-8 text"):
        load(config, {})


def test_a_folder_in_its_place_is_a_sentence(config: Path) -> None:
    (config.parent / ".env").mkdir()
    with pytest.raises(OwnersFileTrouble, match="cannot be read"):
        load(config, {})


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_what_is_kept_is_what_is_loaded(config: Path, value: str) -> None:
    keep(config, "SECRET", value)
    assert load(config, {}) == {"SECRET": value}
