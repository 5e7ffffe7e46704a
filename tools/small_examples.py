"""The examples as the site's gallery runs them: with small sizes, and without a command line."""

import ast
import re
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"

# Values of variables that an example sets at its top. With them, a page takes seconds.
SMALL: dict[str, dict[str, Any]] = {
    "ch1_pca": {},
    "ch2_tsne": {"N": 200, "steps": 300},
    "ch3_autoencoder": {},
    "ch3_compose": {"N": 2000, "M": 100, "steps": 100},
    "ch3_deep_autoencoder": {"sizes": (100, 50, 2), "epochs": 10},
    "ch3_denoising": {"sizes": (200, 100), "epochs": 6},
    "ch3_dnn": {"sizes": (400, 300, 200), "epochs": (5, 10)},
    "ch3_fine_tuning": {"sizes": (200,), "epochs": 20, "pretrain_epochs": 5},
    "ch3_grid_search": {"sizes": ((100,),), "epochs": 20, "N": 1000},
    "ch3_ladder": {"sizes": (200, 100), "epochs": 10},
    "ch4_dnn": {"sizes": (400, 300, 200), "epochs": 5},
    "ch4_rbm": {"M": 100, "epochs": 5},
    "ch5_features": {"sizes": (100, 64), "epochs": 20, "steps": 300},
    "ch6_tricking": {"sizes": (200,), "epochs": 15},
}


def resized(source: str, **values: Any) -> str:
    """Return the source of an example with other values for variables of its settings.

    Settings are assigned together at the top level: ``N, K = 2000, 50``. The setting `place` becomes None,
    since a notebook has no command line.
    """
    values = {"place": None, **values}
    lines = re.sub(r"(?<=\n\n)import sys\n\n|import sys\n", "", source, count=1).splitlines(keepends=True)
    for statement in ast.parse("".join(lines)).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="place")]):
                new = 'place = None  # the embedded digits; or a folder of IDX files, or "train.csv"\n'
                del values["place"]
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=olds)):
                settings = {
                    ast.unparse(name): ast.unparse(old) for name, old in zip(names, olds, strict=True)
                }
                changed = values.keys() & settings.keys()
                if not changed:
                    continue
                settings |= {name: repr(values.pop(name)) for name in changed}
                new = f"{', '.join(settings)} = {', '.join(settings.values())}\n"
            case _:
                continue
        lines[statement.lineno - 1] = new
    unknown = ", ".join(sorted(values.keys() - {"place"}))
    if unknown:
        raise ValueError(f"the example sets no {unknown} at its top: correct tools/small_examples.py")
    return "".join(lines)


def copy_examples(folder: Path) -> None:
    """Write the examples with small sizes into a folder, with their page of contents for docs/gallery."""
    contents = (EXAMPLES / "README.rst").read_text(encoding="utf-8")
    contents = re.sub(r"`(\S+) <\1>`_", r":download:`\1 <../../examples/\1>`", contents)
    (folder / "README.rst").write_text(contents, encoding="utf-8")
    for name, values in SMALL.items():
        source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
        (folder / f"{name}.py").write_text(resized(source, **values), encoding="utf-8")
