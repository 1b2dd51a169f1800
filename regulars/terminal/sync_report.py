"""The report of a sync: what arrived from each source, and the opt-outs that were written back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine.sync.consent_writeback import ManualOptOut
from engine.sync_result import SyncResult
from regulars.terminal.output import (
    count_noun,
    print_json,
    print_line,
    print_note,
    printable,
    stream_label,
)
from regulars.terminal.reports import print_reach
from settings.errors import RegularsError, UnavailableError
from shop.consent.reach import Reach
from shop.identity.shared_addresses import SharedAddress


def print_sync_results(
    sync_results: Sequence[SyncResult],
    reach: Reach | None = None,
    by_hand: Sequence[ManualOptOut] = (),
    *,
    as_json: bool = False,
) -> None:
    """Print `sync_results`, the opt-outs left to the owner (`by_hand`), and the `reach`.

    Raises the sources' errors as one; its type is that of the first error the owner has to fix,
    else UnavailableError.
    """
    if as_json:
        print_json(_document(sync_results, reach, by_hand))
    else:
        for sync_result in sync_results:
            manual = sum(opt_out.source == sync_result.source for opt_out in by_hand)
            _print_source(sync_result, manual)
        if reach:
            print_reach(reach)
    if errors := [sync_result.error for sync_result in sync_results if sync_result.error]:
        raise _combine_errors(errors)


def _print_source(sync_result: SyncResult, manual_opt_outs: int) -> None:
    report = sync_result.report
    if report is None:
        return
    counts = [f"{count:,} {stream_label(name)}" for name, count in report.streams.items() if count]
    print_line(f"{sync_result.source}: {', '.join(counts) or 'nothing new'}")
    if report.quarantined:
        records = count_noun(report.quarantined, "record")
        print_line(f"  {records} set aside: regulars set-aside")
    if report.absence.gone:
        customers = count_noun(report.absence.gone, "customer")
        print_line(f"  {customers} no longer there: not mailed because of this source")
    if report.absence.returned:
        print_line(f"  {count_noun(report.absence.returned, 'customer')} there again")
    if report.withdrawn:
        reasons = ", ".join(f"{count:,} for {reason}" for reason, count in report.withdrawn.items())
        yeses = count_noun(sum(report.withdrawn.values()), "yes", "yeses")
        print_line(f"  {yeses} no longer counted: {reasons}", markup=False)
    if opt_outs := _opt_out_text(sync_result, manual_opt_outs):
        print_line(f"  said no to mail: {opt_outs}")
    for warning in _warnings(sync_result):
        print_note(f"  {warning}", markup=False)
    for shared in sync_result.shared_addresses:
        print_note(f"  {_shared_text(shared)}", markup=False)


def _opt_out_text(sync_result: SyncResult, manual_opt_outs: int) -> str:
    """Returns how many opt-outs were written back, are pending, or are left to the owner."""
    counts = {
        "told now": sync_result.opt_outs.sent,
        "not told yet": sync_result.opt_outs.pending,
        "for you to unsubscribe there": manual_opt_outs,
    }
    return ", ".join(f"{count:,} {label}" for label, count in counts.items() if count)


def _shared_text(shared: SharedAddress) -> str:
    carried = (
        f"{shared.purchases:,} purchases of {shared.days:,} days"
        if shared.purchases
        else f"{shared.records:,} records"
    )
    address = printable(shared.address)
    return (
        f"{address} carries {carried}. If it is typed for customers without an address: "
        f"regulars suppress {address}"
    )


def _warnings(sync_result: SyncResult) -> list[str]:
    warnings = sync_result.report.warnings if sync_result.report else ()
    return [*warnings, *filter(None, [sync_result.opt_outs.warning])]


def _document(
    sync_results: Sequence[SyncResult], reach: Reach | None, by_hand: Sequence[ManualOptOut]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "sources": {
            sync_result.source: _source_document(sync_result) for sync_result in sync_results
        }
    }
    if by_hand:
        document["by_hand"] = [_opt_out_document(opt_out) for opt_out in by_hand]
    if reach:
        document["reach"] = asdict(reach)
    return document


def _source_document(sync_result: SyncResult) -> dict[str, Any]:
    if sync_result.report is None:
        return {"trouble": str(sync_result.error)}
    return {
        "records": dict(sync_result.report.streams),
        "quarantined": sync_result.report.quarantined,
        "absence": asdict(sync_result.report.absence),
        "withdrawn": dict(sync_result.report.withdrawn),
        "warnings": _warnings(sync_result),
        "noes": {"told": sync_result.opt_outs.sent, "waiting": sync_result.opt_outs.pending},
        "unchanged": sync_result.report.skipped_unchanged,
        "shared_addresses": [asdict(shared) for shared in sync_result.shared_addresses],
    }


def _opt_out_document(opt_out: ManualOptOut) -> dict[str, Any]:
    return {
        "source": opt_out.source,
        "customer": opt_out.key,
        "said_at": opt_out.said_at.isoformat(),
        "why": opt_out.reason,
    }


def _combine_errors(errors: Sequence[RegularsError]) -> RegularsError:
    sentences = "\n".join(str(error) for error in errors)
    for error in errors:
        if not isinstance(error, UnavailableError):
            return type(error)(sentences)
    return UnavailableError(sentences)
