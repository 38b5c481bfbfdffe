"""The three parts of an installation: wired in this process, or each in one of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from survey_service.clock import Clock, now
from survey_service.parts.front import wire_front
from survey_service.parts.layout import GROUPS, Owners, lay_out
from survey_service.parts.office import wire_office
from survey_service.parts.settle import wire_settle
from survey_service.settings import Settings
from survey_service.stores.key_files import read_all
from survey_service.stores.keyring import Keyring
from survey_service.stores.parts import KEYS_OF, SHARED_FOLDER, SHARED_KEYS, Part
from survey_service.stores.stores import FrontStores, OfficeStores, Stores
from tests.kit.field import SLUG
from tests.kit.live import free_port

READY = re.compile(r"Ready: (\S+)")
NOTICE = Path(__file__).parents[2] / "survey_service" / "surveys" / "core"


class WiredParts:
    """The parts over one set of stores in this process, each with its own keys only.

    With `keys` they lie in files, each where its part finds it. With `apart` front and office come
    to the stores by ways of their own, as they do by their roles on PostgreSQL.
    """

    def __init__(
        self,
        stores: Stores,
        folder: Path,
        *,
        keys: bool = False,
        clock: Clock = now,
        apart: tuple[FrontStores, OfficeStores] | None = None,
    ) -> None:
        self.ring = Keyring.random()
        self.stores = stores
        self.folder = folder
        settings = Settings(data_dir=folder, keys_dir=folder / "keys")
        s = stores
        front, office = apart or (
            FrontStores(s.drafts, s.inbox, s.vault, s.answers, s.office),
            OfficeStores(s.answers, s.keys, s.office, s.audit),
        )
        if keys:
            Keyring.create_for_parts(settings.keys_dir)
        rings = {part: self._filed(settings.keys_dir, part) if keys else self.ring.of(part)
                 for part in Part}  # fmt: skip
        self.rings = rings
        self.front = wire_front(settings, front, rings[Part.FRONT], clock)
        self.office = wire_office(settings, office, rings[Part.OFFICE], clock)
        self.settle = wire_settle(settings, stores, rings[Part.SETTLE], clock)

    @staticmethod
    def _filed(folder: Path, part: Part) -> Keyring:
        """As `Keyring.load`, which refuses where one user may read every part's folder."""
        own, shared = folder / part, folder / SHARED_FOLDER
        places = {name: shared if name in SHARED_KEYS else own for name in KEYS_OF[part]}
        held = {name: read_all(place, [name])[name] for name, place in places.items()}
        return Keyring(held, own, shared)


# Every logger of every library says all it can, so that what is not written is never written.
START = (
    "import logging; logging.basicConfig(level=logging.DEBUG); "
    "from survey_service.cli import main; main(prog_name='equality-survey')"
)
STRANGER = 61001


@dataclass(frozen=True)
class Interpreter:
    """A Python that finds our packages, and whether users who own nothing may start it."""

    program: str
    path: str
    for_everybody: bool


@cache
def interpreter() -> Interpreter:
    """Return one that strangers may start, where there is one and we may become them."""
    # Our packages only: another Python of this version has a standard library of its own.
    base = sys.base_prefix
    path = os.pathsep.join(entry for entry in sys.path if entry and not entry.startswith(base))
    own = Interpreter(sys.executable, path, for_everybody=False)
    if os.geteuid() != 0:
        return own
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    for program in (sys.executable, system):
        with contextlib.suppress(OSError):
            tried = subprocess.run(
                [program, "-c", "import survey_service.app"],
                env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/"},
                user=STRANGER,
                group=STRANGER,
                extra_groups=[],
                capture_output=True,
                check=False,
                cwd="/",
            )
            if tried.returncode == 0:
                return Interpreter(program, path, for_everybody=True)
    return own


def owners() -> Owners | None:
    """Return numbers of users and groups that nobody has, if this process may become them."""
    if not interpreter().for_everybody:
        return None
    users = {part: STRANGER + n for n, part in enumerate(Part)}
    return Owners(users, {name: STRANGER + 10 + n for n, name in enumerate(GROUPS.values())})


class LiveParts:
    """Front, office and settle as processes, under users of their own where that can be had."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        # Not pytest's folder: each run of pytest closes that to other users again.
        self._folder = Path(tempfile.mkdtemp(prefix="equality-parts-"))
        self._folder.chmod(0o755)
        self.data = data = self._folder / "data"
        self.owners = owners()
        self._extra = dict(environment or {})
        self.running: dict[Part, subprocess.Popen[bytes]] = {}
        self.logs: dict[Part, Path] = {}
        self.urls: dict[Part, str] = {}
        lay_out(Settings.from_environment(data, {}), self.owners or Owners.ourselves())

    def identity(self, part: Part) -> dict[str, Any]:
        """Return what a process of a part runs as, for subprocess."""
        if self.owners is None:
            return {}
        groups = [self.owners.groups[name] for sharing, name in GROUPS.items() if part in sharing]
        number = self.owners.users[part]
        return {"user": number, "group": number, "extra_groups": groups}

    def start(self, part: Part) -> None:
        """Start a part and wait until it is ready.

        Raises:
            RuntimeError: it ended instead, or took a minute.
        """
        port = free_port()
        log = self.logs[part] = self.data.with_name(f"{part}-{port}.log")
        with log.open("wb") as stream:
            self.running[part] = subprocess.Popen(
                [
                    *self.program(),
                    "serve",
                    "--part",
                    part,
                    "--data-dir",
                    self.data,
                    "--port",
                    str(port),
                ],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=self.environment(),
                start_new_session=True,
                **self.identity(part),
            )
        deadline = time.monotonic() + 120
        while not (ready := READY.search(self.printed(part))):
            if self.running[part].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{part} did not become ready:\n{self.printed(part)[-3000:]}")
            time.sleep(0.05)
        self.urls[part] = ready[1].rstrip("/")

    def printed(self, part: Part) -> str:
        """Return what the part has written since it was last started."""
        return self.logs[part].read_text(encoding="utf-8", errors="replace")

    def kill(self, part: Part) -> None:
        """End a part as `kill -9` does."""
        process = self.running.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait(30)

    def command(self, part: Part, *words: str) -> str:
        """Run a command as the part's user and return what it prints."""
        done = subprocess.run(
            [*self.program(), *words, "--data-dir", self.data],
            capture_output=True,
            text=True,
            env=self.environment(),
            check=True,
            **self.identity(part),
        )
        return str(done.stdout).strip()

    def program(self) -> list[str]:
        """Return how `equality-survey` is started."""
        return [interpreter().program, "-c", START]

    def environment(self) -> dict[str, str]:
        """Return the small environment that every process of the installation gets."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": interpreter().path,
            **self._extra,
        }

    def open_wave(self) -> str:
        """Store the core questionnaire and put a wave of it into the field."""
        wave = self.command(
            Part.OFFICE,
            *("survey", "add", SLUG, "--notice", str(NOTICE), "--planned-sample", "1000"),
        )
        reason = "Nobody can be told apart by what is shown."
        self.command(Part.OFFICE, "wave", "open", wave, "--reason", reason)
        return wave

    def close(self) -> None:
        """End every part and remove the folder."""
        for part in list(self.running):
            self.kill(part)
        shutil.rmtree(self._folder)
