"""The data protection officer reads, checks and takes along; each of it is an entry itself."""

from __future__ import annotations

import ast
import html
import io
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest

import survey_service
from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Role
from survey_service.audit_log import verifier, words
from survey_service.audit_log.checking import Finding
from survey_service.audit_log.service import AuditEntry, EntryFilter
from survey_service.stores import Stores
from tests.unit.survey_service.accounts.office import Browser, Office, run


@pytest.fixture
def office(sqlite_stores: Stores) -> Office:
    office = Office(sqlite_stores)
    office.hire("dana", Role.DPO)
    for number in range(3):
        office.audit.append_now(
            AuditEntry(
                act=Act.RELEASE_PUBLISHED,
                object_type=ObjectType.RELEASE,
                object_ref=f"release-{number}",
                purpose=Purpose.DISCLOSURE_CONTROL,
                reason="<b>because</b>",
                counts={"cells": 1200},
                hashes={"certificate": "ab" * 32},
            )
        )
    return office


@pytest.fixture
def dpo(office: Office) -> Browser:
    return office.signed_in("dana")


def rows(browser: Browser, query: str = "") -> list[str]:
    text = html.unescape(browser.get(f"/office/audit-log{query}").text)
    found = re.findall(r'<tr><th scope="row".*?</tr>', text, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in found]


def test_entries_are_read_in_plain_words_and_reading_is_one(office: Office, dpo: Browser) -> None:
    shown = rows(dpo)
    assert shown[0] == (
        "5 21 November 2026, 09:00:30 dana Data protection officer Read this log this log done"
    )
    assert shown[1].endswith("Signed in account dana done")
    assert "the platform itself A table was released to the public release release-2" in shown[2]
    rows(dpo)
    assert office.acts()[-2:] == [Act.LOG_READ, Act.LOG_READ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?act=release_published", 3),
        ("?object_type=release&object_ref=release-1", 1),
        ("?object_ref=release-9", 0),
        ("?who=dana&act=sign_in", 1),
        ("?role=dpo&act=log_read", 1),
        ("?outcome=denied", 0),
        ("?since=2026-11-22", 0),
        ("?until=2026-11-20", 0),
        ("?since=2026-11-21&until=2026-11-21&act=release_published", 3),
        ("?act=&who=&role=", 6),
    ],
)
def test_a_filter_lets_through_what_fits(dpo: Browser, query: str, count: int) -> None:
    assert len(rows(dpo, query)) == count


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?act=dance", "act"),
        ("?who=nobody", "who"),
        ("?role=king", "role"),
        ("?outcome=maybe", "outcome"),
        ("?object_type=person", "object_type"),
        ("?object_ref=Anna%20B%C4%93rzi%C5%86a", "object_ref"),
        ("?since=yesterday", "since"),
        ("?until=2026-02-30", "until"),
    ],
)
def test_a_forged_filter_is_refused_by_field_and_reads_nothing(
    office: Office, dpo: Browser, query: str, field: str
) -> None:
    answer = dpo.get(f"/office/audit-log{query}")
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert Act.LOG_READ not in office.acts()


def test_pages_lead_from_new_to_old_with_the_filter_kept(office: Office, dpo: Browser) -> None:
    for _ in range(60):
        office.audit.append_now(
            AuditEntry(act=Act.WAVE_OPENED, object_type=ObjectType.WAVE, purpose=Purpose.FIELD_WORK)
        )
    first = dpo.get("/office/audit-log?act=wave_opened").text
    older = html.unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
    assert older.startswith("/office/audit-log?act=wave_opened&before=")
    assert len(rows(dpo, older.removeprefix("/office/audit-log"))) == 10
    assert "before" not in re.findall(r'href="([^"]+)">Newest', dpo.get(older).text)[0]
    assert dpo.get("/office/audit-log?before=x").status_code == 200


def test_one_entry_is_shown_whole_and_escaped(dpo: Browser) -> None:
    text = dpo.get("/office/audit-log/entries/2").text
    assert "&lt;b&gt;because&lt;/b&gt;" in text
    assert "1,200" in text
    assert "ab" * 32 in text
    assert "release-1" in text
    assert dpo.get("/office/audit-log/entries/99").status_code == 404
    assert dpo.get(f"/office/audit-log/entries/{10**30}").status_code == 404


def test_an_entry_and_its_proof_check_offline(dpo: Browser, tmp_path: Path) -> None:
    entry, proof = tmp_path / "entry.json", tmp_path / "entry.tlog-proof"
    for path, kind in ((entry, "text"), (proof, "proof")):
        answer = dpo.get(f"/office/audit-log/entries/2/{kind}")
        assert "attachment" in answer.headers["content-disposition"]
        path.write_bytes(answer.content)
    key = re.findall(r"<pre tabindex=\"0\">([^<]+)<", dpo.get("/office/audit-log/check").text)[0]
    arguments = [str(entry), "--proof", str(proof), "--key", html.unescape(key)]
    assert verifier.main(arguments) == 0


def test_verify_now_says_that_the_log_holds(office: Office, dpo: Browser) -> None:
    done = dpo.send("/office/audit-log/check", "/office/audit-log/verify", {})
    text = dpo.get(done.headers["location"]).text
    assert "The log holds together" in text
    assert "All 6 entries were read again" in text
    verified = run(office.audit.entries(EntryFilter(act=Act.LOG_VERIFIED))).entries
    assert [entry.outcome for entry in verified] == [Outcome.OK, Outcome.INTENT]


def test_a_saved_checkpoint_proves_that_nothing_was_changed(dpo: Browser) -> None:
    saved = dpo.get("/office/audit-log/checkpoint")
    assert saved.headers["content-disposition"] == 'attachment; filename="checkpoint-6.txt"'
    rows(dpo)
    for note in (saved.text, saved.text.replace("\n", "\r\n"), f"\n  {saved.text}\n\n"):
        form = {"note": note}
        done = dpo.send("/office/audit-log/check", "/office/audit-log/compare", form)
        text = dpo.get(done.headers["location"]).text
        assert "Nothing was changed since your checkpoint" in text
        assert "The first 6 entries are exactly those" in text


def test_what_was_changed_is_named_in_plain_words(office: Office, dpo: Browser) -> None:
    saved = dpo.get("/office/audit-log/checkpoint").text
    raw = sqlite3.connect(office.stores.audit.path or "")
    changed = raw.execute("SELECT entry FROM audit_leaf WHERE seq = 2").fetchone()[0]
    changed = changed.replace(b"release-1", b"release-7")
    raw.execute("UPDATE audit_leaf SET entry = ? WHERE seq = 2", (changed,))
    raw.commit()
    raw.close()
    for path, form in (("verify", {}), ("compare", {"note": saved})):
        done = dpo.send("/office/audit-log/check", f"/office/audit-log/{path}", form)
        text = dpo.get(done.headers["location"]).text
        assert "The log is not as it was" in text
        assert "Entry 2 was changed after it was written." in text
        assert "72 hours" in text


def test_a_log_too_damaged_for_entries_can_still_be_checked(office: Office, dpo: Browser) -> None:
    saved = dpo.get("/office/audit-log/checkpoint").text
    token = dpo.token("/office/audit-log/check")
    raw = sqlite3.connect(office.stores.audit.path or "")
    raw.execute("DELETE FROM audit_leaf WHERE seq = 5")
    raw.commit()
    raw.close()
    assert dpo.get("/office/audit-log").status_code == 503
    for path, form in (("verify", {}), ("compare", {"note": saved})):
        answer = dpo.post(f"/office/audit-log/{path}", {"_csrf": token} | form)
        assert answer.status_code in (200, 303)
        text = answer.text or dpo.get(answer.headers["location"]).text
        assert "The log is not as it was" in text


@pytest.mark.parametrize("note", ["nonsense", "a\n1\nb\n\n— c d\n", "x" * 30_000])
def test_what_is_no_checkpoint_is_said_so(dpo: Browser, note: str) -> None:
    done = dpo.send("/office/audit-log/check", "/office/audit-log/compare", {"note": note})
    assert "This is not a checkpoint of this log" in dpo.get(done.headers["location"]).text


def test_an_empty_box_is_an_error_of_its_field(dpo: Browser) -> None:
    answer = dpo.send("/office/audit-log/check", "/office/audit-log/compare", {"note": " "})
    assert answer.status_code == 422
    assert 'href="#note"' in answer.text


def test_only_results_are_shown_as_results(dpo: Browser) -> None:
    for seq in (0, 2, 999):
        assert dpo.get(f"/office/audit-log/results/{seq}").status_code == 404


def test_the_export_checks_against_the_saved_checkpoint(
    office: Office, dpo: Browser, tmp_path: Path
) -> None:
    saved, exported = tmp_path / "saved.txt", tmp_path / "log.zip"
    saved.write_text(dpo.get("/office/audit-log/checkpoint").text, encoding="utf-8")
    exported.write_bytes(dpo.get("/office/audit-log/export").content)
    key = office.audit.public_key
    assert verifier.main([str(exported), "--checkpoint", str(saved), "--key", key]) == 0
    with zipfile.ZipFile(io.BytesIO(exported.read_bytes())) as archive:
        lines = archive.read("entries.jsonl").decode()
    assert '"act":"log_exported"' in lines
    assert "dana" not in lines


def test_every_word_of_the_vocabulary_is_said_in_plain_words() -> None:
    assert set(words.ACT_WORDS) == set(Act)
    assert set(words.OBJECT_WORDS) == set(ObjectType)
    assert set(words.PURPOSE_WORDS) == set(Purpose)
    assert set(words.OUTCOME_WORDS) == set(Outcome)
    assert set(words.FINDING_WORDS) == set(Finding)


SERVICE = Path(survey_service.__file__).parent


def named(keyword: str) -> set[str]:
    """Every name that the service writes into entries under that keyword."""
    found: set[str] = set()
    for path in SERVICE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= named_in(function, keyword)
    return found


def named_in(function: ast.AST, keyword: str) -> set[str]:
    """The names of one function: written where they are handed on, or in a variable before."""
    nodes = list(ast.walk(function))
    given = [
        kw.value
        for node in nodes
        if isinstance(node, ast.Call)
        for kw in node.keywords
        if kw.arg == keyword
    ]
    spread = [
        kw.value
        for node in nodes
        if isinstance(node, ast.Call)
        for kw in node.keywords
        if kw.arg is None
    ]
    # What is spread into columns of a row is no entry of the log.
    if not any(isinstance(value, ast.Name) and value.id == keyword for value in spread):
        given += [
            node.value
            for node in nodes
            if isinstance(node, ast.Assign)
            and any(isinstance(to, ast.Name) and to.id == keyword for to in node.targets)
        ]
    return {
        str(key.value)
        for value in given
        if isinstance(value, ast.Dict)
        for key in value.keys
        if isinstance(key, ast.Constant)
    }


def test_every_count_and_fingerprint_in_the_log_has_words() -> None:
    assert "settled_floored_to_ten" in named("counts")
    assert "tombstones" in named("hashes")
    assert named("counts") <= set(words.COUNT_WORDS)
    assert named("hashes") <= set(words.HASH_WORDS)


def test_counts_are_named_in_the_language_of_the_page(office: Office, dpo: Browser) -> None:
    entry = AuditEntry(
        act=Act.WAVE_SETTLED,
        object_type=ObjectType.WAVE,
        purpose=Purpose.OPERATION,
        counts={"settled_floored_to_ten": 40},
    )
    place = office.audit.append_now(entry)
    text = dpo.get(f"/office/audit-log/entries/{place}?lang=lv").text
    assert "Apstrādātās anketas" in text
    assert "<dt><code>settled_floored_to_ten" not in text
