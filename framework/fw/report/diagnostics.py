"""What training said of itself: who pulls how hard, and whether contrast works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fw.report.epochs import figure, names_in
from fw.report.parts import Figure, Notes, Part, Section
from fw.report.runs import Row

# By name: what it is called, its axis, and how it is read. See fw.diagnostics and
# fw.engine.steps.diagnosis.
_KNOWN = {
    "positive_similarity": (
        "similarity of positives",
        "similarity (mean over pairs)",
        "Two views of one row, as the loss compares them; higher is more alike.",
    ),
    "negative_similarity": (
        "similarity of negatives",
        "similarity (mean over pairs)",
        "Views of different rows; near that of positives, nothing is told apart.",
    ),
    "logit_gap": (
        "logit gap",
        "logits (mean over anchors)",
        "How far the positive is ahead of the hardest negative; below 0 it is behind.",
    ),
    "saturated": (
        "saturated anchors",
        "share of anchors (0 to 1)",
        "Anchors whose positive has more than 0.99 of the softmax: hardly any gradient is left.",
    ),
    "alignment": (
        "alignment",
        "squared distance (0 to 4)",
        "Distance of the two views of a row on the unit sphere; lower is better.",
    ),
    "uniformity": (
        "uniformity",
        "log of a mean potential",
        "How evenly rows spread over the unit sphere; lower is better.",
    ),
    "effective_rank": (
        "effective rank",
        "directions",
        "Over how many directions the pooled vectors spread; near 1 they have collapsed.",
    ),
    "false_negatives": (
        "false negatives",
        "share of negative pairs (0 to 1)",
        "Negative pairs of rows whose newest item is the same.",
    ),
    "overlap": (
        "overlap of views",
        "share of items (0 to 1)",
        "Items of the first view that the second has too.",
    ),
    "item_norm": ("length of item embeddings", "length (mean)", "Mean over all items."),
    "position_norm": ("length of position embeddings", "length (mean)", "Mean over positions."),
}
_SHARE = "gradient_share"


def section(rows: Sequence[Row]) -> Section:
    """Show every diagnostic over epochs; each is of one batch an epoch."""
    return Section(title="Diagnostics", parts=[*_parts(rows)])


def _parts(rows: Sequence[Row]) -> Iterator[Part]:
    names = names_in(rows, "diagnostics")
    if not names:
        yield Notes(lines=["No run has written diagnostics."])
        return
    said = "Each is of one batch an epoch."
    if not any(map(is_contrastive, rows)):
        said += " No run has a contrastive loss."
    yield Notes(lines=[said])
    yield from (_figure(rows, name) for name in names)


def is_contrastive(row: Row) -> bool:
    """Whether a loss of the row compares views."""
    return any(name.endswith("/positive_similarity") for name in names_in([row], "diagnostics"))


def _figure(rows: Sequence[Row], name: str) -> Figure:
    title, axis, about = _described(name)
    return figure(rows, "diagnostics", name, title=title, about=about, y_title=axis)


def _described(name: str) -> tuple[str, str, str]:
    term, _, what = name.rpartition("/")
    if term == _SHARE:
        about = "The weighted term's part of the sum of all terms' gradient norms."
        return f"gradient share of {what}", "share (0 to 1)", about
    title, axis, about = _KNOWN.get(what, (what, what, "As the run logged it."))
    return (f"{term}: {title}" if term else title), axis, about
