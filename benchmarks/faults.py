"""Try to break the library: damaged files, kills, threads, extreme numbers, wrong arguments.

    python benchmarks/faults.py                          # all campaigns, hours
    python benchmarks/faults.py model_files --share 0.01  # one of them, a hundredth of its tries

It prints a table of tries and failures, and the first failures of each row; it ends with status 1 if there
were any. A campaign that raises an error is a failure, and the others go on. With --json FILE the table is
written after each campaign.
"""

import argparse
import importlib
import signal
import sys
import time
import traceback
from typing import Any

import records
from campaigns import Campaign
from rich.table import Table

from udl_pt._support.files import printable

MODULES = (
    "model_files",
    "saves",
    "resumed_fits",
    "data_files",
    "interrupts",
    "caches",
    "threads",
    "numbers",
    "arguments",
)
SHOWN = 5  # failures of a row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="CAMPAIGN", help=f"default: all, {', '.join(MODULES)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the tries; default: 1, all of them")
    parser.add_argument("--seed", type=int, default=0)
    records.add_json(parser)
    options = parser.parse_args()
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"there is no campaign {', '.join(sorted(unknown))}: choose from {', '.join(MODULES)}")
    # In the background, a shell ignores Ctrl-C for this process and for those that campaigns start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rows, table = [], Table("campaign", "tries", "failures", "seconds", title="Campaigns")
    print(f"{'campaign':<70} {'tries':>8} {'failures':>8} {'seconds':>8}")
    for name in options.modules or MODULES:
        for campaign in campaigns_of(name):
            row = row_of(campaign, max(1, round(options.share * campaign.tries)), options.seed)
            rows.append(row)
            numbers = f"{row['tries']:,}", f"{len(row['failures']):,}", f"{row['seconds']:,.0f}"
            table.add_row(row["campaign"], *numbers)
            records.write(options.json, table, {"seed": options.seed, "rows": rows})
            print(
                f"{row['campaign']:<70} {row['tries']:>8,} {len(row['failures']):>8,} {row['seconds']:>8.0f}",
                flush=True,
            )
            for failure in row["failures"][:SHOWN]:
                print(f"    {printable(failure)}")
    return int(any(row["failures"] for row in rows))


def campaigns_of(name: str) -> list[Campaign]:
    """Import a module's campaigns; where that fails, return one that raises the error."""
    try:
        return list(importlib.import_module(f"campaigns.{name}").CAMPAIGNS)
    except Exception as error:

        def run(tries: int, seed: int, error: Exception = error) -> Any:
            raise error

        return [Campaign(name, 1, run)]


def row_of(campaign: Campaign, tries: int, seed: int) -> dict[str, Any]:
    """Run a campaign, and return its row; an error that it raises is its last failure."""
    start, ended = time.perf_counter(), list[str | None]()
    try:
        ended.extend(campaign.run(tries, seed))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        ended.append(
            f"the campaign ended with {type(error).__name__}: {error} ({place.filename}:{place.lineno})"
        )
    failures = [result for result in ended if result is not None]
    seconds = time.perf_counter() - start
    return {"campaign": campaign.name, "tries": len(ended), "failures": failures, "seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
