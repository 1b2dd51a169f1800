"""Sends Prefect's log records to the root logger instead of its own handlers."""

from __future__ import annotations

import logging

# Loggers to which Prefect attaches handlers when it is imported (prefect/logging/logging.yml).
LOGGERS = (
    "prefect", "prefect.extra", "prefect.flow_runs", "prefect.task_runs", "prefect.workers",
    "prefect._internal", "uvicorn", "fastapi",
)  # fmt: skip


def send_logs_to_root() -> None:
    """Remove Prefect's handlers: its console, and the one that stores logs on its server.

    Call it after Prefect is first imported.
    """
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
