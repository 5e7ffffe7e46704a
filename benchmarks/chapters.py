"""Tables from a report of `udl-pt reproduce`: test errors, likelihoods, how far layers move.

udl-pt reproduce 3
python benchmarks/chapters.py report errors --chapter 3 [--json FILE]
"""

import argparse
import json
from pathlib import Path

import records
from rich.console import Console
from rich.table import Table


def errors(chapter):
    """Return the table of test errors."""
    table = Table(
        "network", "epochs", "test error after each epoch, %", "after the first, %", "at the end, %"
    )
    for network, each in chapter["errors"].items():
        shown = [f"{100 * error:.2f}" for error in each]
        table.add_row(network, str(len(each)), ", ".join(shown), shown[0], shown[-1])
    return table


def likelihoods(chapter):
    """Return the table of mean test log-likelihoods of small RBMs."""
    table = Table("RBM", "exact, nats", "AIS", "reverse AIS")
    for name, rbm in chapter["rbms"].items():
        found, errors = rbm["test_log_likelihood"], rbm["standard_errors"]
        exact = f"{found['exact']:.2f}" if "exact" in found else "-"
        table.add_row(name, exact, *(f"{found[way]:.2f} ± {errors[way]:.2f}" for way in ("ais", "reverse")))
    return table


def updates(chapter):
    """Return the table of how far a step moves each layer's weights."""
    found = chapter["vanishing_gradient"]
    table = Table("layer", *found["updates"])
    names = [*map(str, range(1, 1 + len(found["layers"]))), "logistic"]
    for name, *moved in zip(names, *found["updates"].values(), strict=True):
        table.add_row(name, *(f"{value:.1e}" for value in moved))
    return table


TABLES = {"errors": errors, "likelihoods": likelihoods, "updates": updates}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path, help="the folder that udl-pt reproduce wrote")
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--chapter", choices=["3", "4"], required=True)
    records.add_json(parser)
    options = parser.parse_args()
    report = json.loads((options.report / "results.json").read_text(encoding="utf-8"))
    table = TABLES[options.table](report["chapters"][options.chapter])
    Console().print(table)
    said = f"{report['data']}; seed {report['seed']}, {report['dtype']}, {report['backend']}"
    data = "" if "embedded" in report["data"] else " --data FOLDER"
    before = [f"udl-pt reproduce {options.chapter}{data}"]
    records.write(options.json, table, conditions=said, before=before)


if __name__ == "__main__":
    main()
