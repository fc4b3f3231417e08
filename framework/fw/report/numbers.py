"""How numbers are written on the page."""

from __future__ import annotations

import math

from fw.report.parts import Value

UNKNOWN = "-"


def plain(value: Value) -> str:
    """Write a number with four significant digits, whatever its size."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.4f}" if 0.001 <= abs(value) < 10 or value == 0 else f"{value:.4g}"


def metric(value: Value, error: Value = None) -> str:
    """Write a metric as tables of results do, with its standard error or deviation."""
    if value is None:
        return UNKNOWN
    return f"{value:.4f}" if error is None else f"{value:.4f} ± {error:.4f}"


def duration(seconds: Value) -> str:
    """Write a time with its unit."""
    if seconds is None:
        return UNKNOWN
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
