"""What the owner should know about the languages of their customers and of their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from sqlalchemy import Connection, Select, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from mail.render.renderer import Renderer
from settings.countries import language_of
from settings.text.language_names import english_name, language_code, parse_language
from shop.tables import Customer
from templates.language import shipped_languages
from triggers.config import Branch, Send, Step

VALUES_OF_ALL_LANGUAGES = ("valid for", "phone")


def language_remarks(
    config: OwnerConfig, renderer: Renderer, readers: Mapping[str, int]
) -> Iterator[str]:
    """Yields a sentence for each thing that some customers read in another language than theirs.

    `readers` counts the customers by the code of the language they read (`count_readers`).
    """
    countrys = language_of(config.shop.country)
    if config.is_english_only and countrys in shipped_languages() and countrys != "en":
        name = english_name(countrys)
        yield (
            f"Your mail stays in English, as it was. To have it in {name}, write language: {name} "
            "under shop:."
        )
    if config.is_english_only:
        return
    for code, count in sorted(readers.items(), key=lambda reader: (-reader[1], reader[0])):
        if code != config.language.code and code in shipped_languages():
            yield from _remarks_about(config, renderer, code, count)


def _remarks_about(config: OwnerConfig, renderer: Renderer, code: str, count: int) -> Iterator[str]:
    sends = [send for rule in config.rules.values() for send in _sends(rule.then)]
    translated = [send for send in sends if _is_written_in(code, config, renderer, send.send)]
    customers = f"{count} customer reads" if count == 1 else f"{count} customers read"
    name, shops = english_name(code), english_name(config.language.code)
    if missing := dict.fromkeys(send.send for send in sends if send not in translated):
        names = ", ".join(missing)
        have, they = ("has", "one") if len(missing) == 1 else ("have", "ones")
        yield f"{customers} {name}; {names} {have} no {name}: they get the {shops} {they}."
    if words := dict.fromkeys(word for send in translated for word in _words_in_one(send, code)):
        yield (
            f"{customers} {name}; under with, {', '.join(words)} is in one language. Write "
            f"{{{config.language.code}: …, {code}: …}} where it has words."
        )


def _is_written_in(code: str, config: OwnerConfig, renderer: Renderer, template: str) -> bool:
    return renderer.mail_language(template, config.customer_language(code)).code == code


def _words_in_one(send: Send, code: str) -> Iterator[str]:
    """The names of values that are not given in this language."""
    for name, wording in (send.with_ or {}).items():
        is_written = not isinstance(wording, str) and code in wording
        if name not in VALUES_OF_ALL_LANGUAGES and not is_written:
            yield name


def _sends(steps: list[Step]) -> Iterator[Send]:
    for step in steps:
        if isinstance(step, Send):
            yield step
        elif isinstance(step, Branch):
            yield from _sends([*step.then, *step.else_])


def count_readers(connection: Connection) -> dict[str, int]:
    """Returns how many customers read each language, by its code; those of unknown ones are left
    out.
    """
    readers: Counter[str] = Counter()
    for tag, count in connection.execute(_readers_query()):
        if parsed := parse_language(tag):
            readers[language_code(parsed)] += count
    return dict(readers)


@cache
def _readers_query() -> Select[tuple[str, int]]:
    language = col(Customer.language)
    return select(language, func.count()).where(language.is_not(None)).group_by(language)  # type: ignore[return-value]  # not NULL
