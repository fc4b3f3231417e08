"""From a figure to what plotly draws. Colours are left to the page: it has a light and a dark."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from fw.report.parts import Figure, Series, Value

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "hexagon")
COLOURS = len(_SYMBOLS)  # so many the page knows; then they begin again, with other dashes
_SMALL, _LARGE = 5, 11  # pixels
_FEW_POINTS = 30  # more have no room for a marker each
_FEW_EPOCHS = 8  # so many have room for a tick each; there are no halves
_BAR = 34  # pixels that a horizontal bar or interval needs
_WIDEST_NAME = 18  # letters of a line of a name at an axis


def plot_json(figure: Figure) -> str:
    """Return a figure as plotly's JSON, safe inside a script of a page."""
    made = go.Figure(
        data=[_trace(figure, series) for series in figure.series], layout=_layout(figure)
    )
    text: str = made.to_json()
    return text.replace("<", "\\u003c")


def library() -> str:
    """Return the text of plotly's own script."""
    text: str = get_plotlyjs()
    return text


def height(figure: Figure) -> int:
    """Return how high a figure is drawn, in pixels."""
    if figure.kind not in ("bars", "intervals"):
        return 300
    return 110 + _BAR * len({name for series in figure.series for name in series.y})


def _trace(figure: Figure, series: Series) -> Any:
    made = {"lines": _line, "points": _line, "intervals": _interval, "bars": _bar}[figure.kind]
    return made(series)


def _line(series: Series) -> Any:
    sizes = [_SMALL if len(series.x) <= _FEW_POINTS else 0] * len(series.x)
    if series.marked is not None:
        sizes[series.marked] = _LARGE
    dash = _DASHES[series.row // COLOURS % len(_DASHES)]
    return go.Scatter(
        x=list(series.x),
        y=_rounded(series.y),
        mode="lines+markers",
        line={"dash": dash, "width": 2},
        marker={"size": sizes, **_marker(series)},
        error_y=_errors(series, series.y) if series.low else None,
        **_common(series),
        hovertemplate=f"{_safe(series.name)}<br>%{{x}}: %{{y:.5~g}}<extra></extra>",
    )


def _interval(series: Series) -> Any:
    return go.Scatter(
        x=_rounded(series.x),
        y=[_wrapped(name) for name in series.y],
        mode="markers",
        marker={"size": 9, **_marker(series)},
        error_x=_errors(series, series.x),
        **_common(series),
        hovertemplate=f"{_safe(series.name)}<br>%{{x:+.4f}}<extra></extra>",
    )


def _bar(series: Series) -> Any:
    return go.Bar(
        x=_rounded(series.x),
        y=[_wrapped(name) for name in series.y],
        orientation="h",
        **_common(series),
        hovertemplate=f"%{{y}}<br>{_safe(series.name)}: %{{x:.3s}} s<extra></extra>",
    )


def _common(series: Series) -> dict[str, Any]:
    return {"name": _safe(series.name), "meta": {"row": series.row}}


def _marker(series: Series) -> dict[str, Any]:
    return {"symbol": _SYMBOLS[series.row % COLOURS], "opacity": 1, "line": {"width": 0}}


def _errors(series: Series, middle: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": _distances(middle, series.high),
        "arrayminus": _distances(series.low, middle),
        "thickness": 1.5,
    }


def _distances(lower: Sequence[Value], upper: Sequence[Value]) -> list[Value]:
    return [
        None if low is None or high is None else float(f"{high - low:.6g}")
        for low, high in zip(lower, upper, strict=True)
    ]


def _rounded(values: Sequence[Value]) -> list[Value]:
    """Keep six digits: more are not to be seen, and would make the page longer."""
    return [None if value is None else float(f"{value:.6g}") for value in values]


def _layout(figure: Figure) -> dict[str, Any]:
    horizontal = figure.kind in ("bars", "intervals")
    return {
        "template": "none",
        "height": height(figure),
        "margin": {"l": 60, "r": 16, "t": 32, "b": 48},
        "showlegend": False,
        "barmode": "stack",
        "hovermode": "closest",
        "xaxis": {
            "title": {"text": _safe(figure.x_title), "standoff": 10},
            "automargin": True,
            **_x(figure),
        },
        "yaxis": {
            "title": {"text": _safe(figure.y_title), "standoff": 10},
            "automargin": True,
            **({"autorange": "reversed", "type": "category"} if horizontal else _y(figure)),
        },
    }


def _x(figure: Figure) -> Mapping[str, Any]:
    if figure.kind == "intervals":
        return {"zeroline": True, "nticks": 4, "tickangle": 0}
    if figure.kind == "lines":
        epochs = [x for series in figure.series for x in series.x]
        few = max(epochs, default=0) - min(epochs, default=0) < _FEW_EPOCHS
        return {
            "tickangle": 0,
            "zeroline": False,
            **({"dtick": 1} if few else {"nticks": _FEW_EPOCHS}),
        }
    named = any(isinstance(x, str) for series in figure.series for x in series.x)
    return {"type": "category"} if named else {"nticks": 6, "tickangle": 0}


def _y(figure: Figure) -> Mapping[str, Any]:
    """Keep an axis of what is never below 0 from going there."""
    values = [y for series in figure.series for y in series.y if y is not None]
    return {"rangemode": "nonnegative"} if values and min(values) >= 0 else {}


def _wrapped(name: str) -> str:
    """Break a long name so that it leaves room for the plot on a narrow screen."""
    lines = [""]
    for word in name.replace("-", "-\0").replace(" ", " \0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(word) > _WIDEST_NAME:
            lines.append("")
        lines[-1] += word
    return "<br>".join(_safe(line.strip()) for line in lines)


def _safe(text: str) -> str:
    """Keep plotly from reading names as tags or as places of its templates."""
    return html.escape(text, quote=False).replace("%{", "%&#123;")
