"""What a page is made of: sections with tables, figures and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

Kind = Literal["lines", "points", "intervals", "bars"]
Value: TypeAlias = float | None  # None: not known, or not a number


@attrs.frozen(kw_only=True)
class Table:
    """A table of texts; the first cell of a line is its heading."""

    part: ClassVar[str] = "table"

    caption: str
    headings: Sequence[str]
    lines: Sequence[Sequence[str]]
    numbers: bool = True  # whether the cells after the first are aligned as numbers


@attrs.frozen(kw_only=True)
class Series:
    """Points that belong together; ``row`` is the number of the row whose colour they have.

    ``low`` and ``high`` are ends of intervals. ``marked`` is the place of a point that stands out.
    """

    row: int
    name: str
    x: Sequence[Any]
    y: Sequence[Any]
    low: Sequence[Value] = ()
    high: Sequence[Value] = ()
    marked: int | None = None


@attrs.frozen(kw_only=True)
class Figure:
    """A figure with the sentence that explains it and the table of what it shows.

    ``legend`` names colours that are not those of the page's rows; ``summary`` says in words what
    is to be seen.
    """

    part: ClassVar[str] = "figure"

    title: str
    about: str
    x_title: str
    y_title: str
    series: Sequence[Series]
    table: Table
    summary: str
    kind: Kind = "lines"
    legend: Mapping[int, str] = attrs.field(factory=dict)

    @property
    def of_rows(self) -> bool:
        """Whether the series are rows of the page, which its reader switches on and off."""
        return not self.legend and self.kind != "intervals"


@attrs.frozen(kw_only=True)
class Text:
    """A text as it is, such as a recipe, folded away below its title."""

    part: ClassVar[str] = "text"

    title: str
    text: str


@attrs.frozen(kw_only=True)
class Folded:
    """Parts that are folded away below a title."""

    part: ClassVar[str] = "folded"

    title: str
    parts: Sequence[Part]


@attrs.frozen(kw_only=True)
class Notes:
    """Sentences, one a line; ``urgent`` ones must not be missed."""

    part: ClassVar[str] = "notes"

    lines: Sequence[str]
    urgent: bool = False


Part: TypeAlias = Table | Figure | Text | Folded | Notes


@attrs.frozen(kw_only=True)
class Section:
    """A part of the page with a heading of its own."""

    title: str
    parts: Sequence[Part]

    @property
    def key(self) -> str:
        """The name by which the section is linked."""
        return self.title.lower().replace(" ", "-")
