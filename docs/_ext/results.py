"""Tables, charts and numbers of the docs, from the files in ``benchmarks/results`` (`benchmarks/records.py`).

The directive ``results NAME`` shows a file: goal, command, table, sentence, date and machine. The heading above it is the file's
``title``. With ``:only: table`` it shows the table alone, and the page says the rest. ``{result}`NAME:ROW:COLUMN``` is
the text of a cell.
"""

import sys
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective, SphinxRole

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[2] / "benchmarks")]

import charts
import records

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def day(iso, year=True):
    """Write a date for readers: 26 November 2026."""
    y, month, of_month = iso.split("-")
    return f"{int(of_month)} {MONTHS[int(month) - 1]}" + f" {y}" * year


def days(measured):
    """Write a date or the first and the last one."""
    first, _, last = measured.partition("/")
    return f"{day(first, year=False)} to {day(last)}" if last else day(first)


def table(columns, rows):
    """Return a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]


def text(record, link):
    """Return a record in Markdown: above the chart, and below it."""
    above = [f"**Goal:** {record['goal']}", "", "```shell", record["command"], "```", ""]
    above += [*table(record["columns"], record["rows"]), "", record["sentence"]]
    where = f"Measured on {days(record['measured'])}, on [{record['machine']}]({link})"
    where += f": {record['conditions']}" if "conditions" in record else ""
    transcribed = " The table was transcribed from an earlier page." if record.get("transcribed") else ""
    return above, [f"{{.measured}}\n{where}.{transcribed}"]


class Results(SphinxDirective):
    """Show a file of results."""

    required_arguments = 1
    option_spec = {"only": lambda value: directives.choice(value, ("table",))}

    def run(self):
        try:
            record = records.read(self.arguments[0])
        except ValueError as error:
            raise self.error(str(error)) from None
        self.env.note_dependency(str(records.RESULTS / f"{self.arguments[0]}.json"))
        if "only" in self.options:
            return self.parsed(table(record["columns"], record["rows"]))
        up = "../" * self.env.docname.count("/")
        above, below = text(record, f"{up}results/index.md#machines")
        found = self.parsed(above)
        if "chart" in record:
            name = escape(f"{record['title']}: {', '.join(record['chart']['y'])}", quote=True)
            picture = f'<figure class="chart" role="img" aria-label="{name}">{charts.svg(record)}</figure>'
            found.append(nodes.raw("", picture, format="html"))
        return found + self.parsed("\n".join(below).splitlines())

    def parsed(self, lines):
        container = nodes.Element()
        self.state.nested_parse(StringList(lines, self.arguments[0]), 0, container)
        return container.children


class Result(SphinxRole):
    """The text of a cell."""

    def run(self):
        try:
            name, row, column = self.text.split(":", 2)
            shown = records.cell(records.read(name), row, column)
        except ValueError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        return [nodes.Text(shown)], []


class Machines(SphinxDirective):
    """Show machines.json."""

    def run(self):
        lines = []
        for key, facts in records.machines().items():
            hardware = [f"{facts['cores']} cores, {facts['processor']}, {facts['system']}."] * (
                "cores" in facts
            )
            lines.append(f"- **{key}**: {' '.join([*hardware, facts.get('note', '')])}".rstrip())
        container = nodes.Element()
        self.state.nested_parse(StringList(lines, "machines.json"), 0, container)
        return container.children


def setup(app):
    app.add_directive("results", Results)
    app.add_directive("machines", Machines)
    app.add_role("result", Result())
    return {"parallel_read_safe": True}
