"""Try to break the library: damaged files, kills, threads, extreme numbers, wrong arguments.

    python benchmarks/faults.py                          # all campaigns, hours
    python benchmarks/faults.py model_files --share 0.01  # one of them, a hundredth of its tries

It prints a table of tries and failures, and the first failures of each row; it ends with status 1 if there
were any.
"""

import argparse
import importlib
import json
import signal
import sys
import time
from pathlib import Path

MODULES = ("model_files", "saves", "data_files", "interrupts", "caches", "threads", "numbers", "arguments")
SHOWN = 5  # failures of a row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="CAMPAIGN", help=f"default: all, {', '.join(MODULES)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the tries; default: 1, all of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", help="write the table there, too")
    options = parser.parse_args()
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"there is no campaign {', '.join(sorted(unknown))}: choose from {', '.join(MODULES)}")
    # In the background, a shell ignores Ctrl-C for this process and for those that campaigns start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rows = []
    print(f"{'campaign':<70} {'tries':>8} {'failures':>8} {'seconds':>8}")
    for name in options.modules or MODULES:
        for campaign in importlib.import_module(f"campaigns.{name}").CAMPAIGNS:
            tries = max(1, round(options.share * campaign.tries))
            start = time.perf_counter()
            results = list(campaign.run(tries, options.seed))
            failures = [result for result in results if result is not None]
            seconds = time.perf_counter() - start
            print(f"{campaign.name:<70} {len(results):>8,} {len(failures):>8,} {seconds:>8.0f}", flush=True)
            for failure in failures[:SHOWN]:
                print(f"    {failure}")
            rows.append(
                {"campaign": campaign.name, "tries": len(results), "failures": failures, "seconds": seconds}
            )
    if options.json:
        Path(options.json).write_text(json.dumps({"seed": options.seed, "rows": rows}, indent=1) + "\n")
    return int(any(row["failures"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
