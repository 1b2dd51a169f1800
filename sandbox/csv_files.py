"""Writes the demo's CSV files: old customers and survey answers."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from sandbox.cafe import Cafe, cafe

OLD_CUSTOMERS = ("Zulmira", "Bento", "Celeste", "Duarte", "Eulália", "Firmino", "Graça", "Horácio")
ANSWERS = (
    (1, "I waited twenty minutes and the coffee came cold."),
    (2, "It was too loud to talk. A pity, we used to like the corner by the window."),
    (4, "Lovely as always."),
    (5, ""),
    (3, "Good beans, but the shop was out of the decaf again."),
)


def write_csv_files(folder: Path) -> list[Path]:
    """Write the files that `folder` does not have yet; returns their paths."""
    shop = cafe()
    files = {
        "old-customers.csv": (("Email", "First", "Birthday", "Newsletter"), _customers(shop)),
        "answers.csv": (("Email", "Answered", "Stars", "Comment"), _answers(shop)),
    }
    missing = {folder / name: table for name, table in files.items()}
    missing = {path: table for path, table in missing.items() if not path.exists()}
    for path, (header, rows) in missing.items():
        _write(path, header, rows)
    return list(missing)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def _customers(shop: Cafe) -> list[Sequence[str]]:
    """Return customers from before the online shop, some with a birthday in the coming days."""
    rng = random.Random(11)  # noqa: S311  # a seeded café, not a secret
    soon = [shop.now.date() + timedelta(days=ahead) for ahead in (3, 3, 4, 40)]
    return [
        (
            f"{name.lower().replace('á', 'a').replace('ç', 'c')}@example.org",
            name,
            f"{rng.choice((1958, 1971, 1984))}-{soon[number % 4]:%m-%d}",
            "no" if number % 5 == 4 else "yes",
        )
        for number, name in enumerate(OLD_CUSTOMERS)
    ]


def _answers(shop: Cafe) -> list[Sequence[str]]:
    """Return yesterday's survey answers of customers of the online shop."""
    emails = [customer.email for customer in shop.customers if customer.email][: len(ANSWERS)]
    return [
        (email, f"{shop.now - timedelta(hours=20 - number):%Y-%m-%d %H:%M}", str(stars), comment)
        for number, (email, (stars, comment)) in enumerate(zip(emails, ANSWERS, strict=True))
    ]
