"""What the files give together: a first sync into a shop that is removed at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select
from sqlmodel import col

from engine.open.open_shop import open_shop
from engine.reach import load_reach
from engine.sync.sync import sync_all
from regulars.init.answers import Answers
from regulars.init.write_files import write_shop_files
from regulars.inspection.inspection import InspectedFile
from regulars.inspection.shop_context import FALLBACK_CURRENCY, ShopContext
from shop.consent.reach import Reach
from shop.db.engine import read_transaction
from shop.tables import Order

ANY_COUNTRY = "IE"  # what depends on the country was decided before, or is not counted here


@dataclass(frozen=True)
class JointReach:
    """Reach, visits and what they came to, in minor units by currency; `currency` is the files'."""

    reach: Reach
    visits: int
    currency: str
    totals: Mapping[str, int]


def joint_reach(
    files: Sequence[InspectedFile], folder: Path, shop: ShopContext, now: datetime
) -> JointReach:
    """Return the reach of all that is read of `files`, with the visits and their sums.

    The same person in two files is counted once, and consent is decided as in a shop.
    """
    readable = [file for file in files if file.report]
    currency = next((file.report.currency for file in readable if file.report), FALLBACK_CURRENCY)
    answers = Answers(
        name="Inspection",
        country=shop.country or ANY_COUNTRY,
        currency=currency,
        timezone=shop.timezone,
        postal_address="-",
        e_mail="nobody@inspection.example",
        files=tuple(
            replace(
                file.csv_file, file=(folder / file.csv_file.file).absolute().as_posix(),
                name=file.name,
            )
            for file in readable
        ),
    )  # fmt: skip
    with TemporaryDirectory(prefix="regulars-inspect-") as scratch:
        config = Path(scratch) / "config.yaml"
        write_shop_files(config, answers)
        opened = open_shop(config)
        try:
            asyncio.run(sync_all(opened, now=now))
            with read_transaction(opened.engine) as connection:
                reach = load_reach(connection, opened.config, now=now)
                visits = (
                    select(col(Order.currency), func.count(), func.sum(col(Order.total)))
                    .where(col(Order.counts))
                    .group_by(col(Order.currency))
                )
                counts = [tuple(row) for row in connection.execute(visits)]
        finally:
            opened.engine.dispose()
    return JointReach(
        reach,
        visits=sum(int(count) for _, count, _ in counts),
        currency=currency,
        totals={code: int(total) for code, _, total in counts},
    )
