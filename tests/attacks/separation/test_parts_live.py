"""Three real processes: one is killed while the others go on, and none reads another's files."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from survey_service.audit_log.service import AuditLog
from survey_service.stores.keyring import NAMES, Keyring
from survey_service.stores.parts import KEYS_OF, SHARED_FOLDER, SHARED_KEYS, STORES_OF, Part
from survey_service.stores.stores import NAMES as STORES
from survey_service.stores.stores import Stores
from tests.kit.parts import LiveParts, interpreter
from tests.kit.plain import FORM, Form
from tests.kit.walks import secrets_said

PATIENCE = 90.0


@pytest.fixture(scope="module")
def parts() -> Iterator[LiveParts]:
    live = LiveParts()
    try:
        for part in (Part.OFFICE, Part.SETTLE, Part.FRONT):
            live.start(part)
        live.open_wave()
        yield live
    finally:
        live.close()


def submit(parts: LiveParts, count: int) -> list[str]:
    """Let people answer two questions and send; return their codes."""

    def one(_: int) -> str:
        form = Form(parts.urls[Part.FRONT], "lv").begin().answer(("B1",)).submit()
        code = form.code
        form.close()
        return code

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does within seconds."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def rows(parts: LiveParts, store: str, table: str) -> int:
    """Count the rows of a store, from outside."""
    import sqlite3

    file = parts.data / "stores" / store / f"{store}.sqlite"
    with sqlite3.connect(file, timeout=30) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return int(found)


def test_settle_is_killed_while_the_front_goes_on(parts: LiveParts) -> None:
    codes = submit(parts, 20)
    until(lambda: rows(parts, "vault", "consent") == 20)
    with ThreadPoolExecutor(1) as pool:
        going_on = pool.submit(submit, parts, 45)
        for _ in range(3):
            time.sleep(1.5)
            parts.kill(Part.SETTLE)
            parts.start(Part.SETTLE)
        parts.kill(Part.SETTLE)
        codes += going_on.result()
    codes += submit(parts, 5)
    assert rows(parts, "answers", "answer") + rows(parts, "inbox", "waiting") >= 70
    parts.start(Part.SETTLE)
    wave = parts.command(Part.OFFICE, "wave", "list").split()[0]
    parts.command(Part.OFFICE, "wave", "close", wave)
    until(lambda: rows(parts, "inbox", "waiting") == 0)
    until(lambda: rows(parts, "vault", "consent") == 70)
    assert rows(parts, "answers", "answer") == rows(parts, "vault", "consent") == 70
    assert len(set(codes)) == 70
    ring = Keyring.load(parts.data / "keys", Part.OFFICE) if os.geteuid() == 0 else None
    if ring is not None:
        stores = Stores.at(parts.data / "stores")
        assert AuditLog(stores.audit, ring).verify_all_now().sound
        stores.close()


def test_no_part_opens_the_files_of_another(parts: LiveParts) -> None:
    """What the operating system says to each part's user about every store and every key."""
    if parts.owners is None:
        pytest.skip("only root can start the parts under users of their own")
    for part in Part:
        stores = {f"{name}/{name}.sqlite" for name in STORES if name in STORES_OF[part]}
        files = [str(parts.data / "stores" / name / f"{name}.sqlite") for name in STORES]
        files += [key(parts, p, n) for p in Part for n in KEYS_OF[p]]
        asked = "import os,sys;print(*[f for f in sys.argv[1:] if os.access(f, os.R_OK)])"
        done = subprocess.run(
            [interpreter().program, "-c", asked, *files],
            capture_output=True,
            text=True,
            check=True,
            env=parts.environment(),
            **parts.identity(part),
        )
        readable = set(done.stdout.split())
        own = {str(parts.data / "stores" / name) for name in stores}
        own |= {key(parts, part, name) for name in KEYS_OF[part]}
        assert readable == own, part


def key(parts: LiveParts, part: Part, name: str) -> str:
    """Return where a part's key lies."""
    return str(
        parts.data / "keys" / (SHARED_FOLDER if name in SHARED_KEYS else part) / f"{name}.key"
    )


def test_no_part_writes_a_line_of_a_respondent(parts: LiveParts) -> None:
    """Over all that this module has done, with every logger of every library at debug level."""
    form = Form(parts.urls[Part.FRONT], "lv")
    for step in ("", "check", "q/B1", "receipt"):
        form.get(step)
    form.client.post("/my-answers/en", content="code=00000-00000-00000-00000-00000", headers=FORM)
    form.close()
    for part in Part:
        written = parts.printed(part)
        assert [s for s in secrets_said() if len(s) >= 5 and s in written] == []
        for sign in ("Traceback", "/survey/", "/my-answers", "GET ", "POST "):
            assert sign not in written, part
    lines = parts.printed(Part.FRONT).splitlines()
    said = lines.index(f"Ready: {parts.urls[Part.FRONT]}/")
    assert lines[said + 1 :] == []


@pytest.fixture
def spoilt() -> Iterator[LiveParts]:
    live = LiveParts()
    yield live
    live.close()


@pytest.mark.parametrize(
    ("part", "name", "remedy"),
    [
        (Part.FRONT, "pepper-vault", "Put the file back"),
        (Part.OFFICE, "second-factors", "Put the file back"),
        (Part.SETTLE, "settle-keys", "Put the file back"),
    ],
)
def test_a_missing_key_refuses_the_start_and_names_the_remedy(
    spoilt: LiveParts, part: Part, name: str, remedy: str
) -> None:
    live = spoilt
    key = live.data / "keys" / part / f"{name}.key"
    text = key.read_text(encoding="ascii")
    key.unlink()
    with pytest.raises(RuntimeError, match=f"{name}.key is missing.*{remedy}"):
        live.start(part)
    assert name in NAMES
    key.write_text(text[:20], encoding="ascii")
    key.chmod(0o644)
    with pytest.raises(RuntimeError, match="64 hexadecimal digits"):
        live.start(part)
    assert "Traceback" not in live.printed(part)
