"""The source block of a till at Square."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from connectors.source_config import SourceConfig, endpoint_validator
from settings.values import EnvText, HeaderSecret

PRODUCTION = "https://connect.squareup.com"


class SquareSource(SourceConfig):
    """A till at Square, with its customers, its loyalty programme and its appointments."""

    from_: Literal["square"]
    access_token: HeaderSecret
    # Only for a sandbox server.
    address: Annotated[EnvText, AfterValidator(endpoint_validator(PRODUCTION))] | None = None
