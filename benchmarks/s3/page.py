"""A run as one HTML page that needs no network: tables, and plots drawn as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from s3ns import __version__
from s3ns.benchmarks.s3.diagnosis import ES
from s3ns.benchmarks.s3.rigorous import TRIVIAL
from s3ns.benchmarks.s3.run import Run
from s3ns.benchmarks.s3.scoring import Cell, Table, confusion, rates

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"
"""Okabe and Ito's colours, which colour-blind people can tell apart."""

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 70em; }
table { border-collapse: collapse; font-size: 13px; } caption { text-align: left; }
td, th { border-bottom: 1px solid #ddd; padding: 2px 8px; text-align: right; }
td:first-child, th:first-child { text-align: left; }
tr.trivial td { color: #777; } .note { color: #555; } figure { margin: 1.5em 0; }
.warning { color: #a00; font-weight: 600; }
"""

_BINS = 8
_CURVES = 4


def page(run: Run) -> str:
    """Return the page of a run."""
    parts = [_plots(run), *map(_table, run.tables), _damage(run.damage)]
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<title>s3ns benchmark</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Seizure-Semiology-Suite, scored by s3ns {escape(__version__)}</h1>\n"
        f"<p>Split {escape(run.split)}, {len(run.events)} events.</p>"
        "<p class='warning'>Research use only: not a medical device.</p>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    rows = []
    for row in table.rows:
        kind = "trivial" if str(row[table.columns[0]]).startswith(TRIVIAL) else ""
        cells = "".join(f"<td>{_cell(row.get(name))}</td>" for name in table.columns)
        rows.append(f"<tr class='{kind}'>{cells}</tr>")
    return (
        f"<h2>{escape(table.title)}</h2><p class='note'>{escape(table.note)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))


def _plots(run: Run) -> str:
    figures = [
        _bars(table) for table in run.tables if table.name == "recognition_signs"
    ]
    if run.leads:
        chosen = list(run.leads)[:_CURVES]
        figures += [_risk(run, chosen), _calibration(run, chosen[0])]
        figures.append(_confusion(run, chosen[0]))
    return "\n".join(figures)


def _bars(table: Table) -> str:
    """Draw for each sign the best F1 of a system beside that of always yes."""
    signs = table.columns[1:]
    trivial = next((r for r in table.rows if r["system"] == f"{TRIVIAL}always yes"), {})
    bars = []
    for place, sign in enumerate(signs):
        values = [
            (value, str(row["system"]))
            for row in table.rows
            if isinstance(value := row.get(sign), float)
            and not str(row["system"]).startswith(TRIVIAL)
        ]
        best, name = max(values, default=(0.0, "no system"))
        floor = trivial.get(sign)
        floor = floor if isinstance(floor, float) else 0.0
        y = 22 * place
        bars.append(
            f"<text x='195' y='{y + 14}' text-anchor='end'>{escape(sign)}</text>"
            f"<rect x='200' y='{y + 2}' width='{500 * best:.0f}' height='9' "
            f"fill='{BLUE}'><title>{escape(name)}: {best:.2f}</title></rect>"
            f"<rect x='200' y='{y + 12}' width='{500 * floor:.0f}' height='5' "
            f"fill='{GREY}'><title>always yes: {floor:.2f}</title></rect>"
        )
    return _figure(
        "F1 of each sign: the best system (blue) beside always yes (grey)",
        720,
        22 * len(signs) + 4,
        "".join(bars),
    )


def _risk(run: Run, systems: Sequence[str]) -> str:
    """Draw the macro-F1 of the events of largest lead, by their share."""
    labels = np.array([event["label"] == ES for event in run.events])
    curves = []
    for colour, system in zip((BLUE, ORANGE, GREEN, GREY), systems, strict=False):
        leads = np.array(run.leads[system])
        order = np.argsort(-np.abs(leads), kind="stable")
        points = []
        for share in np.linspace(0.3, 1.0, 29):
            kept = order[: max(1, round(share * len(order)))]
            counts = confusion(labels[kept].tolist(), (leads[kept] >= 0).tolist())
            points.append((share, float(rates(counts.sum(axis=0))["macro_f1"])))
        curves.append(_line(points, colour, system))
    return _chart("Macro-F1 of the events decided, by their share", curves)


def _calibration(run: Run, system: str) -> str:
    """Draw how often leads of a size came from epileptic seizures."""
    labels = np.array([event["label"] == ES for event in run.events])
    chance = 1 / (1 + np.exp(-np.array(run.leads[system])))
    edges = np.quantile(chance, np.linspace(0, 1, _BINS + 1))
    place = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, _BINS - 1)
    points = [
        (float(chance[place == k].mean()), float(labels[place == k].mean()))
        for k in range(_BINS)
        if (place == k).any()
    ]
    ideal = _line([(0.0, 0.0), (1.0, 1.0)], GREY, "ideal")
    title = f"Calibration: share of epileptic seizures by what the lead says ({system})"
    return _chart(title, [ideal, _line(points, BLUE, system)])


def _confusion(run: Run, system: str) -> str:
    said = run.answers[system]
    true = [event["label"] for event in run.events]
    names = sorted(set(true))
    rows = "".join(
        f"<tr><td>{escape(label)}</td>"
        + "".join(
            f"<td>{list(zip(true, said, strict=True)).count((label, name))}</td>"
            for name in [*names, None]
        )
        + "</tr>"
        for label in names
    )
    head = "".join(f"<th>called {escape(name)}</th>" for name in names)
    return (
        f"<h2>Confusion: {escape(system)}</h2><table><thead><tr><th>true</th>{head}"
        f"<th>no answer</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _line(points: Sequence[tuple[float, float]], colour: str, name: str) -> str:
    path = " ".join(f"{60 + 560 * x:.1f},{330 - 300 * y:.1f}" for x, y in points)
    return (
        f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'>"
        f"<title>{escape(name)}</title></polyline>"
        f"<text x='630' y='{334 - 300 * points[-1][1]:.0f}' fill='{colour}' "
        f"font-size='11'>{escape(name[:48])}</text>"
    )


def _chart(title: str, lines: Sequence[str]) -> str:
    grid = "".join(
        f"<line x1='60' x2='620' y1='{330 - 300 * t}' y2='{330 - 300 * t}' "
        f"stroke='#ddd'/>"
        f"<text x='52' y='{334 - 300 * t}' text-anchor='end'>{t:.1f}</text>"
        f"<text x='{60 + 560 * t}' y='350' text-anchor='middle'>{t:.1f}</text>"
        for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    return _figure(title, 940, 360, grid + "".join(lines))


def _figure(title: str, width: int, height: int, body: str) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f"<svg role='img' aria-label='{escape(title, quote=True)}' width='{width}' "
        f"height='{height}' font-size='12'>{body}</svg></figure>"
    )


def _damage(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>What was wrong with the files</h2><ul>{items}</ul>" if lines else ""
