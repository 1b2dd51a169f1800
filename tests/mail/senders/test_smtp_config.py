"""The block `smtp:` of config.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnerConfig, load_owner_config
from mail.senders.factory import create_sender
from mail.senders.outbox.sender import OutboxSender
from mail.senders.smtp.config import Encryption, Smtp
from mail.senders.smtp.sender import SmtpSender
from settings.yaml.load import ConfigError

SHOP = """\
shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
       reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
"""
ENVIRON = {"SMTP_USER": "corner-cafe", "SMTP_PASSWORD": "granola"}


def read_config(folder: Path, sending: str) -> OwnerConfig:
    path = folder / "config.yaml"
    path.write_text(f"{SHOP}sending: {{from: Ana <ana@cornercafe.example>, {sending}}}\n")
    return load_owner_config(path, ENVIRON)


def refusal(folder: Path, sending: str) -> str:
    with pytest.raises(ConfigError) as error:
        read_config(folder, sending)
    return str(error.value)


def test_a_whole_block_is_understood(tmp_path: Path) -> None:
    block = (
        "server: smtp.example.com, port: 2525, encryption: tls, user: $SMTP_USER,"
        " password: $SMTP_PASSWORD"
    )
    smtp = read_config(tmp_path, f"through: smtp, smtp: {{{block}}}").sending.block(Smtp)
    assert smtp
    assert (smtp.server, smtp.effective_port, smtp.effective_encryption) == (
        "smtp.example.com",
        2525,
        "tls",
    )
    assert smtp.user == "corner-cafe"
    assert smtp.password
    assert smtp.password.reveal() == "granola"
    assert "granola" not in repr(smtp)


@pytest.mark.parametrize(
    ("port", "encryption", "effective_port", "effective_encryption"),
    [
        (None, None, 587, "starttls"),
        (465, None, 465, "tls"),
        (587, None, 587, "starttls"),
        (25, None, 25, "starttls"),
        (None, "tls", 465, "tls"),
        (None, "starttls", 587, "starttls"),
        (None, "none", 25, "none"),
        (465, "starttls", 465, "starttls"),
        (2525, "tls", 2525, "tls"),
    ],
)
def test_defaults_depend_on_port_and_encryption(
    port: int | None, encryption: Encryption | None, effective_port: int, effective_encryption: str
) -> None:
    account = Smtp(server="localhost", port=port, encryption=encryption)
    assert (account.effective_port, account.effective_encryption) == (
        effective_port,
        effective_encryption,
    )


@pytest.mark.parametrize("server", ["localhost", "127.0.0.1", "127.8.8.8", "'::1'"])
def test_a_server_on_this_machine_needs_no_encryption(server: str, tmp_path: Path) -> None:
    config = read_config(tmp_path, f"through: smtp, smtp: {{server: {server}, encryption: none}}")
    assert config.sending.block(Smtp)


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("server: smtp.example.com, encryption: none", "lets everybody on the way read along"),
        ("server: 192.168.1.9, encryption: none", "none is only for a server on this machine"),
        ("server: x.example, user: $SMTP_USER", "user and password go together"),
        ("server: x.example, password: $SMTP_PASSWORD", "user and password go together"),
        ("server: x.example, user: a, password: granola", "Write $PASSWORD here"),
        ("server: 'x.example:587'", "Write server: x.example and port: 587."),
        ("server: 'smtp://x.example:587'", "Write server: x.example and port: 587."),
        ("server: smtp example com", "Write the name of the server alone"),
        ("server: x.example, port: 0", "Write 1 or more."),
        ("server: x.example, port: 70000", "Write 65535 or less."),
        ("server: x.example, port: mail", "Write a whole number"),
        ("server: x.example, encryption: ssl", "starttls, tls"),
        ("server: x.example, encrypton: tls", 'Did you mean "encryption"?'),
    ],
)
def test_a_mistake_is_explained_with_what_to_write(
    block: str, sentence: str, tmp_path: Path
) -> None:
    message = refusal(tmp_path, f"through: smtp, smtp: {{{block}}}")
    assert sentence in message
    assert "granola" not in message


def test_a_way_without_its_block_is_a_mistake(tmp_path: Path) -> None:
    message = refusal(tmp_path, "through: smtp")
    assert "write which server: smtp: {server: smtp.example.com}" in message


def test_one_word_switches_between_rehearsal_and_the_server(tmp_path: Path) -> None:
    block = "smtp: {server: smtp.example.com}"
    rehearsing = create_sender(read_config(tmp_path, block).sending, base_folder=tmp_path)
    live = create_sender(
        read_config(tmp_path, f"through: smtp, {block}").sending, base_folder=tmp_path
    )
    assert isinstance(rehearsing, OutboxSender)
    assert isinstance(live, SmtpSender)
    assert (rehearsing.reaches_people, live.reaches_people) == (False, True)
    assert list(tmp_path.iterdir()) == [tmp_path / "config.yaml"]
