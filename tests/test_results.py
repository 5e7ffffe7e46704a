"""The files of results: their form, their commands, the pages that show them, and what the README cites."""

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest
import records
from rich.table import Table
from threadpoolctl import threadpool_limits

from udl_pt.cli._main import _parser

ROOT = Path(__file__).parents[1]
FILES = sorted(path.stem for path in records.RESULTS.glob("*.json") if path.stem != "machines")
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
SHOWN = re.compile(r"^```\{results\} (\S+)$", re.M)
CITED = re.compile(r"\{result\}`([^`]*)`")
GOOD = {
    "title": "Steps",
    "goal": "be fast",
    "command": "python benchmarks/step.py",
    "measured": "2026-11-24/2026-11-25",
    "machine": "mine",
    "columns": ["way", "ms"],
    "rows": [["numba", "1.10"], ["c", "2,100 ± 3"]],
    "sentence": "Numba is faster.",
    "chart": {"kind": "bar", "x": "way", "y": ["ms"], "label": "ms"},
}
EVERY_FILE = pytest.mark.parametrize("name", FILES)


def charts():
    spec = importlib.util.spec_from_file_location("docs_charts", ROOT / "docs" / "_ext" / "charts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(*rows):
    made = Table("way", "ms")
    for row in rows:
        made.add_row(*row)
    return made


@EVERY_FILE
def test_a_file_has_the_form_that_records_describes(name):
    assert records.read(name)["title"]


def test_a_good_record_has_nothing_wrong():
    assert records.check(GOOD, ["mine"]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"goal": " "}, "goal is missing or empty"),
        ({"sentence": ""}, "sentence is missing or empty"),
        ({"measured": "26 November"}, "measured is '26 November', expected 2026-11-24 or"),
        ({"machine": "yours"}, "machine 'yours' is not in machines.json: mine"),
        ({"rows": [["numba"]]}, "row 0 has 1 cells, expected 2"),
        ({"rows": [["numba", 1.1]]}, "row 0 has a cell that is no text"),
        ({"rows": []}, "rows are missing or empty"),
        ({"columns": [1]}, "columns must be texts"),
        ({"chart": {"kind": "bar", "x": "way", "y": ["s"]}}, "the chart's column 's' is not in columns"),
        ({"transcribed": "yes"}, "transcribed is 'yes', of the wrong type"),
        ({"remark": "x"}, "'remark' is not a member of a record"),
    ],
)
def test_what_is_wrong_is_named(change, said):
    (wrong,) = records.check(GOOD | change, ["mine"])
    assert wrong.startswith(said)


def test_a_missing_file_is_named():
    with pytest.raises(ValueError, match=r"there is no file nothing\.json of results in "):
        records.read("nothing")


@EVERY_FILE
def test_a_command_is_there_and_knows_its_options(name):
    lines = records.read(name)["command"].splitlines()
    assert "python " in lines[-1]  # udl-pt writes files of another form
    for line in lines:
        words = [word for word in shlex.split(line) if not re.match(r"[A-Z_]+=", word)]
        if words[0] == "udl-pt":
            words = ["rbm" if word == "MODEL" else word for word in words[1:]]
            assert _parser().parse_args(words)
            continue
        python, script, *rest = words
        assert python == "python"
        text = (ROOT / script).read_text(encoding="utf-8")
        for option in (word for word in rest if word.startswith("--")):
            assert f'"{option}"' in text, (script, option)
        if not script.startswith("examples/"):
            assert "records.write(" in text, f"{script} writes no file of results"


def test_pages_and_files_are_the_same():
    assert {name for text in PAGES.values() for name in SHOWN.findall(text)} == set(FILES)


def test_the_heading_above_a_table_is_the_title_of_its_file():
    for path, text in PAGES.items():
        shown = re.sub(r"```\{results\} \S+\n:only: chart\n", "", text)
        for name in SHOWN.findall(shown):
            above = shown[: shown.index(f"```{{results}} {name}\n")]
            heading = re.findall(r"^#+ (.*)$", above, re.M)[-1]
            assert heading == records.read(name)["title"], path.name


def test_cited_cells_are_there():
    cited = [text for page in PAGES.values() for text in CITED.findall(page)]
    assert cited
    for text in cited:
        name, row, column = text.split(":", 2)
        assert records.cell(records.read(name), row, column)


def test_a_cell_is_named_by_the_first_cells_of_its_row():
    rows = [["numba", "cold", "6.6"], ["numba", "warm", "1.2"], ["numba, in fit", "", "3"]]
    record = {"title": "Start", "columns": ["backend", "cache", "s"], "rows": rows}
    assert records.cell(record, "numba, warm", "s") == "1.2"
    with pytest.raises(ValueError, match="3 rows begin with 'numba', expected one: Start"):
        records.cell(record, "numba", "s")
    with pytest.raises(ValueError, match="there is no column 'ms', expected one of"):
        records.cell(record, "numba, warm", "ms")


def numbers(texts):
    return [float(text.split()[0].strip("%").replace(",", "")) for text in texts]


@pytest.mark.parametrize("name", [name for name in FILES if "chart" in records.read(name)])
def test_a_chart_draws_every_number_within_its_axes(name):
    record = records.read(name)
    chart = record["chart"]
    columns = [[row[record["columns"].index(y)] for row in record["rows"]] for y in chart["y"]]
    (axes,) = charts().figure(record).axes
    if chart["kind"] == "bar":
        drawn, (low, high) = [[bar.get_width() for bar in bars] for bars in axes.containers], axes.get_xlim()
    else:
        drawn, (low, high) = [list(line.get_ydata()) for line in axes.get_lines()], axes.get_ylim()
    if chart["kind"] == "epochs":
        columns = [text.split(", ") for text in columns[0]]
    assert drawn == [numbers(column) for column in columns]
    assert low > 0 or "y" not in chart.get("log", "")
    assert all(low <= value <= high for values in drawn for value in values)
    assert f">{chart['label']}</text>" in charts().svg(record)


def test_a_number_of_a_cell():
    number = charts().number
    assert number("16.80 ± 0.98%") == 16.8
    assert number("2,100") == 2100
    assert number("1.7e-04") == 1.7e-4
    assert number("-84.24") == -84.24
    assert number("never") != number("never")  # NaN


def test_a_benchmark_writes_a_file_and_keeps_what_a_person_wrote(tmp_path, monkeypatch):
    file = tmp_path / "steps.json"
    monkeypatch.setattr("sys.argv", ["benchmarks/step.py", "--rounds", "2", "--json", str(file)])
    monkeypatch.delenv("UDL_PT_DATA", raising=False)
    records.write(file, table(("numba", "1.10")), {"ms": 1.1}, conditions="one thread")
    first = json.loads(file.read_text())
    assert first["command"] == "python benchmarks/step.py --rounds 2"
    assert (first["columns"], first["rows"]) == (["way", "ms"], [["numba", "1.10"]])
    assert (first["numbers"], first["conditions"]) == ({"ms": 1.1}, "one thread")
    assert first["versions"]["Python"].startswith("3.")
    wrong = records.check(first, records.machines(tmp_path))
    assert wrong == ["goal is missing or empty", "sentence is missing or empty"]

    written = {"title": "Steps", "goal": "be fast", "sentence": "It is.", "chart": GOOD["chart"]}
    file.write_text(json.dumps(first | written | {"transcribed": True}))
    records.write(file, table(("numba", "1.10")))
    again = records.read("steps", tmp_path)
    assert {name: again[name] for name in written} == written
    assert "transcribed" not in again
    with threadpool_limits(1, "blas"):
        records.write(file, table(("numba", "1.20")))
    last = json.loads(file.read_text())
    assert last["sentence"] == ""
    assert re.fullmatch(r"OpenBLAS with the kernels \w+, 1 thread", last["conditions"])
    assert len(records.machines(tmp_path)) == 1


def test_the_readme_cites_the_files():
    readme = re.sub(r"\s+", " ", (ROOT / "README.md").read_text(encoding="utf-8"))
    recipes = records.read("recipes")
    cited = re.search(r"error is (\S+%) for denoising .* and (\S+%) for a deep belief network", readme)
    assert list(cited.groups()) == [records.cell(recipes, name, "mean") for name in ("ladder", "dbn")]
    runs = records.read("chapter3_embedded")
    pretrained, plain = (
        [float(text) for text in records.cell(runs, name, "test error after each epoch, %").split(", ")]
        for name in ("pretrained", "not pretrained")
    )
    reached = next(epoch for epoch, error in enumerate(plain, 1) if error <= pretrained[0])
    assert f"the network without pretraining reaches after {reached} epochs" in readme
    assert f"reaches after {reached} epochs" in runs["sentence"]


def test_the_sentence_about_the_goals_counts_them():
    goals = records.read("goals")
    reached = [row for row in goals["rows"] if row[-1] == "yes"]
    assert goals["sentence"] == f"{reached_in_words(len(reached))} of {len(goals['rows'])} goals are reached."


def reached_in_words(count):
    return ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"][count]
