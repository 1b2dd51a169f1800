"""Reading and writing .env beside config.yaml."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings.environment import load_environment, save_env_value
from settings.errors import OwnerFileError
from tests.examples import examples


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_without_a_file_there_is_only_the_real_environment(config: Path) -> None:
    assert load_environment(config, {"A": "1"}) == {"A": "1"}


def test_the_real_environment_wins(config: Path) -> None:
    (config.parent / ".env").write_text("A=kept\nB='two words'\nexport C=3\nD\n")
    assert load_environment(config, {"A": "real"}) == {"A": "real", "B": "two words", "C": "3"}


def test_a_dollar_in_a_secret_stays_a_dollar(config: Path) -> None:
    (config.parent / ".env").write_text("A=pa$B${B}\nB=x\n")
    assert load_environment(config, {})["A"] == "pa$B${B}"


@pytest.mark.parametrize("line", ["A=abc #123", "export A=two words #1", " A = x #y # z"])
def test_a_sign_that_would_cut_off_a_value_is_asked_about(config: Path, line: str) -> None:
    (config.parent / ".env").write_text(f"B=1\n{line}\n")
    with pytest.raises(OwnerFileError, match=r"\.env:2: .* left out of A") as raised:
        load_environment(config, {})
    assert "123" not in str(raised.value)


@pytest.mark.parametrize(
    "line", ["A=abc#1", "A='abc #1'", 'A="abc #1"', "A=#abc", "A=1 # one", "#A=b #c"]
)
def test_a_comment_and_a_quoted_sign_are_no_mistake(config: Path, line: str) -> None:
    (config.parent / ".env").write_text(f"{line}\n")
    load_environment(config, {})


def test_the_folder_may_be_named_instead_of_the_file(config: Path) -> None:
    save_env_value(config, "A", "1")
    assert load_environment(config.parent, {}) == {"A": "1"}


def test_only_the_owner_may_read_the_env_file(config: Path) -> None:
    env = config.parent / ".env"
    env.write_text("OLD=1")
    env.chmod(0o644)
    save_env_value(config, "NEW", "2")
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert load_environment(config, {}) == {"OLD": "1", "NEW": "2"}
    assert list(config.parent.iterdir()) == [env]


def test_saving_again_replaces_the_value_and_leaves_the_other_lines(config: Path) -> None:
    env = config.parent / ".env"
    env.write_text("# The till\nTOKEN=old\n\nexport OTHER='a b'\nTOKEN=older\n")
    save_env_value(config, "TOKEN", "new")
    assert env.read_text() == "# The till\n\nexport OTHER='a b'\nTOKEN='new'\n"


def test_a_link_is_followed(config: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    real.write_text("A=1\n")
    (tmp_path / ".env").symlink_to(real)
    save_env_value(config, "B", "2")
    assert (tmp_path / ".env").is_symlink()
    assert load_environment(config, {}) == {"A": "1", "B": "2"}


def test_a_name_or_value_that_env_cannot_hold_is_refused(config: Path) -> None:
    with pytest.raises(OwnerFileError, match="cannot name a value"):
        save_env_value(config, "A B", "1")
    with pytest.raises(OwnerFileError, match="cannot keep"):
        save_env_value(config, "A", "1\0")
    assert not (config.parent / ".env").exists()


def test_an_unreadable_file_is_a_sentence(config: Path) -> None:
    (config.parent / ".env").write_bytes(b"A=\xff")
    with pytest.raises(OwnerFileError, match="is not UTF-8 text"):
        load_environment(config, {})


def test_a_folder_in_its_place_is_a_sentence(config: Path) -> None:
    (config.parent / ".env").mkdir()
    with pytest.raises(OwnerFileError, match="cannot be read"):
        load_environment(config, {})


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(100))
def test_a_saved_value_loads_unchanged(config: Path, value: str) -> None:
    save_env_value(config, "SECRET", value)
    assert load_environment(config, {}) == {"SECRET": value}
