"""A run as one HTML page that needs no network: tables and plots."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from s3ns import __version__
from s3ns.benchmarks.s3.diagnosis import ES
from s3ns.benchmarks.s3.plots import COLOURS, Bar, Line, Point, bars, chart
from s3ns.benchmarks.s3.rigorous import TRIVIAL, most_certain, share_scored
from s3ns.benchmarks.s3.run import Run
from s3ns.benchmarks.s3.scoring import Cell, Floats, Table
from s3ns.facts import sign_named
from s3ns.report.words import NOTICE

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1b; --soft: #555;
  --faint: #777; --rule: #d9d9d9; --alarm: #a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e6e6;
  --soft: #b0b0b0; --faint: #999; --rule: #3a3d42; --alarm: #ff8a80; } }
body { background: var(--paper); color: var(--ink); margin: 0 auto; max-width: 72em;
  padding: 1.5em 1em; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5em; line-height: 1.25; } h2 { font-size: 1.15em; margin-top: 2em; }
nav ul { columns: 20em; padding-left: 1.2em; } a { color: inherit; }
.note { color: var(--soft); max-width: 48em; } .warning { color: var(--alarm);
  font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; }
td, th { border-bottom: 1px solid var(--rule); padding: 3px 8px; text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; vertical-align: baseline; }
td:first-child, th:first-child { text-align: left; position: sticky; left: 0;
  background: var(--paper); white-space: normal; min-width: 8em; }
th { white-space: normal; }
@media (min-width: 50em) { td:first-child, th:first-child { min-width: 17em; } }
tr.trivial td { color: var(--faint); font-style: italic; }
figure { margin: 1.5em 0; max-width: 36em; } figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--ink); } svg .grid { stroke: var(--rule); }
svg .reference { stroke: var(--faint); stroke-dasharray: 6 5; }
svg .floor { fill: var(--faint); }
.legend { list-style: none; padding: 0; margin: .4em 0; font-size: 13px; }
.legend span { display: inline-block; width: 1.6em; height: .3em; margin: 0 .6em .2em 0;
  vertical-align: middle; }
"""

_LETTERS = {"auc", "f1", "lcs", "mae", "mcc", "rqi"}
"""Words that are written in capitals."""

_BINS = 8
_CURVES = len(COLOURS)
_LEAST_SHARE = 0.5
"""Of fewer events a score says nothing."""


def page(run: Run) -> str:
    """Return the page of a run."""
    shown = [table for table in run.tables if table.rows]
    links = "".join(
        f"<li><a href='#{escape(table.name)}'>{escape(_short(table.title))}</a></li>"
        for table in shown
    )
    parts = [*map(_section, shown, [run] * len(shown)), _damage(run.damage)]
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>s3ns benchmark</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Seizure-Semiology-Suite, scored by s3ns {escape(__version__)}</h1>\n"
        f"<p>Split {escape(run.split)}, {len(run.events)} events of "
        f"{len({event['patient'] for event in run.events})} patients. Italics: answers "
        "that need no system.</p>"
        f"<p class='warning'>{escape(NOTICE)}</p>\n<nav><ul>{links}</ul></nav>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _short(title: str) -> str:
    return title.rpartition(" (")[0]


def _section(table: Table, run: Run) -> str:
    plots = ""
    if table.name == "recognition_signs":
        plots = _signs(table)
    elif table.name == "diagnosis" and (systems := most_certain(run.leads)):
        chosen = systems[:_CURVES]
        judged = [name for name in chosen if name in run.answers][:2]
        plots = _risk(run, chosen) + _calibration(run, judged)
        plots += "".join(_confusion(run, name) for name in judged)
    return (
        f"<section id='{escape(table.name)}'><h2>{escape(table.title)}</h2>"
        f"<p class='note'>{escape(table.note)}</p>{_table(table)}{plots}</section>"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(_head(name))}</th>" for name in table.columns)
    rows = []
    for row in table.rows:
        kind = "trivial" if str(row[table.columns[0]]).startswith(TRIVIAL) else ""
        cells = "".join(f"<td>{_cell(row.get(name))}</td>" for name in table.columns)
        rows.append(f"<tr class='{kind}'>{cells}</tr>")
    return (
        f"<div class='wide'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _head(name: str) -> str:
    words = (w.upper() if w in _LETTERS else w for w in name.split("_"))
    return " ".join(words)


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))


def _signs(table: Table) -> str:
    """Draw for each sign the best F1 of a system beside that of always yes."""
    trivial = next((r for r in table.rows if r["system"] == f"{TRIVIAL}always yes"), {})
    rows = []
    for sign in table.columns[1:]:
        values = [
            (value, str(row["system"]))
            for row in table.rows
            if isinstance(value := row.get(sign), float)
            and not str(row["system"]).startswith(TRIVIAL)
        ]
        best, name = max(values, default=(0.0, "no system"))
        floor = trivial.get(sign)
        rows.append(
            Bar(
                sign_named(sign).title,
                best,
                floor if isinstance(floor, float) else 0.0,
                f"{name}: {best:.2f}",
            )
        )
    title = "F1 of each sign: the best system, and always yes in grey"
    return bars(title, rows, floor="always yes")


def _labels(run: Run) -> Floats:
    return np.array([float(event["label"] == ES) for event in run.events])


def _risk(run: Run, systems: Sequence[str]) -> str:
    """Draw the macro-F1 of the events of largest lead, by their share."""
    labels = _labels(run) > 0
    lines = [
        Line(
            name,
            [
                (float(share), share_scored(np.array(run.leads[name]), labels, share))
                for share in np.linspace(_LEAST_SHARE, 1.0, 26)
            ],
            colour,
        )
        for name, colour in zip(systems, COLOURS, strict=False)
    ]
    axes = ("share of events decided, the largest leads first", "macro-F1 of these")
    title = "Risk and coverage"
    return chart(title, lines, axes, x=(_LEAST_SHARE, 1.0), y=(0.5, 1.0))


def _calibration(run: Run, systems: Sequence[str]) -> str:
    """Draw how often leads of a size came from epileptic seizures."""
    labels = _labels(run)
    lines = [Line("as it should be", [(0.0, 0.0), (1.0, 1.0)])]
    for name, colour in zip(systems, COLOURS, strict=False):
        chance = 1 / (1 + np.exp(-np.array(run.leads[name])))
        edges = np.quantile(chance, np.linspace(0, 1, _BINS + 1))
        place = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, _BINS - 1)
        points: list[Point] = [
            (float(chance[place == k].mean()), float(labels[place == k].mean()))
            for k in range(_BINS)
            if (place == k).any()
        ]
        lines.append(Line(name, points, colour))
    axes = ("chance of an epileptic seizure by the lead", "share of such events")
    return chart("Calibration, from even odds", lines, axes)


def _confusion(run: Run, system: str) -> str:
    said = run.answers[system]
    true = [event["label"] for event in run.events]
    names = sorted(set(true))
    pairs = list(zip(true, said, strict=True))
    columns = ["true", *(f"called {name}" for name in names), "no answer"]
    table = Table("confusion", system, columns)
    for label in names:
        counts = (pairs.count((label, name)) for name in [*names, None])
        table.rows.append(dict(zip(columns, [label, *counts], strict=True)))
    return f"<h3>Confusion: {escape(system)}</h3>{_table(table)}"


def _damage(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    if not lines:
        return ""
    return (
        "<section><h2>What was wrong with the files</h2><details><summary>"
        f"{len(lines)} kinds of damage</summary><ul>{items}</ul></details></section>"
    )
