"""A Prefect server that lies: it says that a flow run's result is stored in a file."""

from __future__ import annotations

import asyncio
import base64
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State, StateType
from pydantic import ValidationError

from flows.runtime.stored_results import StoredResultError
from flows.tick import tick

MARK = "ran"
FUNCTIONS = "dumps = loads = compress = decompress"


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


@pytest.mark.parametrize(
    "serializer",
    [
        {"type": "pickle", "picklelib": "planted"},
        {"type": "compressed", "serializer": {"type": "json"}, "compressionlib": "planted"},
    ],
)
def test_a_state_that_the_server_sends_imports_no_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serializer: dict[str, Any]
) -> None:
    mark = tmp_path / MARK
    (tmp_path / "planted.py").write_text(f"open({str(mark)!r}, 'w')\n{FUNCTIONS} = print\n")
    monkeypatch.delitem(sys.modules, "planted", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValidationError):
        State.model_validate(
            {"type": "COMPLETED", "data": {"storage_key": "x", "serializer": serializer}}
        )
    assert not mark.exists()
