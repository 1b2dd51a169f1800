"""Cross-field checks of config.yaml, run on the parsed document before the models are built."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path as Folder
from typing import Any, Literal

from mail.render.mail_facts import PARTS, CustomerFacts, fact_types
from mail.render.renderer import Renderer
from settings.countries import language_of
from settings.model import config_keys, nearest, yaml_key
from settings.text.column_name import template_name
from settings.text.language_names import is_language, language_code, parse_language
from settings.values import LeadTime, Length
from settings.yaml.load import Plain, Violation
from templates.language import ENGLISH, Language
from triggers.config import Rule
from triggers.durations import allowed_lateness
from triggers.event import Event
from triggers.facts.config import Facts
from triggers.registry import events

FACT_NEEDS = {"cart total": "cart", "csat": "answer", "nps": "answer"}
USUAL_INTERVAL = "longer than usual"
POINTS_FACT = "points"
NO_PROGRAMME = (
    "There are no points without a programme. Add loyalty: to the file, with "
    "programme: and the name of your till, or with earn: 1 point per 1."
)
Path = tuple[str | int, ...]


def check_durations(document: Plain) -> Iterable[Violation]:
    """Yield errors where a `when` lacks the duration it needs (`for` or `in`) or has another."""
    for name, rule in _rules(document):
        event = _event(rule)
        if event is None:
            continue
        for key in ("for", "in"):
            if event.needs == key and key not in rule:
                yield Violation(
                    ("rules", name, "when"),
                    f"when: {rule['when']} also needs {key}: a length of time, like 3 days.",
                )
            elif event.needs != key and key in rule:
                message = f"when: {rule['when']} has no {key}. Take the line out."
                yield Violation(("rules", name, key), message, at="key")
        if rule.get("for") == USUAL_INTERVAL and not event.allows_usual:
            message = f"when: {rule['when']} needs a length of time, like 3 hours."
            yield Violation(("rules", name, "for"), message)
        lead_time = _read_length(rule, "in")
        if lead_time and not lead_time.count and not event.by_calendar_day:
            message = f"With in: {lead_time} the mail would be too late. Write 1 day or more."
            yield Violation(("rules", name, "in"), message)


def check_facts(document: Plain) -> Iterable[Violation]:
    """A fact in a condition must exist for the rule's event: `cart total` needs a cart. Yields the
    errors.
    """
    for name, rule in _rules(document):
        event = _event(rule)
        for path, conditions in _conditions(rule, ("rules", name)):
            for fact in conditions:
                needed = FACT_NEEDS.get(fact)
                if event and needed and needed not in event.facts:
                    message = f"There is no {needed} in when: {rule['when']}, so no {fact}."
                    yield Violation((*path, fact), message, at="key")


def check_approval_times(document: Plain) -> Iterable[Violation]:
    """`approve within` must not exceed the time that the mail may be late. Yields the errors."""
    for name, rule in _rules(document):
        max_lateness = _max_lateness(rule)
        for path, step in _steps(rule.get("then"), ("rules", name, "then")):
            limit = _read_length(step, "approve within")
            if limit and max_lateness and limit.elapsed > max_lateness:
                lateness = ENGLISH.duration(max_lateness, largest="day")
                message = (
                    f"approve within: {limit} is longer than the mail may be late, which is "
                    f"{lateness} (at most late). Write less, or let it be later."
                )
                yield Violation((*path, "approve within"), message)


def _max_lateness(rule: Mapping[str, Any]) -> timedelta | None:
    """None where `when` is invalid."""
    if _event(rule) is None:
        return None
    lead_time, max_lateness = _read_length(rule, "in"), _read_length(rule, "at most late")
    return allowed_lateness(
        Rule.model_construct(when=rule["when"], in_=lead_time, at_most_late=max_lateness)
    )


def _read_length(mapping: Mapping[str, Any], key: str) -> Length | None:
    """None where the key is missing or unreadable, which another check reports."""
    try:
        return (LeadTime if key == "in" else Length).parse(mapping[key])
    except (KeyError, TypeError, ValueError):
        return None


def check_points(document: Plain) -> Iterable[Violation]:
    """Conditions and events about points need `loyalty:`. Yields at most one error per rule."""
    if "loyalty" in _mapping(document):
        return
    for name, rule in _rules(document):
        location = next(_points_paths(rule, ("rules", name)), None)
        if location:
            path, at = location
            yield Violation(path, NO_PROGRAMME, at=at)


def _points_paths(
    rule: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, Literal["key", "value"]]]:
    event = _event(rule)
    if event and event.needs_loyalty:
        yield (*path, "when"), "value"
    for condition_path, conditions in _conditions(rule, path):
        if POINTS_FACT in conditions:
            yield (*condition_path, POINTS_FACT), "key"
    if str(rule.get("stop when")).startswith(POINTS_FACT):
        yield (*path, "stop when"), "value"


def check_own_columns(document: Plain) -> Iterable[Violation]:
    """Yield errors where a name of `my columns` is a word already, and where a rule asks for a
    column that no source has.
    """
    words = {*config_keys(Facts), *map(yaml_key, fact_types(CustomerFacts))}
    for path, name in _own_columns(document):
        if name in words:
            message = f'"{name}" is a word of rules or e-mails already. Choose another name.'
            yield Violation((*path, name), message, at="key")
    names = sorted({name for _, name in _own_columns(document)})
    for rule_name, rule in _rules(document):
        for path, conditions in _conditions(rule, ("rules", rule_name)):
            for name in _mapping(conditions.get("my")):
                if name not in names:
                    yield Violation((*path, "my", name), _no_column(name, names), at="key")


def _own_columns(document: Plain) -> Iterator[tuple[Path, str]]:
    for source_name, source in _mapping(_mapping(document).get("sources")).items():
        columns = _mapping(_mapping(source).get("columns"))
        path = ("sources", source_name, "columns", "my columns")
        for name in _mapping(columns.get("my columns")):
            yield path, name


def _no_column(name: str, names: Collection[str]) -> str:
    if not names:
        return (
            f'There is no column "{name}": no source has my columns. Add it to columns: of a file '
            f"of customers, like my columns: {{{name}: its heading}}."
        )
    suggestion = nearest(name, names)
    hint = f'Did you mean "{suggestion}"?' if suggestion else f"There are: {', '.join(names)}."
    return f'No source has a column "{name}" under my columns. {hint}'


def source_files_check(folder: Folder) -> Any:
    """Returns a check that every file of a CSV source exists in `folder`.

    What a zip holds is found out when it is read.
    """

    def check(document: Plain) -> Iterable[Violation]:
        for name, source in _mapping(_mapping(document).get("sources")).items():
            file = _mapping(source).get("file")
            if isinstance(file, str) and not _exists(folder / file):
                yield Violation(("sources", name, "file"), _missing_file(file, folder))

    return check


def _exists(path: Folder) -> bool:
    """Whether there is the file, or the zip or workbook that it is in."""
    return path.exists() or any(parent.is_file() for parent in path.parents)


def _missing_file(file: str, folder: Folder) -> str:
    suggestion = nearest(
        file, [entry_path.name for entry_path in folder.iterdir() if entry_path.is_file()]
    )
    hint = f'Did you mean "{suggestion}"?' if suggestion else "Put it there, or name another."
    return f"There is no file {file} in {folder.absolute()}. {hint}"


def templates_check(create_renderer: Callable[[Language], Renderer]) -> Any:
    """Returns a check that every template of a rule exists and uses only known variables.

    `create_renderer` makes the renderer of the shop's templates in its language.
    """

    def check(document: Plain) -> Iterable[Violation]:
        own_columns = [template_name(name) for _, name in _own_columns(document)]
        renderer = create_renderer(_shop_language(document))
        for name, rule in _rules(document):
            for path, step in _steps(rule.get("then"), ("rules", name, "then")):
                if isinstance(step.get("send"), str):
                    for message in _template_errors(rule, step, renderer, own_columns):
                        yield Violation((*path, "send"), message)
                    yield from _argument_errors(path, step)

    return check


def _shop_language(document: Plain) -> Language:
    """English where neither language nor country can be read, which is reported elsewhere."""
    shop = _mapping(_mapping(document).get("shop"))
    tag = parse_language(str(shop.get("language") or "")) or language_of(str(shop.get("country")))
    code = language_code(tag)
    return Language(code) if is_language(code) else ENGLISH


def _template_errors(
    rule: Mapping[str, Any],
    step: Mapping[str, Any],
    renderer: Renderer,
    own_columns: Collection[str],
) -> Iterable[str]:
    event = _event(rule)
    has: Collection[str] = PARTS if event is None else event.facts
    arguments = [argument.replace(" ", "_") for argument in _mapping(step.get("with"))]
    if "valid_for" in arguments:
        arguments.append("valid_until")
    for mistake in renderer.find_mistakes(
        step["send"], available_parts=has, with_=arguments, own_columns=own_columns
    ):
        position = f"{mistake.file}:{mistake.line}: " if mistake.line else ""
        yield f"{position}{mistake.message}"


def _argument_errors(path: Path, step: Mapping[str, Any]) -> Iterable[Violation]:
    duration = _mapping(step.get("with")).get("valid for")
    if isinstance(duration, str):
        try:
            Length.parse(duration)
        except ValueError as error:
            yield Violation((*path, "with", "valid for"), str(error))


def _conditions(rule: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for key in ("if", "unless"):
        yield (*path, key), _mapping(rule.get(key))
    for step_path, step in _steps(rule.get("then"), (*path, "then")):
        yield (*step_path, "if"), _mapping(step.get("if"))


def _steps(steps: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        step_fields = _mapping(step)
        yield (*path, index), step_fields
        for branch in ("then", "else"):
            yield from _steps(step_fields.get(branch), (*path, index, branch))


def _event(rule: Mapping[str, Any]) -> Event | None:
    """None where `when` is missing or unknown, which is reported elsewhere."""
    name = rule.get("when")
    return events().get(name) if isinstance(name, str) else None


def _rules(document: Plain) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, rule in _mapping(_mapping(document).get("rules")).items():
        yield name, _mapping(rule)


def _mapping(document: object) -> Mapping[str, Any]:
    return document if isinstance(document, dict) else {}
