"""All value types of config.yaml in one place, for use as field types of models."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from settings.addresses import EmailAddress, NamedAddress, WebAddress
from settings.comparisons import Comparison, Op
from settings.days import ClosedOn
from settings.durations import LeadTime, Length
from settings.env_values import EnvText, HeaderSecret, OrEnvName, Secret
from settings.limits import AskAbove, DailyLimit, EmailLimit
from settings.names import CountryCode, CurrencyCode, Slug, YesNo, ZoneName
from settings.text.hidden_characters import reject_hidden_characters, reject_line_breaks
from settings.times import HoursOfDay, TimeOfDay

OneLine = Annotated[str, AfterValidator(reject_line_breaks)]
VisibleText = Annotated[str, AfterValidator(reject_hidden_characters)]

__all__ = [
    "AskAbove",
    "ClosedOn",
    "Comparison",
    "CountryCode",
    "CurrencyCode",
    "DailyLimit",
    "EmailAddress",
    "EmailLimit",
    "EnvText",
    "HeaderSecret",
    "HoursOfDay",
    "LeadTime",
    "Length",
    "NamedAddress",
    "OneLine",
    "Op",
    "OrEnvName",
    "Secret",
    "Slug",
    "TimeOfDay",
    "VisibleText",
    "WebAddress",
    "YesNo",
    "ZoneName",
]
