"""Tables of the docs from what `udl-pt reproduce` and `udl-pt compare` write."""

import json

import pytest
import records
import reports

from udl_pt.comparison import Comparison, Way

CHAPTER3 = {
    "errors": {"pretrained": [0.2, 0.125], "not pretrained": [0.9]},
    "vanishing_gradient": {
        "layers": [20],
        "updates": {"pretrained": [1e-4, 0.02], "not pretrained": [1e-6, 0.03]},
    },
    "noisy_codes": {
        "hidden": 1000,
        "masked": 0.5,
        "clean pixels": {"errors": [0.1, 0.0629], "costs": [1, 0.2011]},
    },
}
RBMS = {
    "small": {
        "test_log_likelihood": {"exact": -166.871, "ais": -166.77, "reverse": -163.95},
        "standard_errors": {"ais": 0.351, "reverse": 0.18},
    },
    "large": {
        "test_log_likelihood": {"ais": -121.63, "reverse": -121.53},
        "standard_errors": {"ais": 0.11, "reverse": 0.1},
    },
}
CHAPTER6 = {
    "epsilons": [0.0, 0.1, 0.25],
    "errors": {"plain": {"sign": [0.07, 0.57, 0.9], "noise": [0.07, 0.31, 0.6]}},
    "test_errors": {"plain": 0.076},
}
FACTS = {"data": "MNIST subset embedded in udl_pt", "seed": 0, "dtype": "float32", "backend": "numba"}


def rows(table):
    return records.as_columns(table)[1]


def test_the_tables_of_chapter_3():
    assert rows(reports.errors(CHAPTER3)) == [
        ["pretrained", "2", "20.00, 12.50", "20.00", "12.50"],
        ["not pretrained", "1", "90.00", "90.00", "90.00"],
    ]
    moved = [["1", "1.0e-04", "1.0e-06"], ["logistic", "2.0e-02", "3.0e-02"]]
    assert rows(reports.updates(CHAPTER3)) == moved
    assert rows(reports.codes(CHAPTER3)) == [["clean pixels", "6.29%", "0.201"]]


def test_the_table_of_chapter_4_has_no_exact_value_of_a_large_rbm():
    assert rows(reports.likelihoods({"rbms": RBMS})) == [
        ["small", "-166.87", "-166.77 ± 0.35", "-163.95 ± 0.18"],
        ["large", "-", "-121.63 ± 0.11", "-121.53 ± 0.10"],
    ]


def test_the_table_of_chapter_6_is_of_the_change_that_it_was_hardened_for():
    assert rows(reports.attacks(CHAPTER6)) == [["plain", "7.60%", "57.0%", "31.0%"]]


def test_the_table_of_a_comparison():
    numpy = Way("numpy", import_cold=1.0, import_warm=1.0, cold=1.5, warm=1.5, ms=[3.0])
    jax = Way("jax", import_cold=2.0, import_warm=2.0, cold=3.5, warm=2.5, ms=[1.0])
    found = Comparison("RBM(100), float32", 2, "numpy", [jax, numpy], left_out={}).as_dict()
    first, second = rows(reports.steps(found))
    assert first[:5] == ["jax", "2.00", "3.50", "2.50", "1.00 ± 0.00"]
    assert first[5].startswith("1,001 and ")
    assert second[5] == ""


def test_a_report_becomes_a_file_of_results(tmp_path, monkeypatch):
    report, file = tmp_path / "report", tmp_path / "errors.json"
    report.mkdir()
    (report / "results.json").write_text(json.dumps(FACTS | {"chapters": {"3": CHAPTER3}}))
    monkeypatch.chdir(tmp_path)
    arguments = ["benchmarks/reports.py", "report", "errors", "--chapter", "3", "--json", str(file)]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.delenv("UDL_PT_DATA", raising=False)
    reports.main()
    written = json.loads(file.read_text())
    first, second = written["command"].splitlines()
    assert first == "udl-pt reproduce 3"
    assert second == "python benchmarks/reports.py report errors --chapter 3"
    assert written["conditions"] == "MNIST subset embedded in udl_pt; seed 0, float32, numba"


def test_a_table_of_a_report_needs_a_chapter(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["reports.py", str(tmp_path), "errors"])
    with pytest.raises(SystemExit):
        reports.main()
    assert "the table errors needs --chapter" in capsys.readouterr().err
