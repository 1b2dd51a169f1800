"""The block `sendgrid:` of config.yaml."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from mail.config import Sending
from mail.senders.factory import create_sender
from mail.senders.outbox.sender import OutboxSender
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import SendGridSender
from settings.model import ConfigModel
from settings.schema import json_schema
from settings.yaml.load import ConfigError, load_config


class SendingOnly(ConfigModel):
    """As much of config.yaml as is needed here."""

    sending: Sending


ReadConfig = Callable[..., Sending]
KEY = "SG.look-alike.corner-cafe"


@pytest.fixture
def read_docstring(request: pytest.FixtureRequest, tmp_path: Path) -> ReadConfig:
    """Reads the test's docstring as config.yaml, and validates it with the JSON Schema."""
    path = tmp_path / "config.yaml"
    path.write_text(inspect.getdoc(request.function) or "", encoding="utf-8")

    def read_it(api_key: str = KEY) -> Sending:
        sending = load_config(path, SendingOnly, environ={"SENDGRID_API_KEY": api_key}).sending
        Draft202012Validator(json_schema(SendingOnly)).validate(yaml.safe_load(path.read_text()))
        return sending

    return read_it


def test_through_sendgrid_its_sender_sends(read_docstring: ReadConfig, tmp_path: Path) -> None:
    """
    sending:
      through: sendgrid
      from: Ana <ana@cornercafe.example>
      sendgrid: {api key: $SENDGRID_API_KEY, region: eu, mails per request: 500}
    """
    sending = read_docstring()
    account = sending.block(SendGrid)
    assert account
    assert account.mails_per_request == 500
    sender = create_sender(sending, base_folder=tmp_path)
    assert isinstance(sender, SendGridSender)
    assert sender.address == "https://api.eu.sendgrid.com"


def test_the_account_may_stay_while_it_is_rehearsed(
    read_docstring: ReadConfig, tmp_path: Path
) -> None:
    """
    sending:
      from: Ana <ana@cornercafe.example>
      sendgrid: {api key: $SENDGRID_API_KEY}
    """
    sending = read_docstring()
    account = sending.block(SendGrid)
    assert account
    assert account.mails_per_request == 250
    assert isinstance(create_sender(sending, base_folder=tmp_path), OutboxSender)


def test_a_sandbox_on_this_machine_needs_no_tls(read_docstring: ReadConfig, tmp_path: Path) -> None:
    """
    sending:
      through: sendgrid
      from: Ana <ana@cornercafe.example>
      sendgrid: {api key: $SENDGRID_API_KEY, address: "http://127.0.0.1:8025/"}
    """
    sender = create_sender(read_docstring(), base_folder=tmp_path)
    assert isinstance(sender, SendGridSender)
    assert sender.address == "http://127.0.0.1:8025"


def test_without_an_account_nothing_can_go(read_docstring: ReadConfig) -> None:
    """
    sending: {through: sendgrid, from: Ana <ana@cornercafe.example>}
    """
    with pytest.raises(ConfigError, match=r"sendgrid: \{api key: \$SENDGRID_API_KEY\}"):
        read_docstring()


def test_every_mistake_is_explained_without_the_key(read_docstring: ReadConfig) -> None:
    """
    sending:
      through: sendgrid
      from: Ana <ana@cornercafe.example>
      sendgrid: {api key: $SENDGRID_API_KEY, region: us, mails per request: 1001, address: "http://x.example"}
    """
    with pytest.raises(ConfigError) as error:
        read_docstring("SG.secret\nBcc: x")
    message = str(error.value)
    assert "The key holds a space or another character no key has." in message
    assert "Write a number from 1 to 1000, like 250." in message
    assert "Write https://: customers' data does not travel in the open." in message
    assert '"us"' in message
    assert "SG.secret" not in message


@pytest.mark.parametrize("number", ["0", "-1", "two", "2.5", "10000"])
def test_what_is_no_number_of_mails_is_refused(tmp_path: Path, number: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "sending: {from: Ana <ana@cornercafe.example>, sendgrid: "
        f"{{api key: $SENDGRID_API_KEY, mails per request: {number}}}}}"
    )
    with pytest.raises(ConfigError, match="Write a number from 1 to 1000"):
        load_config(path, SendingOnly, environ={"SENDGRID_API_KEY": KEY})
