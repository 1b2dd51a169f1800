"""Serves the flow `tick` on a schedule until killed; run by a test in a folder of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flows.runtime.child_process import bind_to_parent
from flows.runtime.prefect_server import CLIENT_TOKEN_SETTING, prefect_server


def main(config: Path) -> None:
    bind_to_parent()
    with prefect_server(config.parent) as server:
        server.wait_until_healthy()
        from prefect import serve
        from prefect.deployments.runner import RunnerDeployment
        from prefect.types.entrypoint import EntrypointType

        from flows.tick import tick

        sys.stdout.write(f"{server.address} {os.environ[CLIENT_TOKEN_SETTING]}\n")
        sys.stdout.flush()
        served = tick.to_deployment(
            "scheduled",
            interval=5,
            parameters={"config": str(config)},
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        assert isinstance(served, RunnerDeployment)
        serve(served, limit=1)  # on a busy machine a run takes longer than the interval


if __name__ == "__main__":
    main(Path(sys.argv[1]))
