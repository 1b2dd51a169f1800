"""The facts of `if` and `unless` in config.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.model import ConfigModel
from settings.text.column_name import ColumnName
from settings.text.text_condition import TextCondition
from settings.values import Comparison


class Facts(ConfigModel):
    """Conditions on a customer; all of them must hold."""

    visits: Comparison | None = None
    orders: Comparison | None = None
    total_spent: Comparison | None = None
    cart_total: Comparison | None = None
    points: Comparison | None = None
    csat: Comparison | None = None
    nps: Comparison | None = None
    tags: list[str] | None = None
    my: Annotated[
        dict[ColumnName, TextCondition] | None,
        Field(description="Columns of your own, as `my columns` of a source names them."),
    ] = None
