"""How many examples a property test tries: few in each run of the tests, more with `make soak`."""

from __future__ import annotations

import os

FACTOR = "REGULARS_EXAMPLES"


def examples(few: int) -> int:
    """Returns `few`, or as many times more as the environment says."""
    return few * int(os.environ.get(FACTOR, "1"))
