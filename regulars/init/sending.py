"""Asks how mail shall go later; the sender asks for what it needs, and tries it at once."""

from __future__ import annotations

from mail.senders.interview import SendingChoice
from mail.senders.registry import get_provider
from regulars.init import parse_answers, questions
from regulars.init.probe import World
from regulars.init.terminal_user import Owner

REHEARSAL_ONLY = SendingChoice("")


def ask_sending(owner: Owner, world: World) -> SendingChoice:
    """The sender that the owner chose, with its settings; without a name, none was chosen."""
    provider = get_provider(owner.answer(questions.SEND_THROUGH, parse_answers.sender))
    if provider.config_model is None:
        return REHEARSAL_ONLY
    return provider.interview(
        owner,
        lambda account: owner.once(
            (provider.name, account),
            lambda: provider.try_login(account, world.check_context),
        ),
    )
