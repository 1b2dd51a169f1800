"""Prints what was found out about files, for people or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from connectors.csv.inspection.file_report import FileReport
from connectors.csv.inspection.samples import amounts_text
from regulars.init.files.csv_file import title_of
from regulars.inspection.inspection import InspectedFile
from regulars.inspection.joint_reach import JointReach
from regulars.terminal.output import print_line, print_wrapped, printable

MAX_HEADINGS = 12
UNTRIED = "headings untried"
REFUNDS = "refunds: "  # the line of totals says more
REPEATED = "Not read: the same orders as in {file}. Each would count twice."


def print_files(files: Sequence[InspectedFile]) -> None:
    """Print a paragraph for each file."""
    for file in files:
        print_line(f"\n[bold]{printable(file.csv_file.file)}[/]: {printable(_title(file))}")
        for line in file_lines(file):
            print_wrapped(f"  {line}")


def file_lines(file: InspectedFile) -> Iterator[str]:
    """Yield the lines about one file, without its name."""
    yield from file.preset.notes if file.preset else ()
    if file.problem:
        yield f"Not read: {file.problem}"
        if file.csv_file.headings:
            yield f"its columns: {_shortened(file.csv_file.headings)}"
        return
    if file.csv_file.repeats:
        yield REPEATED.format(file=file.csv_file.repeats)
    if file.report:
        yield from _report_lines(file, file.report)


def _title(file: InspectedFile) -> str:
    title = title_of(file.csv_file)
    if not file.preset or file.preset.holds != file.csv_file.holds:
        return title
    return f"{title} ({file.preset.page or UNTRIED})"


def _report_lines(file: InspectedFile, report: FileReport) -> Iterator[str]:
    yield from file.notes[:1]
    read = [f"{role} from {' and '.join(headings)}" for role, headings in report.read.items()]
    yield f"read: {', '.join(read)}"
    if report.unread:
        yield "not read:"
    for group, headings in report.unread.items():
        yield f"  {group}: {_shortened(headings)}"
    yield from (note for note in file.notes[1:] if not note.startswith(REFUNDS))
    if report.holds == "orders":
        yield report.totals_line
    if file.csv_file.customers_of:
        yield f"its customers are those of {file.csv_file.customers_of}"
    if report.samples:
        yield "as it is read:"
    for sample in report.samples:
        yield "  " + " · ".join(f"{name} {text}" for name, text in sample.items())


def _shortened(headings: Sequence[str]) -> str:
    more = len(headings) - MAX_HEADINGS
    listed = ", ".join(headings[:MAX_HEADINGS])
    return f"{listed} and {more} more" if more > 0 else listed


def print_joint(joint: JointReach) -> None:
    """Print what the files give together."""
    reach = joint.reach
    neither = reach.never - reach.no - reach.unread - reach.gone - reach.suppressed
    unread = f", {reach.unread:,} not read" if reach.unread else ""
    print_line(
        f"\n[bold]Together[/]: {reach.known:,} people, {reach.with_email:,} with e-mail: "
        f"{reach.yes:,} yes, {reach.no:,} no, {neither:,} neither{unread}"
    )
    if joint.visits:
        print_line(f"{joint.visits:,} orders count: {amounts_text(joint.totals.items())}")
    print_line("Nothing was written. regulars init makes a config.yaml of it.")


def as_json(files: Sequence[InspectedFile], joint: JointReach | None) -> Mapping[str, Any]:
    """Return the one JSON document of the command; amounts are in minor units."""
    document: dict[str, Any] = {"files": [_file_json(file) for file in files]}
    if joint:
        document["together"] = {
            "reach": asdict(joint.reach),
            "visits": joint.visits,
            "total": joint.totals.get(joint.currency, 0),
            "totals": joint.totals,
        }
    return document


def _file_json(file: InspectedFile) -> dict[str, Any]:
    csv_file = file.csv_file
    document: dict[str, Any] = {
        "file": csv_file.file,
        "source": file.name,
        "export": file.preset.name if file.preset else None,
        "page": file.preset.page if file.preset else None,
        "is_read": bool(file.report) and not csv_file.repeats,
        "problem": file.problem,
        "repeats": csv_file.repeats,
        "lines_of": csv_file.lines_of,
        "customers_of": csv_file.customers_of,
    }
    if not file.report:
        return document | {"missing": csv_file.missing, "headings": csv_file.headings}
    return document | {"notes": file.notes} | file.report.as_json()
