"""Tables, charts and numbers of the docs, from the files in ``benchmarks/results`` (`benchmarks/records.py`).

The directive ``results NAME`` shows a file: goal, command, table, sentence, chart, date and machine. The
heading above it is the file's ``title``. With ``:only: chart`` it shows the chart alone. The role
``{result}`NAME:ROW:COLUMN``` is the text of a cell. The directive ``machines`` lists the machines.
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

MONTHS = "January February March April May June July August September October November December"


def day(iso):
    """Write a date for readers: 26 November 2026."""
    year, month, of_month = map(int, iso.split("-"))
    return f"{of_month} {MONTHS.split()[month - 1]} {year}"


def days(measured):
    """Write a date, or the first and the last one."""
    first, _, last = measured.partition("/")
    return f"{day(first)} to {day(last)}" if last else day(first)


def shown_columns(record):
    """Return the columns and the rows, without lists of numbers that the chart draws."""
    chart = record.get("chart", {})
    drawn = chart["y"] if chart.get("kind") == "epochs" else []
    kept = [i for i, name in enumerate(record["columns"]) if name not in drawn]
    return [record["columns"][i] for i in kept], [[row[i] for i in kept] for row in record["rows"]]


def table(columns, rows):
    """Return a table in Markdown. A number and its deviation stay on one line."""
    shown = [[cell.replace("|", r"\|").replace(" ± ", "&nbsp;±&nbsp;") for cell in row] for row in rows]
    lines = [columns, ["---"] * len(columns), *shown]
    return ["| " + " | ".join(line) + " |" for line in lines]


def measured(record, link):
    """Return when and where a table was measured, in Markdown."""
    conditions = f" Conditions: {record['conditions']}." if "conditions" in record else ""
    transcribed = " Transcribed from an earlier page of these docs." if record.get("transcribed") else ""
    where = f"**Measured:** {days(record['measured'])}, machine [{record['machine']}]({link})."
    return where + conditions + transcribed


def picture(record):
    """Return the chart in HTML."""
    name = escape(f"{record['title']}: {', '.join(record['chart']['y'])}", quote=True)
    drawn = charts.svg(record).replace(
        "<svg", '<svg style="display: block; margin: auto; max-width: 100%; height: auto"', 1
    )
    return nodes.raw("", f'<figure role="img" aria-label="{name}">{drawn}</figure>', format="html")


def parsed(directive, lines):
    """Return the nodes of Markdown lines."""
    found = nodes.Element()
    directive.state.nested_parse(StringList(lines, directive.name), 0, found)
    return found.children


class Results(SphinxDirective):
    """Show a file of results."""

    required_arguments = 1
    option_spec = {"only": lambda value: directives.choice(value, ("chart",))}  # noqa: RUF012

    def run(self):
        """Return the nodes."""
        try:
            record = records.read(self.arguments[0])
        except ValueError as error:
            raise self.error(str(error)) from None
        self.env.note_dependency(str(records.RESULTS / f"{self.arguments[0]}.json"))
        if "only" in self.options:
            return [picture(record)]
        head = [f"**Goal:** {record['goal']}.", "", "```shell", *record["command"].splitlines(), "```", ""]
        rows = table(*shown_columns(record))
        shown = parsed(self, [*head, *rows, "", record["sentence"]])
        link = "../" * self.env.docname.count("/") + "results/index.md#machines"
        chart = [picture(record)] if "chart" in record else []
        return shown + chart + parsed(self, [measured(record, link)])


class Result(SphinxRole):
    """The text of a cell."""

    def run(self):
        """Return the node."""
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
        """Return the nodes."""
        lines = []
        for key, facts in records.machines().items():
            cores = [f"{facts['cores']} cores"] if "cores" in facts else []
            said = ", ".join([*cores, *(facts[name] for name in ("processor", "system") if name in facts)])
            lines.append(f"- **{key}**: {'. '.join(filter(None, [said, facts.get('note')]))}")
        return parsed(self, lines)


def add_static_files(app):
    """Add the folder of the style sheet."""
    app.config.html_static_path.append(str(Path(__file__).parent / "static"))


def setup(app):
    """Add the directives, the role and the style sheet."""
    app.connect("builder-inited", add_static_files)
    app.add_css_file("site.css")
    app.add_directive("results", Results)
    app.add_directive("machines", Machines)
    app.add_role("result", Result())
    return {"parallel_read_safe": True}
