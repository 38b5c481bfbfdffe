from __future__ import annotations

import hashlib
import hmac
import json
import re
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from anonymisation import QuasiIdentifier, Roles, Sensitive, anonymise
from anonymisation.cli import main
from anonymisation.records import MaximumShare, report
from anonymisation.records.candidates import Setting
from tests.kit import adult


@pytest.fixture(scope="module")
def made() -> Any:
    frame = adult.records().iloc[:3000]
    keys = ("sex", "age", "race", "education")
    roles = Roles(
        {n: QuasiIdentifier(adult.hierarchies()[n]) for n in keys}
        | {n: "plain" for n in frame.columns if n not in (*keys, "salary-class")}
        | {"salary-class": Sensitive()}
    )
    models = [MaximumShare("salary-class", 0.95)]
    result = anonymise(frame, roles, k=5, models=models)
    tried = [Setting("optimal", 10, 0.05), Setting("mondrian", 5, 0.05), Setting("optimal", 2, 0.0)]
    return frame, roles, result, report(
        frame, roles, result, candidates=tried, by="race", key=b"k" * 32
    )  # fmt: skip


def test_the_page_asks_nobody_for_anything(made: Any) -> None:
    html = made[3].html
    assert set(re.findall(r"https?://[^\"' <]+", html)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
    }  # fmt: skip
    assert not re.search(r"<(script|link|img|iframe|object)\b|@import|url\(", html)
    assert html.count("<svg ") == html.count('role="img"') >= 4
    assert '<html lang="en">' in html


def test_the_document_holds_what_a_statistician_signs(made: Any) -> None:
    frame, _, result, done = made
    document = done.document
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["result"]["proven_optimal"] is True
    assert document["risk"]["before"]["checks"]["k"] == 1
    assert document["risk"]["after"]["checks"]["k"] == result.checks.k >= 5
    assert document["risk"]["after"]["exposed"] == 0
    assert document["risk"]["after"]["expected"] < document["risk"]["before"]["expected"]
    assert [c["chosen"] for c in document["candidates"]] == [True, False, False, False]
    assert document["parameters"]["seed"] is None
    assert set(document["utility"]["subgroups"]) == set(frame["race"].unique())
    text = frame.to_csv(index=False, lineterminator="\n").encode()
    wanted = hmac.new(b"k" * 32, text, hashlib.sha256).hexdigest()
    assert document["hashes"]["input_hmac_sha256"] == wanted


def test_words_of_the_file_cannot_become_markup() -> None:
    frame = pd.DataFrame({"<b>q": ["a", "b"] * 5, "s": ["<script>"] * 5 + ["&"] * 5})
    roles = Roles({"<b>q": QuasiIdentifier(), "s": Sensitive()})
    done = report(frame, roles, anonymise(frame, roles, k=2), candidates=[], scenario="<i>x")
    assert "<script>" not in done.html
    assert "<b>q" not in done.html
    assert "<i>x" not in done.html


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["records", *words])
    return done.exit_code, done.output


@pytest.fixture
def records(tmp_path: Path) -> Path:
    frame = pd.DataFrame({
        "id": range(40), "age": [20 + i % 9 for i in range(40)], "sex": ["f", "m"] * 20,
        "answer": ["yes", "no", "no", "yes", "maybe"] * 8,
    })  # fmt: skip
    frame.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path / "people.csv"


ROLES = ("--key", "age=intervals:5,10@2", "--key", "sex", "--sensitive", "answer",
         "--identifier", "id")  # fmt: skip


def test_the_command_writes_records_and_their_report(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said = run(str(records), *ROLES, "-k", "4", "--model", "share:answer:0.7",
                     "--out", str(out), "--json")  # fmt: skip
    assert code == 0, said
    told = json.loads(said)
    assert told["k"] >= 4
    assert told["proven_optimal"] is True
    published = pd.read_csv(out / "records.csv")
    assert list(published.columns) == ["age", "sex", "answer"]
    assert published.groupby(["age", "sex"]).size().min() >= 4
    assert json.loads((out / "report.json").read_text())["parameters"]["k"] == 4
    assert stat.S_IMODE((out / "report.key").stat().st_mode) == 0o600


def test_what_cannot_be_met_ends_with_one_and_bad_input_with_two(
    records: Path, tmp_path: Path
) -> None:
    rest = ("--out", str(tmp_path / "out"), "--no-report")
    assert run(str(records), *ROLES, "--model", "distinct:answer:4", "--limit", "0", *rest)[0] == 1
    for words in (
        ("--key", "sex"),
        (*ROLES, "-k", "100"),
        (*ROLES, "--model", "nonsense:answer"),
        (*ROLES, "--model", "share:answer:many"),
        (*ROLES, "--plain", "sex"),
        ("--key", "age=nothing.csv", "--key", "sex", "--plain", "id", "--plain", "answer"),
    ):
        code, said = run(str(records), *words, *rest)
        assert code == 2, said
        assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,a\n1,2\n", b"a,b\n1,2,3\n4\n"])
def test_files_that_are_no_table_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    code, said = run(str(tmp_path / "bad.csv"), "--key", "a", "--out", str(tmp_path / "out"))
    assert code == 2, said
