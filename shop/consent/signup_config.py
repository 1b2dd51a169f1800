"""The owner's words for `sign up:`: what people say yes to on the shop's own page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from settings.limits import EmailLimit
from settings.model import ConfigModel
from settings.yaml.load import Plain, Violation

SIGNUP_SOURCE = "sign-up"
NO_PUBLIC_ADDRESS = "A page needs an address: write public address: under shop:."
SOURCE_NAME_TAKEN = (
    "What people say on the sign-up page is kept under this name. Give your source another."
)

MAX_WORDING_LENGTH = 1_000  # characters: it is to be read, above the button and in the mail

Question = Literal["first name", "birthday"]


class SignUpPage(ConfigModel):
    """Without it there is no such page."""

    says: Annotated[
        str | None,
        Field(
            max_length=MAX_WORDING_LENGTH,
            description="The sentence people say yes to; made of the shop's name when absent.",
        ),
    ] = None
    ask_for: Annotated[
        tuple[Question, ...],
        Field(description="What is asked beside the e-mail address; nobody has to answer it."),
    ] = ()


def consent_wording(page: SignUpPage, shop: str, limit: EmailLimit | None) -> str:
    """What they will get and how often, and that they may leave."""
    if page.says:
        return page.says
    frequency = f", {limit} at most" if limit else ""
    return (
        f"{shop} may write to me: news, offers and reminders by e-mail{frequency}. "
        "I can leave at any time, with the link at the end of every mail."
    )


def check_signup_settings(plain: Plain) -> Iterable[Violation]:
    """The page must be somewhere; and what came from it must not pass for another source's."""
    file = _mapping(plain)
    if "sign up" not in file:
        return
    if "public address" not in _mapping(file.get("shop")):
        yield Violation(("sign up",), NO_PUBLIC_ADDRESS, at="key")
    if SIGNUP_SOURCE in _mapping(file.get("sources")):
        yield Violation(("sources", SIGNUP_SOURCE), SOURCE_NAME_TAKEN, at="key")


def _mapping(plain: object) -> Mapping[str, Any]:
    return plain if isinstance(plain, dict) else {}
