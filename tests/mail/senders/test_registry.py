"""Each sender is declared in its own folder, and no other product code names SendGrid."""

from __future__ import annotations

import email
import email.policy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mail.config import Sending
from mail.senders.names import REHEARSAL, names_in_words
from mail.senders.provider import Provider
from mail.senders.registry import get_provider, provider_names, providers
from settings.model import ConfigModel
from tests.cafe import FILE
from tests.flows.processes import environment

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
RULES = """
rules:
  cart:
    when: cart abandoned
    for: 3 hours
    then:
      - send: cart-reminder
"""


def with_pigeons(options: str) -> str:
    return FILE.replace("sending:\n", f"sending:\n  through: pigeon\n{options}") + RULES


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "tests" / "mail" / "senders" / "extra_sender.py"
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_sender_in_a_folder_of_its_own_delivers_a_mail(tmp_path: Path) -> None:
    """No file of the product is changed: config, sender and check come from the folder."""
    (tmp_path / "config.yaml").write_text(with_pigeons("  pigeon: {loft: roof}\n"))
    checked = run(tmp_path, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ran = run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "The loft roof is open."
    [path] = (tmp_path / "roof").glob("*.eml")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "Clara <clara@example.com>"


def test_mistakes_in_its_block_are_explained(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(with_pigeons("  pigeon: {loft: roof, most mial: 3}\n"))
    checked = run(tmp_path, "check")
    assert checked.returncode != 0
    assert 'Did you mean "most mails"?' in checked.stdout + checked.stderr
    (tmp_path / "config.yaml").write_text(with_pigeons(""))
    checked = run(tmp_path, "check")
    assert "write which loft: pigeon: {loft: roof}." in checked.stdout + checked.stderr


def test_the_rehearsal_is_the_first_sender() -> None:
    assert provider_names()[0] == REHEARSAL
    assert not get_provider(REHEARSAL).reaches_people
    assert names_in_words().startswith("outbox, ")
    assert REHEARSAL not in names_in_words(rehearsal=False)


@pytest.mark.parametrize("provider", providers(), ids=provider_names())
def test_a_sender_is_named_like_its_folder_and_has_a_block(provider: Provider[ConfigModel]) -> None:
    module = type(provider).__module__
    assert module == f"mail.senders.{provider.name}.provider"
    has_block = provider.name in Sending.model_fields
    assert has_block == (provider.config_model is not None)
    assert bool(provider.missing_block) == has_block


def test_an_unknown_sender_is_an_error() -> None:
    with pytest.raises(KeyError):
        get_provider("smoke-signals")


def test_no_other_product_code_names_sendgrid() -> None:
    own = (ROOT / "mail" / "senders" / "sendgrid", ROOT / "sandbox")
    files = [
        file
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if "migrations" not in file.parts and not file.is_relative_to(own[0])
        and not file.is_relative_to(own[1])
    ]  # fmt: skip
    naming = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if "sendgrid" in line.lower()
    ]
    assert naming == []
    assert len(files) > 300
