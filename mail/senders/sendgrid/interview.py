"""The questions about an account at SendGrid in `regulars init`; each key is tried at once."""

from __future__ import annotations

from mail.senders.checks import CheckKind, CheckResult
from mail.senders.interview import Interviewer, SendingChoice, TryLogin, report_result
from mail.senders.sendgrid.config import SendGrid
from settings.questions import Question, api_key
from settings.values import Secret

KEY_NAME = "SENDGRID_API_KEY"
API_KEY = Question(
    "Your API key at SendGrid? (not shown)",
    key=KEY_NAME,
    default="",
    hint="Enter leaves SendGrid for later.",
)
QUESTIONS = (API_KEY,)


def ask_account(owner: Interviewer, try_login: TryLogin) -> SendingChoice:
    """Asks until SendGrid accepts a key; none leaves the block as a comment, for later."""
    while key := owner.answer(API_KEY, api_key):
        outcome, region = _try_key(key, try_login)
        if report_result(owner, outcome):
            return SendingChoice("sendgrid", config_options(region), {KEY_NAME: key})
    return SendingChoice("sendgrid", config_options("global"), later=True)


def config_options(region: str) -> tuple[str, ...]:
    """The entries of the block `sendgrid:` for an account in this `region`."""
    region_option = () if region == "global" else (f"region: {region}",)
    return (f"api key: ${KEY_NAME}", *region_option)


def _try_key(key: str, try_login: TryLogin) -> tuple[CheckResult, str]:
    """SendGrid's two regions do not know each other's keys: both are tried."""
    outcome = try_login(SendGrid(api_key=Secret(key)))
    if outcome.kind is CheckKind.OK:
        return outcome, "global"
    return try_login(SendGrid(api_key=Secret(key), region="eu")), "eu"
