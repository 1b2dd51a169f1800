"""The keys of `sign up:` in config.yaml: the page on which people opt in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from settings.limits import EmailLimit
from settings.model import ConfigModel
from settings.text.wording import OwnWording, Wording, wording_in
from settings.yaml.load import Plain, Violation
from templates.language import Language

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
        OwnWording | None,
        Field(description="The sentence people say yes to; made of the shop's name when absent."),
    ] = None
    ask_for: Annotated[
        tuple[Question, ...],
        Field(description="What is asked beside the e-mail address; nobody has to answer it."),
    ] = ()

    @field_validator("says")
    @classmethod
    def _check_length(cls, says: Wording | None) -> Wording | None:
        texts = [says or ""] if isinstance(says, str | None) else says.values()
        if any(len(text) > MAX_WORDING_LENGTH for text in texts):
            raise ValueError(f"This is too long: write at most {MAX_WORDING_LENGTH} characters.")
        return says


def consent_wording(
    page: SignUpPage, shop: str, limit: EmailLimit | None, language: Language, fallback: str
) -> str:
    """The sentence people agree to: the owner's in `language`, else in `fallback`; or one made of
    `shop` and the mail `limit`.
    """
    if page.says:
        return wording_in(page.says, language.code, fallback)
    sentences = language.sentences("sign_up")
    if limit is None:
        return str(sentences.SAYS.format(shop=shop))
    return str(sentences.SAYS_WITH_LIMIT.format(shop=shop, limit=limit_in_words(limit, language)))


def limit_in_words(limit: EmailLimit, language: Language) -> str:
    """Returns a `limit` in `language`: 2 emails per 7 days."""
    sentences, per = language.sentences("sign_up"), limit.per
    emails = language.plural(limit.count, sentences.EMAILS, one=sentences.EMAILS_ONE)
    lengths = sentences.PER_ONE if per.count == 1 else sentences.PER
    return f"{emails.format(count=limit.count)} {lengths[per.unit].format(count=per.count)}"


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
