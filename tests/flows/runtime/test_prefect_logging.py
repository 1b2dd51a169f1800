"""Prefect's import leaves logging as it was, so that every record leaves through one handler."""

from __future__ import annotations

import json
import subprocess
import sys

from flows.runtime.prefect_server import PREFECT_SETTINGS
from tests.flows.processes import ROOT, environment

IMPORT = """
import json, logging
root_handler = logging.NullHandler()
logging.getLogger().addHandler(root_handler)
logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
import prefect.main, flows.tick
loggers = {
    name: logger
    for name, logger in logging.Logger.manager.loggerDict.items()
    if isinstance(logger, logging.Logger)
}
own_ways = [
    name
    for name, logger in loggers.items()
    if name.partition(".")[0] in ("prefect", "uvicorn", "fastapi")
    and (logger.handlers or not logger.propagate)
]
kept = logging.getLogger().handlers == [root_handler]
print(json.dumps([own_ways, kept, loggers["uvicorn"].level, loggers["prefect"].level]))
"""


def test_importing_prefect_adds_no_handler_and_changes_no_level_of_other_libraries() -> None:
    completed = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=ROOT, env={**environment(), **PREFECT_SETTINGS},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert json.loads(completed.stdout) == [[], True, 50, 50]
