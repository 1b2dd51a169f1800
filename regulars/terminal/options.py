"""Options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from settings.errors import WrongUsageError

TIME_FORMAT_HELP = "a date, a time and its zone, like 2026-03-03T10:00:00+00:00"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Another time than now: 2026-03-03T10:00:00+00:00"),
]
Because = Annotated[str, typer.Option(metavar="TEXT", help="Why, kept with it.")]
Customer = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="An e-mail address, a number, or a phone.")
]
OwnerPort = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Of your own pages; 8801, or as the file says."),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Of the pages; 0 takes any free one.")]


def parse_at(text: str | None) -> datetime:
    """Returns the time that `--at` names, in UTC; the current time if `text` is None.

    Raises WrongUsageError if `text` is not a date, a time and a zone.
    """
    if text is None:
        return datetime.now(UTC)
    time = parse_time(text)
    if time is None:
        raise WrongUsageError(f"--at {text}: write {TIME_FORMAT_HELP}.")
    return time


def parse_time(text: str) -> datetime | None:
    """Returns an ISO 8601 date and time with a zone in UTC; None if `text` is not one."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_usable = time.tzinfo is not None and 1970 < time.year < 2200
    return time.astimezone(UTC) if is_usable else None


def parameter_name(option: str) -> str:
    """Return the parameter that an option fills: smtp_user for --smtp-user."""
    return option.removeprefix("--").replace("-", "_")


def with_options(
    options: Mapping[str, Mapping[str, Any]],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds options not known when the command is written.

    `options` are annotations by parameter name, grouped by the parameter before which they appear
    in the help. Each is optional; the command gets them through its `**` parameter.
    """

    def extend(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def extended(**arguments: Any) -> None:
            command(**arguments)

        hints = get_type_hints(command, include_extras=True)
        parameters: list[inspect.Parameter] = []
        for name, parameter in inspect.signature(command).parameters.items():
            added = options.get(name, {})
            hints |= added
            parameters += [_keyword(*option) for option in added.items()]
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                parameters.append(_keyword(name, hints[name], parameter.default))
        extended.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # for typer
        extended.__annotations__ = hints
        return extended

    return extend


def _keyword(name: str, annotation: Any, default: Any = None) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
