"""`regulars inspect`: says what files are and what would be read of them; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json


def command(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, a folder, or a zip as it is.")
    ],
    country: Annotated[
        str | None, typer.Option(metavar="NAME", help="Portugal, or PT, where there is no shop.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Where the files do not say it.")
    ] = None,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Say what files are, what would be read of them, what not and why. Nothing is written.

    Example: regulars inspect customers.csv orders.csv
    """
    run(context.obj, files, country=country, currency=currency, as_json=as_json, now=parse_at(at))


def run(
    config: Path,
    names: Sequence[str],
    *,
    country: str | None,
    currency: str | None,
    as_json: bool,
    now: datetime,
) -> None:
    """Print what the files `names` hold, one by one and together.

    The shop at `config` says country, currency and clock, if there is one.
    """
    from regulars.inspection import output
    from regulars.inspection.inspection import inspect_files
    from regulars.inspection.joint_reach import joint_reach
    from regulars.inspection.shop_context import find_context

    shop, folder = find_context(config, country, currency), Path.cwd()
    files = inspect_files(names, folder, shop, now)
    joint = joint_reach(files, folder, shop, now) if any(file.report for file in files) else None
    if as_json:
        print_json(output.as_json(files, joint))
        return
    output.print_files(files)
    if joint:
        output.print_joint(joint)
