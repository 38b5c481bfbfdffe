"""The documents say what is so: help, settings, tables, links, examples, and steps that work.

`python -m tests.unit.test_documents` writes the help texts of docs/reference/commands.md anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pyotp
import pytest
from click.testing import CliRunner

from anonymisation.cli import main as anonymise
from survey_service.cli import main as equality_survey
from survey_service.settings import Settings
from survey_service.stores.bases import BASES
from survey_service.stores.keyring import NAMES as KEYS
from survey_service.stores.parts import Part
from survey_service.stores.stores import NAMES as STORES
from survey_service.stores.stores import Stores
from survey_service.web.cookies import COOKIES_OF, Cookie

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "how-to" / "examples"
COMMANDS_PAGE = DOCS / "reference" / "commands.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
PROGRAMS: dict[str, click.Command] = {"equality-survey": equality_survey, "anonymise": anonymise}
HELP = re.compile(r"```console\n\$ ([a-z -]+) --help\n(.*?)```", re.DOTALL)


def named(path: Path) -> str:
    """Return a document's name for a test's id."""
    return str(path.relative_to(ROOT))


def text_of(path: str) -> str:
    """Return a document's text."""
    return (DOCS / path).read_text(encoding="utf-8")


# Commands


def commands() -> Iterator[tuple[str, click.Command]]:
    """Give every command by its full name, groups included."""
    waiting = list(PROGRAMS.items())
    while waiting:
        name, command = waiting.pop()
        yield name, command
        if isinstance(command, click.Group):
            waiting += [(f"{name} {part}", found) for part, found in command.commands.items()]


def real_help(name: str) -> str:
    """Return what a command says of itself in a window of 80 columns."""
    program, *parts = name.split()
    asked = CliRunner().invoke(
        PROGRAMS[program], [*parts, "--help"], prog_name=program, terminal_width=78
    )
    if asked.exit_code:
        raise AssertionError(f"{name} --help ended with {asked.exit_code}")
    return asked.output


def renew() -> None:
    """Write every help text of the commands page anew."""
    page = COMMANDS_PAGE.read_text(encoding="utf-8")
    page = HELP.sub(lambda m: f"```console\n$ {m[1]} --help\n{real_help(m[1])}```", page)
    COMMANDS_PAGE.write_text(page, encoding="utf-8")


def test_every_command_stands_in_the_reference_with_the_help_it_gives() -> None:
    shown = dict(HELP.findall(COMMANDS_PAGE.read_text(encoding="utf-8")))
    assert sorted(shown) == sorted(name for name, _ in commands())
    for name, said in shown.items():
        assert said == real_help(name), f"run: python -m tests.unit.test_documents ({name})"


def shown_commands(path: Path) -> list[list[str]]:
    """Return the words of every command of ours that a document shows."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`((?:equality-survey|anonymise) [^`]+)`", text)
    words = [line.replace(".venv/bin/", "").split() for line in lines]
    return [found for found in words if found and found[0] in PROGRAMS]


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_command_shown_exists_with_the_options_shown(path: Path) -> None:
    for program, *words in shown_commands(path):
        command, chain = PROGRAMS[program], [PROGRAMS[program]]
        for word in words:
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
                chain.append(command)
        options = {name for found in chain for p in found.params for name in p.opts} | {"--help"}
        options |= {"--version"}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= options, f"{program} {' '.join(words)}"
        if isinstance(command, click.Group) and not command.invoke_without_command:
            left = {w for w in words[len(chain) - 1 :] if not w.startswith("-")} - {"…"}
            assert not left, f"{program} {' '.join(words)}"


# Links


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link or link.startswith("mailto:"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{link}: no such heading"


def test_the_index_lists_every_document() -> None:
    index = text_of("README.md")
    every = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - {"README.md"}
    assert {path for path in every if f"]({path})" not in index} == set()


def test_the_two_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"```sh\nmake {target}\n```" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


# Settings and tables

SETTINGS = text_of("reference/settings.md")
STORES_PAGE = text_of("reference/stores.md")


class Asked(dict[str, str]):
    """An environment that remembers which variables were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


def test_the_settings_are_those_that_the_code_reads(tmp_path: Path) -> None:
    environment = Asked()
    Settings.from_environment(tmp_path, environment)
    real = set(environment.names)
    real |= {f"EQUALITY_KEY_{name.upper().replace('-', '_')}" for name in KEYS}
    for _, command in commands():
        real |= {str(p.envvar) for p in command.params if p.envvar}
    listed = re.findall(r"^\|(?: `[a-z-]+\.key` \|)? `(EQUALITY_\w+)`", SETTINGS, re.MULTILINE)
    assert sorted(listed) == sorted(real)
    for name in KEYS:
        assert f"| `{name}.key` |" in SETTINGS


def test_every_table_of_every_store_is_described_under_its_store() -> None:
    from survey_service.stores.every_model import import_every_model

    import_every_model()
    parts = dict(re.findall(r"(?m)^## (\w+)\n((?:(?!^## ).*\n)*)", STORES_PAGE))
    for store in STORES:
        rows = re.findall(r"^\| (`[a-z_`, ]+) \|", parts[store], re.MULTILINE)
        described = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
        assert described == set(BASES[store].metadata.tables), store


def test_every_test_that_a_document_names_is_there() -> None:
    sources = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    for path in DOCUMENTS:
        for name in re.findall(r"`(test_\w+)`", path.read_text(encoding="utf-8")):
            assert f"def {name}(" in sources or f"/{name}.py" in sources, f"{path.name}: {name}"
        for file in re.findall(r"`(tests/[\w/]+\.py)`", path.read_text(encoding="utf-8")):
            assert (ROOT / file).is_file(), f"{path.name}: {file}"


# Shipped examples


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-parts.conf"])
def test_the_shipped_proxy_keeps_nothing_and_passes_what_the_service_needs(name: str) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8")
    servers = lines.split("\nserver {")[1:]
    assert len(servers) == 2
    for server in servers:
        assert re.findall(r"access_log (\S+);", server) == ["off"]
        assert re.findall(r"error_log (\S+ ?\S*);", server) == ["/dev/null emerg"]
    assert re.findall(r".*\$remote_addr.*", lines) == ["map $remote_addr $visitor_network {"]
    assert "$proxy_add_x_forwarded_for" not in lines
    for needed in (
        "Host $http_host",
        "X-Forwarded-Proto https",
        "X-Forwarded-For $visitor_network",
    ):
        assert f"proxy_set_header {needed};" in lines


def passed_on(lines: str, own: str, sent: str) -> dict[str, str]:
    """Return the cookies that nginx makes of what a browser sent, by its maps and one `set`."""
    maps = re.findall(
        r'map \$http_cookie \$(\w+) \{ default ""; "~(\S.*?)" "\$(\w)(; )"; \}', lines
    )
    values = {}
    for variable, pattern, group, rest in maps:
        found = re.search(pattern.replace("(?<", "(?P<"), sent)
        values[variable] = f"{found[group]}{rest}" if found else ""
    line = re.sub(r"\$(\w+)", lambda word: values[word[1]], own)
    pairs = (part.partition("=") for part in line.split("; ") if part)
    return {name.removeprefix("__Host-"): value for name, _, value in pairs}


def test_the_proxy_of_the_parts_shows_each_its_own_cookies_alone() -> None:
    lines = (EXAMPLES / "nginx-parts.conf").read_text(encoding="utf-8")
    server, *locations = re.split(r"\n    location ", lines)
    (front,) = re.findall(r'set \$own_cookies "(.*)";', server)
    office = [found for one in locations for found in re.findall(r'set \$own_cookies "(.*)";', one)]
    assert len(office) == 2
    names = [str(name) for name in Cookie]
    for order in (names, names[::-1]):
        # What a browser brings of another host's, or a foreign page's, must not pass either.
        sent = "; ".join(f"__Host-{name}=v-{name}" for name in ["x", *order, "session-x"])
        sent = f"x__Host-code=forged; {sent}"
        for part, own in ((Part.FRONT, front), *((Part.OFFICE, each) for each in office)):
            got = passed_on(lines, own, sent)
            assert got == {name: f"v-{name}" for name in COOKIES_OF[part]}, part
        assert passed_on(lines, front, "a=b") == {}
    assert set().union(*COOKIES_OF.values()) == set(Cookie)
    assert "proxy_set_header Cookie $own_cookies;" in server
    for location in locations:
        port = re.findall(r"proxy_pass http://127.0.0.1:(\d+);", location)
        assert port == (["8001"] if "set $own_cookies" in location else ["8000"])
        assert "proxy_set_header" not in location, "it would drop those of the server"


UNITS = sorted(path.name for path in EXAMPLES.glob("*.service"))


@pytest.mark.parametrize("name", UNITS)
def test_the_shipped_unit_dumps_nothing_and_swaps_nothing(name: str) -> None:
    unit = (EXAMPLES / name).read_text(encoding="utf-8")
    for line in ("LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes", "UMask=0077"):
        assert f"\n{line}\n" in unit
    for name in re.findall(r"^Environment=(\w+)=", unit, re.MULTILINE):
        assert f"`{name}`" in SETTINGS


def test_what_makes_backups_by_itself_may_write_where_it_writes() -> None:
    """The timer starts a unit whose command's folder both it and the running service may write."""
    assert len(UNITS) == 4
    timer = (EXAMPLES / "equality-survey-backup.timer").read_text(encoding="utf-8")
    assert "\nUnit=equality-survey-backup.service\n" in timer
    for at in ("", "@"):
        asks = (EXAMPLES / f"equality-survey-backup{at}.service").read_text(encoding="utf-8")
        runs = (EXAMPLES / f"equality-survey{at}.service").read_text(encoding="utf-8")
        (command,) = re.findall(r"^ExecStart=\S+/equality-survey (.*)$", asks, re.MULTILINE)
        folder = Path(command.split()[-1]).parent
        for unit in (asks, runs):
            assert f"\nReadWritePaths=-{folder}\n" in unit
        words = [word.replace("%i", "office") for word in command.split()]
        asked = equality_survey.commands["backup"].make_context("backup", words[1:])
        assert asked.params["part"] == ("office" if at else None)


def test_the_shipped_database_script_gives_each_store_its_own_and_the_rights_it_uses(
    tmp_path: Path,
) -> None:
    from survey_service.stores.migrate import upgrade
    from tests.kit.postgres import Cluster

    cluster = Cluster()
    try:
        script = cluster.data.parent / "store.sql"
        shutil.copy(EXAMPLES / "store.sql", script)
        script.chmod(0o644)
        urls = {}
        for name in ("vault", "answers"):
            connect = ("-h", script.parent, "-U", "postgres", "-X", "-q")
            cluster._call("psql", *connect, *_said(name), "-f", script)
            address = cluster.url(f"equality_{name}")
            urls[name] = address.replace("postgres@", f"equality_{name}@")
        stores = Stores.at(tmp_path, urls)
        for store in (stores.vault, stores.answers):
            upgrade(store)
            store.compact()
        stores.close()
        with psycopg.connect(urls["vault"], autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
        foreign = urls["vault"].replace("/equality_vault?", "/equality_answers?")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(foreign)
    finally:
        cluster.stop()


def _said(store: str) -> tuple[str, ...]:
    return ("-v", "ON_ERROR_STOP=1", "-v", f"store={store}")


def test_the_shipped_database_settings_are_ones_that_postgresql_starts_with() -> None:
    from tests.kit import postgres

    lines = (EXAMPLES / "postgresql.conf").read_text(encoding="utf-8").splitlines()
    wanted = dict(line.split(" = ") for line in lines if " = " in line)
    cluster = postgres.Cluster()
    try:
        cluster.kill()
        with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in wanted.items())
        cluster.start()
        for name, value in wanted.items():
            assert cluster.run(f"SHOW {name}") == [(value,)]
    finally:
        cluster.stop()


# Steps


def run(words: str, folder: Path) -> str:
    """Run a command of ours as a document shows it, in a folder, and return what it says."""
    program, *rest = shlex.split(words)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EQUALITY_")}
    environment |= {
        "EQUALITY_DATA_DIR": str(folder / "data"),
        "EQUALITY_KEYS_DIR": str(folder / "keys"),
        "PYTHONPATH": str(ROOT),
    }
    scripts = Path(sys.executable).parent
    start = [scripts / program] if program in PROGRAMS else [sys.executable, program]
    done = subprocess.run(
        [*start, *rest], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def steps(path: str) -> list[str]:
    """Return the commands of ours in a document's shell blocks, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", text_of(path), re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if re.match(r"equality-survey [a-z]", line)]


def test_the_steps_from_an_empty_machine_to_a_closed_wave_work(tmp_path: Path) -> None:
    core = ROOT / "survey_service" / "surveys" / "core"
    shutil.copytree(core, tmp_path / "NOTICE")
    made = steps("how-to/install.md")
    assert [step.split()[1] for step in made] == ["init", "staff", "backup", "backup"]
    run(made[0], tmp_path)
    assert len(list((tmp_path / "keys").iterdir())) == len(KEYS)
    assert "password" in run(made[1].replace("NAME", "somebody"), tmp_path)
    field = steps("how-to/run-a-wave.md")
    named = ["add", "list", "check", "open", "notice", "close", "archive"]
    assert [step.split()[2] for step in field] == named
    wave = run(field[0], tmp_path).strip()
    assert f"{wave} roma-2027 1 draft" in run(field[1], tmp_path)
    assert "warning no_indicator" in run(field[2].replace("WAVE", wave), tmp_path)
    assert "open" in run(field[3].replace("WAVE", wave), tmp_path)
    notice = tmp_path / "NOTICE" / "notice.json"
    notice.write_text(notice.read_text().replace('"version": 1', '"version": 2'))
    assert "version 2" in run(field[4].replace("WAVE", wave), tmp_path)
    assert "closed" in run(field[5].replace("WAVE", wave), tmp_path)
    assert "archived" in run(field[6].replace("WAVE", wave), tmp_path)


def test_the_steps_of_backup_and_restore_leave_out_who_erased_since(tmp_path: Path) -> None:
    from survey_service.services import open_services
    from tests.kit.field import Field, people

    data = tmp_path / "data"
    settings = Settings.model_validate({"data_dir": data, "keys_dir": tmp_path / "keys"})
    services = open_services(settings, create=True)
    field = Field(services.stores, data, services.keyring)
    wave = field.open_wave()
    codes = field.answer_all(wave, people(6), questions=2)
    field.close_wave(wave)
    services.close()
    told = [step.replace("/mnt", str(tmp_path)) for step in steps("how-to/back-up-and-restore.md")]
    assert [step.split()[1] for step in told] == ["backup", "backup", "restore", "restore"]
    for step in told[:2]:
        run(step, tmp_path)

    services = open_services(settings)
    asyncio.run(services.rights.erase(codes[2]))
    services.close()
    (tmp_path / "third-place").mkdir()
    (data / "tombstones").rename(tmp_path / "third-place" / "tombstones")
    shutil.rmtree(data / "stores")
    assert "as old as the backup" in run(told[2], tmp_path)
    run(told[3], tmp_path)

    services = open_services(settings)
    try:
        assert len(services.answers.bodies(wave.id)) == 5
        kept = [asyncio.run(services.rights.status(code)).kind for code in codes]
        assert kept == ["settled", "settled", "nothing", "settled", "settled", "settled"]
    finally:
        services.close()


def test_the_sign_in_command_of_the_readme_prints_what_a_sign_in_needs(tmp_path: Path) -> None:
    from survey_service.demo.sign_ins import SignIn, write_sign_ins

    seed = pyotp.random_base32()
    write_sign_ins(
        tmp_path,
        [SignIn(role="dpo", username="dpo", password="p", totp_secret=seed, otpauth="otpauth:")],
    )
    shown = CliRunner().invoke(
        equality_survey, ["demo", "--data-dir", str(tmp_path), "sign-in", "dpo", "--json"]
    )
    entry = json.loads(shown.output)[0]
    assert (entry["username"], len(entry["code"])) == ("dpo", 6)


if __name__ == "__main__":
    renew()
