"""The stop check of the running flow: a context variable, because Prefect stores parameters."""

from __future__ import annotations

from contextvars import ContextVar

from engine.delivery.send_check import StopCheck, never_stop

stop_check: ContextVar[StopCheck] = ContextVar("stop_check", default=never_stop)
