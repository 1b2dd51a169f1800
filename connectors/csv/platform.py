"""Platform declaration of CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.csv.config import CsvConfig, CsvCustomers, CsvOrders, CsvSource
from connectors.csv.feeds import FEEDS, choose_feeds
from connectors.csv.init import SETUP
from connectors.platform import Platform, SourceContext, SourceDescription
from connectors.source_config import SourceConfig
from settings.errors import OwnerFileError
from settings.model import nearest

if TYPE_CHECKING:
    from connectors.csv.connector import CsvConnector


def make_connector(source: CsvConfig, context: SourceContext) -> CsvConnector:
    """Return the connector of one file, which is looked for in the folder of config.yaml."""
    from connectors.csv.connector import CsvConnector

    check_lines_of(context.name, source, context.sources)
    return CsvConnector(
        source=context.name,
        path=table_path(context.folder, source),
        config=source,
        currency=context.currency,
        zone=context.zone,
        customers_of=customer_source(context.name, source, context.sources),
        country=context.country,
        youngest_age=context.youngest_age,
        has_lines_elsewhere=any(
            isinstance(other, CsvOrders) and other.lines_of == context.name
            for other in context.sources.values()
        ),
    )


def table_path(folder: Path, source: CsvConfig) -> Path:
    """Return the file in `folder`, with the name of the sheet of a workbook behind it."""
    path = folder / source.file
    return path if source.sheet is None else path / source.sheet


def customer_source(name: str, source: CsvConfig, sources: Mapping[str, SourceConfig]) -> str:
    """Return the name of the source whose customers a file of orders or answers refers to.

    Without `customers of:` it is the only list of customers, or the file itself.
    Raises `OwnerFileError` where `customers of:` names no source.
    """
    if isinstance(source, CsvCustomers):
        return name
    if source.customers_of is None:
        customer_lists = [
            source_name
            for source_name, config in sources.items()
            if isinstance(config, CsvCustomers)
        ]
        return customer_lists[0] if len(customer_lists) == 1 else name
    if source.customers_of in sources:
        return source.customers_of
    suggestion = nearest(source.customers_of, sources)
    hint = f' Did you mean "{suggestion}"?' if suggestion else f" There are: {', '.join(sources)}."
    raise OwnerFileError(
        f'sources → {name} → customers of: there is no source "{source.customers_of}".{hint}'
    )


def check_lines_of(name: str, source: CsvConfig, sources: Mapping[str, SourceConfig]) -> None:
    """Raise `OwnerFileError` where `lines of:` names no other file of orders."""
    if not isinstance(source, CsvOrders) or source.lines_of is None:
        return
    where = f"sources → {name} → lines of:"
    other = sources.get(source.lines_of)
    if other is None:
        suggestion = nearest(source.lines_of, sources)
        hint = f' Did you mean "{suggestion}"?' if suggestion else ""
        raise OwnerFileError(f'{where} there is no source "{source.lines_of}".{hint}')
    if source.columns.order is None:
        raise OwnerFileError(f"{where} name the column with the orders' numbers: order.")
    is_other = isinstance(other, CsvOrders) and source.lines_of != name and not other.lines_of
    if not is_other:
        raise OwnerFileError(f"{where} {source.lines_of} is no other file of orders.")


def describe(source: CsvConfig, context: SourceContext, now: datetime) -> SourceDescription:
    """Return how the file would be read and what would come of it."""
    from connectors.csv.preview import describe_file

    connector = make_connector(source, context)
    list_name = connector.customers_of
    customer_list = context.sources.get(list_name)
    if list_name == context.name or not isinstance(customer_list, CsvCustomers):
        return describe_file(connector, now)
    list_context = replace(context, name=list_name)
    return describe_file(connector, now, make_connector(customer_list, list_context))


PLATFORM = Platform(
    setup=SETUP,
    config=CsvSource,
    make_connector=make_connector,
    location=lambda source: f"in {source.file}",
    feeds=FEEDS,
    choose_feeds=choose_feeds,
    describe=describe,
)
