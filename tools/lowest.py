"""Print the lowest versions that pyproject.toml allows, as constraints for pip."""

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("jax", "test", "tsne")  # the extras that the core tests need


def main(project=PROJECT):
    """Print a line ``name==version`` for each requirement, and return the lines."""
    table = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    requirements = [*table["dependencies"], *(r for e in EXTRAS for r in table["optional-dependencies"][e])]
    lines = []
    for requirement in requirements:
        bound = re.match(r"([\w.-]+)>=([\d.]+)", requirement)
        if bound is None:
            raise ValueError(f"{requirement!r} has no lower bound: write it as name>=version")
        lines.append("==".join(bound.groups()))
    print("\n".join(lines))
    return lines


if __name__ == "__main__":
    main()
