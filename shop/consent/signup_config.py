"""The keys of `sign up:` in config.yaml: the page on which people opt in."""

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

MAX_WORDING_LENGTH = 1_000  # characters; shown above the button and in the mail

Question = Literal["first name", "birthday"]


class SignUpPage(ConfigModel):
    """The sign-up page; without this section there is none."""

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
    """The sentence people agree to: the owner's, or one made of `shop` and the mail `limit`."""
    if page.says:
        return page.says
    frequency = f", {limit} at most" if limit else ""
    return (
        f"{shop} may write to me: news, offers and reminders by e-mail{frequency}. "
        "I can leave at any time, with the link at the end of every mail."
    )


def check_signup_settings(plain: Plain) -> Iterable[Violation]:
    """Yields an error where the page has no public address, or a source bears its reserved name."""
    file = _mapping(plain)
    if "sign up" not in file:
        return
    if "public address" not in _mapping(file.get("shop")):
        yield Violation(("sign up",), NO_PUBLIC_ADDRESS, at="key")
    if SIGNUP_SOURCE in _mapping(file.get("sources")):
        yield Violation(("sources", SIGNUP_SOURCE), SOURCE_NAME_TAKEN, at="key")


def _mapping(plain: object) -> Mapping[str, Any]:
    return plain if isinstance(plain, dict) else {}
