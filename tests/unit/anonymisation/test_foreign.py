from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from anonymisation import Hierarchy, Policy, attack
from anonymisation.cli import main
from anonymisation.errors import BadHierarchy, BadTable
from anonymisation.foreign import Layout, read_foreign
from anonymisation.tables.foreign_facts import foreign_facts
from tests.unit.anonymisation.frames import survey

ONE = "region,sex,count\nA,f,c\nA,m,{am}\nA,*,20\nB,f,9\nB,m,c\nB,*,c\n*,f,12\n*,m,26\n*,*,38\n"


def written(folder: Path, **files: str) -> list[Path]:
    paths = []
    for name, text in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def run(*arguments: str) -> tuple[int, list[dict[str, object]]]:
    result = CliRunner().invoke(main, ["attack", *arguments, "--json"])
    said = json.loads(result.output)
    return result.exit_code, said.get("cells", said)


def test_a_table_of_another_tool_is_attacked_from_its_print(tmp_path: Path) -> None:
    paths = written(tmp_path, one=ONE.format(am=17))
    code, cells = run(str(paths[0]))
    found = {tuple(c["codes"]): (c["low"], c["high"], c["falls"]) for c in cells}
    assert code == 1
    assert found["A", "f"] == (3, 3, True)
    assert found["B", "*"] == (18, 18, True)


def test_only_small_counts_fall_where_a_threshold_is_named(tmp_path: Path) -> None:
    paths = written(tmp_path, one=ONE.format(am=17))
    code, cells = run(str(paths[0]), "--threshold", "5")
    assert code == 1
    assert [c["codes"] for c in cells if c["falls"]] == [["A", "f"]]
    hidden = ONE.format(am="c").replace("B,f,9", "B,f,c")
    safe = written(tmp_path, two=hidden)
    code, cells = run(str(safe[0]), "--threshold", "3")
    assert code == 0
    assert not any(c["falls"] for c in cells)


def test_files_are_taken_together(tmp_path: Path) -> None:
    """Each hides region A; the second prints the only other region of the first's total."""
    paths = written(
        tmp_path,
        one="region,count\nA,c\nB,c\n*,38\n",
        two="region,age,count\nB,old,5\nB,new,30\nB,*,35\n",
    )
    assert run(str(paths[0]))[0] == 0
    code, cells = run(*map(str, paths))
    assert code == 1
    assert {tuple(c["codes"]): c["low"] for c in cells} == {("A",): 3, ("B",): 35}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("<5", 0, 4), ("<=5", 0, 5), ("1-4", 1, 4), ("1 to 4", 1, 4), ("10+", 10, None),
     (">10", 11, None), ("≥10", 10, None), ("", 0, None), ("c", 0, None)],
)  # fmt: skip
def test_ranges_and_marks_are_ranges(tmp_path: Path, text: str, low: int, high: int | None) -> None:
    cell = read_foreign(written(tmp_path, one=f"v,count\na,{text}\n"), Layout())[0]
    assert (cell.low, cell.high, cell.hidden) == (low, high, True)
    known = Layout(noughts_printed=True)
    assert read_foreign([tmp_path / "one.csv"], known)[0].low == max(low, 1)


def test_numbers_are_read_as_people_write_them(tmp_path: Path) -> None:
    text = "v,count\na,1 234\nb,7.0\nc,\u00a012\n"
    cells = read_foreign(written(tmp_path, one=text), Layout())
    assert [c.low for c in cells] == [1234, 7, 12]


def test_a_range_that_the_rest_narrows_to_one_count_falls(tmp_path: Path) -> None:
    paths = written(tmp_path, one="v,count\na,<5\nb,30\nTotal,33\n")
    code, cells = run(str(paths[0]))
    assert (code, cells[0]["low"], cells[0]["falls"]) == (1, 3, True)
    open_ = written(tmp_path, two="v,count\na,<5\nb,<5\nd,30\nTotal,34\n")
    code, cells = run(str(open_[0]))
    assert (code, [(c["low"], c["high"]) for c in cells]) == (0, [(0, 4), (0, 4)])


def test_columns_marks_and_totals_may_have_other_names(tmp_path: Path) -> None:
    text = "where,n,flag,note\nA,3,D,x\nB,7,,y\nsum,10,,z\n"
    path = str(written(tmp_path, one=text)[0])
    options = ["--value", "n", "--mark", "flag", "--dimension", "where", "--withheld", "D"]
    code, cells = run(path, *options, "--total", "sum")
    assert code == 1
    assert cells[0]["low"] == 3
    code, _ = run(path, *options)
    assert code == 0, "with the total unnamed, it is a code like others"


def test_levels_of_a_hierarchy_are_sums_of_their_leaves(tmp_path: Path) -> None:
    paths = written(
        tmp_path, one="area,count\na,c\nb,6\nwest,10\nd,4\n*,14\n", areas="a;west;*\nb;west;*\n"
    )
    (tmp_path / "areas.csv").write_text("a;west;*\nb;west;*\nd;east;*\n")
    code, cells = run(str(paths[0]), "--hierarchy", f"area={tmp_path / 'areas.csv'}")
    assert (code, cells[0]["low"]) == (1, 4)
    assert run(str(paths[0]), "--hierarchy", f"area={paths[0]}")[0] == 2
    nested = Hierarchy("area", [("a", "west", "*")])
    with pytest.raises(BadHierarchy, match="misses the code 'b'"):
        foreign_facts(read_foreign(paths[:1], Layout()), Layout(), {"area": nested})


def test_combinations_without_a_row_may_be_noughts(tmp_path: Path) -> None:
    text = "r,s,count\nA,f,c\nA,*,9\nB,m,c\nB,*,7\n*,*,16\n"
    path = str(written(tmp_path, one=text)[0])
    assert run(path)[0] == 0
    code, cells = run(path, "--absent-is-nought")
    assert code == 1
    assert [c["low"] for c in cells] == [9, 7]


def test_our_own_files_give_the_same_intervals_as_the_folder(tmp_path: Path) -> None:
    survey().to_csv(tmp_path / "records.csv", index=False)
    out = tmp_path / "out"
    done = CliRunner().invoke(
        main,
        ["table", str(tmp_path / "records.csv"), "--table", "region*H1", "--out", str(out)],
    )
    assert done.exit_code == 0, done.output
    _, ours = run(str(out))
    _, theirs = run(str(out / "table-1.csv"), "--noughts-printed")
    assert ours
    assert [(c["low"], c["high"]) for c in ours] == [(c["low"], c["high"]) for c in theirs]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("v,number\na,3\n", "no column 'count'.*v, number"),
        ("v,count\na,3\na,4\n", "has a twice, again in line 3"),
        ("v,count\na,three\n", "'three' in line 2 of one.csv is neither"),
        ("v,count\na,-3\n", "'-3' in line 2"),
        ("v,count\na,2.5\n", "'2.5' in line 2"),
        ("v,count\n", "hold no cells"),
        ("v,count,mark\na,5,r\n", "line 2 of one.csv is rounded or noised"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(BadTable, match=what):
        read_foreign(written(tmp_path, one=text), Layout())


def test_folders_and_files_are_not_mixed(tmp_path: Path) -> None:
    path = written(tmp_path, one="v,count\na,3\n")[0]
    code, _ = run(str(path), str(tmp_path))
    assert code == 2


def test_tables_no_counts_can_satisfy_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, one="v,count\na,30\nb,c\n*,20\n")[0]
    facts = foreign_facts(read_foreign([path], Layout()), Layout(), {})
    with pytest.raises(BadTable):
        attack(facts, Policy())
