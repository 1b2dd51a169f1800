"""The decorator of our flows: Prefect runs them, stores none of their results and reads none."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect import Flow, flow

from flows.runtime.stored_results import refuse_stored_results

P = ParamSpec("P")
R = TypeVar("R")


def shop_flow(name: str) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Returns a decorator that makes the flow `name` of a function.

    Whoever runs a flow imports its module, workers of a pool too: from then on the process refuses
    stored results.
    """
    refuse_stored_results()
    return flow(name=name, persist_result=False)
