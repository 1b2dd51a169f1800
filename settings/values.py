"""All value types of config.yaml in one place, for use as field types of models."""

from __future__ import annotations

from settings.addresses import EmailAddress, NamedAddress, WebAddress
from settings.comparisons import Comparison, Op
from settings.days import ClosedOn
from settings.durations import LeadTime, Length
from settings.env_values import EnvText, HeaderSecret, OrEnvName, Secret
from settings.limits import AskAbove, DailyLimit, EmailLimit
from settings.names import CountryCode, CurrencyCode, Slug, YesNo, ZoneName
from settings.times import HoursOfDay, TimeOfDay

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
    "Op",
    "OrEnvName",
    "Secret",
    "Slug",
    "TimeOfDay",
    "WebAddress",
    "YesNo",
    "ZoneName",
]
