"""The log handler of `regulars serve`: its format, and the secrets it redacts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from engine.open.open_shop import OpenShop
from regulars.terminal.log import JsonFormatter, LogFormat, Redactor, TextFormatter, make_handler
from settings.env_values import Secret

# For people, one sentence of our own says what failed; for machines, the libraries' lines too.
LIBRARY_LEVELS = {LogFormat.TEXT: logging.CRITICAL, LogFormat.JSON: logging.WARNING}


def serve_handler(shop: OpenShop, log_format: LogFormat, redactor: Redactor) -> logging.Handler:
    """Returns a handler on standard error that redacts with `redactor`.

    Uvicorn's and Prefect's levels follow `log_format`.
    """
    logging.getLogger("uvicorn").setLevel(LIBRARY_LEVELS[log_format])
    if log_format is LogFormat.JSON:
        return make_handler(JsonFormatter(redactor))
    return make_handler(TextFormatter(redactor, shop.config.shop.zone))


def prefect_log_settings(log_format: LogFormat) -> dict[str, str]:
    """Returns Prefect's environment settings for the level of its log."""
    return {"PREFECT_LOGGING_LEVEL": logging.getLevelName(LIBRARY_LEVELS[log_format])}


def secrets_of(shop: OpenShop) -> list[str]:
    """Returns the shop's own secret, those of its config, and the password of its database."""
    return [shop.secret, shop.engine.url.password or "", *config_secrets(shop.config)]


def config_secrets(node: object) -> Iterator[str]:
    """Yields the plain value of every secret in a config model, at any depth."""
    if isinstance(node, Secret):
        yield node.reveal()
    for child in _children(node):
        yield from config_secrets(child)


def _children(node: object) -> Iterable[object]:
    if isinstance(node, BaseModel):
        return [getattr(node, name) for name in type(node).model_fields]
    if isinstance(node, Mapping):
        return node.values()
    return node if isinstance(node, tuple | list) else ()
