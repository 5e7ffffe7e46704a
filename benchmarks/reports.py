"""A table from a folder that `udl-pt reproduce` or `udl-pt compare` wrote.

python benchmarks/reports.py report errors --chapter 3 [--json FILE]
python benchmarks/reports.py comparison steps [--json FILE]
"""

import argparse
import json
from pathlib import Path

import records
from rich.console import Console
from rich.table import Table

CHANGE = 0.1  # of each pixel, for which the book's program hardens a network


def errors(chapter):
    """Return the test errors of chapters 3 and 4."""
    columns = ("network", "epochs", "test error after each epoch, %", "after the first, %", "at the end, %")
    table = Table(*columns)
    for network, each in chapter["errors"].items():
        shown = [f"{100 * error:.2f}" for error in each]
        table.add_row(network, str(len(each)), ", ".join(shown), shown[0], shown[-1])
    return table


def updates(chapter):
    """Return how far a step moves the weights of each layer, in chapter 3."""
    found = chapter["vanishing_gradient"]
    table = Table("layer", *found["updates"])
    names = [*map(str, range(1, 1 + len(found["layers"]))), "logistic"]
    for name, *moved in zip(names, *found["updates"].values(), strict=True):
        table.add_row(name, *(f"{value:.1e}" for value in moved))
    return table


def codes(chapter):
    """Return what a logistic regression makes of chapter 3's codes of more units than pixels."""
    found = chapter["noisy_codes"]
    columns = "test error of a logistic regression", "cost of a label, nats"
    table = Table(f"{found['hidden']:,} units, learned from", *columns)
    for name in (name for name, code in found.items() if isinstance(code, dict)):
        table.add_row(name, f"{found[name]['errors'][-1]:.2%}", f"{found[name]['costs'][-1]:.3f}")
    return table


def likelihoods(chapter):
    """Return the mean test log-likelihoods of chapter 4's small RBMs."""
    table = Table("RBM", "exact, nats", "AIS", "reverse AIS")
    for name, rbm in chapter["rbms"].items():
        found, deviations = rbm["test_log_likelihood"], rbm["standard_errors"]
        exact = f"{found['exact']:.2f}" if "exact" in found else "-"
        table.add_row(
            name, exact, *(f"{found[way]:.2f} ± {deviations[way]:.2f}" for way in ("ais", "reverse"))
        )
    return table


def attacks(chapter):
    """Return the errors of chapter 6's networks on untouched images, and on images changed by `CHANGE`."""
    place = chapter["epsilons"].index(CHANGE)
    table = Table("network", "untouched", *next(iter(chapter["errors"].values())))
    for network, of_attacks in chapter["errors"].items():
        shown = (f"{each[place]:.1%}" for each in of_attacks.values())
        table.add_row(network, f"{chapter['test_errors'][network]:.2%}", *shown)
    return table


def steps(comparison):
    """Return the ways of a comparison: the seconds and the steps that compiling takes."""
    columns = "way", "seconds to import", "cold", "warm", "ms a step"
    table = Table(*columns, "steps after which compiling has paid, cold and warm", "MB")
    for way in comparison["ways"]:
        low, high = way["ms_quartiles"]
        paid = [way[name] for name in ("break_even_steps_cold", "break_even_steps_warm") if name in way]
        seconds = (f"{way[name]:.2f}" for name in ("import_warm", "cold", "warm"))
        ms = f"{way['ms_median']:.2f} ± {(high - low) / 2:.2f}"
        said = " and ".join("never" if number is None else f"{number:,}" for number in paid)
        table.add_row(way["name"], *seconds, ms, said, f"{way['peak_memory'] / 1e6:.0f}")
    return table


CHAPTERS = {t.__name__: t for t in (errors, updates, codes, likelihoods, attacks)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", choices=[*CHAPTERS, "steps"])
    parser.add_argument("--chapter", choices=["3", "4", "6"])
    records.add_json(parser)
    options = parser.parse_args()
    if options.table == "steps":
        found = json.loads((options.folder / "comparison.json").read_text(encoding="utf-8"))
        table, said = steps(found), f"{found['model']}, {found['steps']} steps"
        before = ["udl-pt compare MODEL --theano PYTHON"]
    else:
        if options.chapter is None:
            parser.error(f"the table {options.table} needs --chapter")
        found = json.loads((options.folder / "results.json").read_text(encoding="utf-8"))
        table = CHAPTERS[options.table](found["chapters"][options.chapter])
        said = f"{found['data']}; seed {found['seed']}, {found['dtype']}, {found['backend']}"
        data = "" if "embedded" in found["data"] else " --data FOLDER"
        before = [f"udl-pt reproduce {options.chapter}{data}"]
    Console().print(table)
    records.write(options.json, table, conditions=said, before=before)


if __name__ == "__main__":
    main()
