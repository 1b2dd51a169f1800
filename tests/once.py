"""What comes to the same in every test is worked out once a worker: letters, and statements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, wraps
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from mail import prepared
from mail.letters import Letters
from mail.prepared import Prepared, Sheet, chain
from mail.shelf import TemplateMistake, Unreadable
from shop import database

STATEMENTS = 4_000  # an engine remembers 500, and the tests ask more than that


def make_letters_ready_once(patch: pytest.MonkeyPatch) -> None:
    """Its text alone decides what a template becomes: who writes another gets another letter."""
    patch.setattr(prepared, "_sheet", lru_cache(256)(prepared._sheet))
    patch.setattr(prepared, "_compiled", _by_files(prepared._compiled))
    patch.setattr(Letters, "mistakes", _by_words(Letters.mistakes))


def _by_files(compiled: Callable[[Sequence[Sheet]], Prepared]) -> Callable[..., Prepared]:
    known: dict[Any, Prepared] = {}

    @wraps(compiled)
    def once(sheets: Sequence[Sheet]) -> Prepared:
        files = tuple(sheet.file for sheet in sheets)
        if files not in known:
            known[files] = compiled(sheets)
        return known[files]

    return once


def _by_words(mistakes: Callable[..., list[TemplateMistake]]) -> Callable[..., Any]:
    known: dict[Any, list[TemplateMistake]] = {}

    @wraps(mistakes)
    def once(
        letters: Letters, name: str, *, has: Collection[str], with_: Collection[str]
    ) -> list[TemplateMistake]:
        try:
            files = tuple(sheet.file for sheet in chain(letters._shelf, name))
        except Unreadable:
            return mistakes(letters, name, has=has, with_=with_)
        words = (files, tuple(has), tuple(with_))
        if words not in known:
            known[words] = mistakes(letters, name, has=has, with_=with_)
        return list(known[words])

    return once


def put_statements_together_once(patch: pytest.MonkeyPatch) -> None:
    """Each test has a SQLite file of its own, and asks of it what all the others ask of theirs."""
    first = create_engine("sqlite://")
    first.connect().close()
    known: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    @wraps(create_engine)
    def made(*address: Any, **options: Any) -> Engine:
        engine = create_engine(*address, **options)
        if engine.dialect.name == first.dialect.name:
            engine.dialect = first.dialect  # what is put together is remembered with its dialect
        engine.update_execution_options(compiled_cache=known)
        return engine

    patch.setattr(database, "create_engine", made)
