"""The page as HTML: templates, style and scripts, all in one text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import fw
from fw.report.parts import Section
from fw.report.plots import COLOURS, height, library, plot_json
from fw.report.runs import Row


@attrs.frozen(kw_only=True)
class Page:
    """A title, the rows that can be switched on and off, and the sections."""

    title: str
    rows: Sequence[Row]
    sections: Sequence[Section]

    def html(self) -> str:
        """Return the whole page; it loads nothing from anywhere."""
        return (
            _environment()
            .get_template("report.html.j2")
            .render(
                page=self,
                style=_own("report.css"),
                script=_own("report.js"),
                plotly=Markup(library()),
                version=fw.__version__,
                made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            )
        )


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("fw.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plot_json"] = lambda figure: Markup(plot_json(figure))
    made.filters["height"] = height
    made.globals["colours"] = COLOURS
    return made


def _own(name: str) -> Markup:
    return Markup(files("fw.report").joinpath("templates", name).read_text(encoding="utf-8"))
