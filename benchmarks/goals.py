"""The goals for speed and memory, and whether the numbers of the benchmarks reach them.

`rows` takes what the parts of `bench.py` have written, by name, and returns a `Row` for each goal. A part
that has failed, or wasn't run, leaves its goals without a measurement.
"""

from dataclasses import dataclass

import numpy as np
from problems import AE, CD, DEEP, DENOISING, PCD
from step import ALONE

STEPS = {AE: 0.95, DENOISING: 0.95, CD: 0.95, PCD: 0.95, DEEP: 1.00}  # times the products alone
NAMES = {DENOISING: "denoising auto-encoder", CD: "CD-1", PCD: "PCD-1"}
OF_STEP = ("step", "step, other batches", "step, one thread")
FLAT = 0.16  # KB a row: 5% of the 3.1 that the data take


@dataclass
class Row:
    """A goal, what was measured, its spread, and whether it is reached (None: not measured)."""

    goal: str
    measured: str = "no numbers"
    spread: str = ""
    reached: bool | None = None


def compared(goal, value, limit, spread=(), *, unit="", digits=2, at_least=False, where=""):
    """Return the row of a goal that is a number; `spread` are the values of single rounds."""
    within = "" if len(spread) < 2 else f"{min(spread):.{digits}f}...{max(spread):.{digits}f}"
    measured = f"{value:.{digits}f}{unit}" + (f" ({where})" if where else "")
    return Row(goal, measured, within, bool(value >= limit if at_least else value <= limit))


def tables(found, parts=OF_STEP):
    """Return the rows of each table of `step.py`, by the table's name."""
    grouped = {}
    for part in parts:
        for row in found.get(part, {"results": []})["results"]:
            name = f"{row['kind']}, {row['dtype']}, batch of {row['batch']}"
            key = f"{name}, one thread" if part.endswith("one thread") else name
            grouped.setdefault(key, {})[row["way"]] = row
    return grouped


def ours(table):
    """Return the row of the fastest backend."""
    return min((r for way, r in table.items() if "udl_pt" in way and "fit" not in way), key=lambda r: r["ms"])


def peers(table):
    return [row for way, row in table.items() if "udl_pt" not in way and way != ALONE]


def steps(found):
    """Compare steps with their products, with peers, and with steps written in JAX."""
    main, every = tables(found, ["step"]), tables(found)
    for kind, limit in STEPS.items():
        goal = f"step of {NAMES.get(kind, kind)}, float32, batch of 100: at most {limit:.2f} x its products"
        table = main.get(f"{kind}, float32, batch of 100")
        if table is None:
            yield Row(goal)
            continue
        best = ours(table)
        yield compared(goal, best["ratio"], limit, best["ratios"], where=best["way"])
    ahead = {name: min(p["ms"] for p in peers(t)) / ours(t)["ms"] for name, t in every.items() if peers(t)}
    yield worst("every step: faster than the fastest peer (peer / udl_pt above 1)", ahead, 1.0, at_least=True)
    c = {name: t["udl_pt, c"]["ratio"] for name, t in main.items() if "udl_pt, c" in t}
    yield worst("every step on C, batch of 100: at most 1.3 x its products", c, 1.3)
    by_hand = {
        name: t["udl_pt, jax"]["ms"] / min(r["ms"] for way, r in t.items() if way.startswith("JAX"))
        for name, t in main.items()
        if "udl_pt, jax" in t and any(way.startswith("JAX") for way in t)
    }
    yield worst("every step on JAX, batch of 100: at most 1.1 x the same step written in JAX", by_hand, 1.1)


def worst(goal, values, limit, *, at_least=False, digits=2, unit=""):
    """Return the row of a goal for all of these values: the one that is farthest from it."""
    if not values:
        return Row(goal)
    name = (min if at_least else max)(values, key=values.get)
    met = sum(value >= limit if at_least else value <= limit for value in values.values())
    where = f"{name}; {met} of {len(values)} reach it"
    options = {"at_least": at_least, "digits": digits, "unit": unit, "where": where}
    return compared(goal, values[name], limit, list(values.values()), **options)


def later_fits(found):
    seen = found.get("refits", {"milliseconds": [], "memory": []})
    later = {
        f"{r['model']}, {r['backend']}": r["later"] for r in seen["milliseconds"] if r["backend"] != "jax"
    }
    yield worst(
        "later fits on Numba and C: at most 10 ms to the first step's end", later, 10, unit=" ms", digits=1
    )
    grown = {
        f"{r['way']} {r['backend'] or ''}".strip(): r["growth_mb"]
        for r in seen["memory"]
        if r["growth_mb"] is not None
    }
    yield worst("memory after the first ten calls: at most 5 MB more", grown, 5, unit=" MB", digits=1)
    alive = {f"{r['way']} {r['backend'] or ''}".strip(): r["alive"] for r in seen["memory"]}
    yield worst("models that are gone: no weight matrix in memory", alive, 0, digits=0)


def starts(found):
    limits = {"cold": {"first": 6, "last": 12}, "warm": {"first": 0.8, "last": 1.2}}
    names = {"first": "the auto-encoder's first step", "last": "the network's last function"}
    seen = {r["cache"]: r for r in found.get("start", []) if r["backend"] == "numba"}
    for cache, of_cache in limits.items():
        for column, limit in of_cache.items():
            goal = f"from a process's start, {cache} cache, to {names[column]}: at most {limit} s"
            runs = seen.get(cache)
            spread = runs["runs"][column] if runs else ()
            yield compared(goal, runs[column], limit, spread, unit=" s") if runs else Row(goal)


def others(found):
    side = {name: r["ratio"] for name, r in found.get("side_by_side", {}).items()}
    yield worst('side by side: "auto" at most 1.15 x the better of one and all threads', side, 1.15)
    shares = {f"{r['model']}, {r['rows']:,} rows": 100 * r["after_batches"] for r in found.get("monitor", [])}
    yield worst("default monitoring: at most 5% of an epoch", shares, 5, digits=1, unit="%")
    goal = "annealed importance sampling: at most 1.3 x its products"
    annealing = found.get("annealing")
    yield compared(goal, annealing[0]["ratio"], 1.3, annealing[0]["ratios"]) if annealing else Row(goal)
    goal = "exact t-SNE in float64: at least 10 x scikit-learn's speed"
    if "tsne" in found:
        fast, slow = (
            np.array(found["tsne"][way]["ms"]) for way in ("udl_pt, float64", "scikit-learn, exact")
        )
        ratio = float(np.median(slow) / np.median(fast))
        yield compared(goal, ratio, 10, list(slow / fast), at_least=True, digits=1)
    else:
        yield Row(goal)


def whole_programs(found):
    seen = found.get("end_to_end", {})
    for chapter in seen or ("3", "4"):
        for cache, limit in (("warm", 1.5), ("cold", 1.0)):
            goal = f"chapter {chapter}, {cache} cache: at least {limit} x as fast as eager PyTorch"
            ratio = seen.get(chapter, {}).get("ratios", {}).get(cache)
            rows = f"{seen[chapter]['rows']:,} images" if ratio else ""
            yield compared(goal, ratio, limit, at_least=True, where=rows) if ratio else Row(goal)


def memory(found):
    goal = f"pretraining on disk: memory flat in the rows (at most {FLAT} KB a row, 5% of the data)"
    grown = {}
    for model in {r["model"] for r in found.get("memory", [])}:
        of_model = [r for r in found["memory"] if r["model"] == model and r["hidden_values"] == "on disk"]
        fewest, most = (of_model[i] for i in np.argsort([r["rows"] for r in of_model])[[0, -1]])
        rows = max(most["rows"] - fewest["rows"], 1)
        grown[model] = 1000 * (most["peak_mb"] - fewest["peak_mb"]) / rows
    yield worst(goal, grown, FLAT, unit=" KB")


def rows(found):
    """Return a row for each goal."""
    parts = (steps, later_fits, starts, whole_programs, others, memory)
    return [row for part in parts for row in part(found)]
