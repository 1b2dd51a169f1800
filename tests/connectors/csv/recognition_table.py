"""Prints the table of all formats and variants: python -m tests.connectors.csv.recognition_table.

`--small` leaves out the files of 5,000 rows.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.connectors.csv.recognition.exports import FORMATS
from tests.connectors.csv.recognition.variants import VARIANTS
from tests.connectors.csv.recognition.verdict import Verdict, judge

MARKS = {
    Verdict.RIGHT: "+", Verdict.NOT_RECOGNISED: "o", Verdict.ANOTHER_KIND: "K",
    Verdict.WRONG_CONSENT: "Y", Verdict.WRONG: "X",
}  # fmt: skip
SMALL = 40


def main() -> None:
    totals: Counter[Verdict] = Counter()
    names = [f"{number} {name}" for number, name in enumerate(VARIANTS, start=1)]
    sys.stdout.write(", ".join(names) + "\n")
    for format_name in FORMATS:
        marks = []
        for variant, (count, _) in VARIANTS.items():
            rows = SMALL if count > SMALL and "--small" in sys.argv else None
            with TemporaryDirectory() as folder:
                verdict = judge(format_name, variant, Path(folder), rows)
            totals[verdict] += 1
            marks.append(MARKS[verdict])
        sys.stdout.write(f"{format_name:28} {' '.join(marks)}\n")
    counts = [f"{MARKS[verdict]} {verdict} {count}" for verdict, count in totals.items()]
    sys.stdout.write(", ".join(counts) + "\n")


if __name__ == "__main__":
    main()
