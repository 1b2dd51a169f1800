"""The owner's words for `sign up:`: what people say yes to on the shop's own page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.limits import EmailLimit
from settings.words import Words

Asked = Literal["first name", "birthday"]


class SignUpPage(Words):
    """Without it there is no such page."""

    says: Annotated[
        str | None,
        Field(description="The sentence people say yes to; made of the shop's name when absent."),
    ] = None
    ask_for: Annotated[
        tuple[Asked, ...],
        Field(description="What is asked beside the e-mail address; nobody has to answer it."),
    ] = ()


def sentence(page: SignUpPage, shop: str, limit: EmailLimit | None) -> str:
    """What they will get and how often, and that they may leave."""
    if page.says:
        return page.says
    often = f", {limit} at most" if limit else ""
    return (
        f"{shop} may write to me: news, offers and reminders by e-mail{often}. "
        "I can leave at any time, with the link at the end of every mail."
    )
