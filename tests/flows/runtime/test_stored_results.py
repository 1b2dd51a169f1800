"""A Prefect server that lies: it says that a flow run's result is stored in a file."""

from __future__ import annotations

import asyncio
import base64
import json
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State, StateType

from flows.runtime.stored_results import StoredResultError
from flows.tick import tick

MARK = "ran"


class Command:
    """Runs a command when it is unpickled."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __reduce__(self) -> tuple[Any, ...]:
        return subprocess.check_call, (self.words,)


def pickled(mark: Path) -> bytes:
    return base64.encodebytes(pickle.dumps(Command("touch", str(mark))))


def as_json(mark: Path) -> bytes:
    """The keys of the document are the arguments of the command that `object_decoder` runs."""
    return json.dumps({"touch": 0, str(mark): 0}).encode()


PICKLE = {"type": "pickle"}
JSON = {"type": "json", "object_decoder": "subprocess.check_call"}


@pytest.mark.parametrize(
    ("serializer", "content"), [(PICKLE, pickled), (JSON, as_json)], ids=["pickle", "json"]
)
@pytest.mark.parametrize("state_type", [StateType.COMPLETED, StateType.FAILED])
def test_a_result_that_the_server_names_is_not_read(
    tmp_path: Path, serializer: dict[str, Any], content: Any, state_type: StateType
) -> None:
    assert tick.persist_result is False
    result, mark = tmp_path / "result", tmp_path / MARK
    record = {
        "metadata": {"serializer": serializer, "storage_key": str(result)},
        "result": content(mark).decode(),
    }
    result.write_text(json.dumps(record))
    state = State.model_validate(
        {"type": state_type, "data": {"storage_key": str(result), "serializer": serializer}}
    )
    with pytest.raises(StoredResultError):
        asyncio.run(state.aresult(retry_result_failure=False))
    assert not mark.exists()
