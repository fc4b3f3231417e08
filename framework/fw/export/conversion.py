"""From a trained run to a model of ONNX, and from that to a function that scores with it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch.export import Dim

from fw.engine.evaluating.evaluation import evaluating
from fw.engine.faults.blame import origin
from fw.engine.finished.model import Trained
from fw.errors import UserError
from fw.export.agreement import Exported
from fw.export.scores import Scores, column_names
from fw.interfaces import Sequences

if TYPE_CHECKING:
    import onnx

INPUTS, OUTPUT = ("items", "lengths"), "scores"
_LARGEST = 2**31 - 1  # bytes of a file of one part: a limit of its format


def convert(run: Trained) -> onnx.ModelProto:
    """Trace the model with any number of histories of any length up to ``max_len``.

    Raises UserError, naming the encoder, where torch cannot.
    """
    scores = Scores(run)
    with _refusing(run), evaluating(scores), _quiet():
        program = torch.onnx.export(
            scores,
            _example(run, len(scores.names)),
            dynamo=True,
            verbose=False,
            input_names=[*INPUTS, *scores.names],
            output_names=[OUTPUT],
            dynamic_shapes=_sizes(run, len(scores.names)),
        )
    assert program is not None
    return program.model_proto


def _example(run: Trained, columns: int) -> tuple[torch.Tensor, ...]:
    """Make inputs of which no two are the same, and no two sizes."""
    length = min(run.info.max_len, 5)
    items = torch.ones(length + 2, length, dtype=torch.int64)
    return items, torch.full((length + 2,), length), *(items.clone() for _ in range(columns))


def _sizes(run: Trained, columns: int) -> dict[str, Any]:
    """Say which sizes of the inputs are free; one that can only be 1 is not."""
    batch, max_len = Dim("batch", min=1), run.info.max_len
    rows = {0: batch, 1: Dim("length", min=1, max=max_len) if max_len > 1 else Dim.STATIC}
    more = {"columns": (rows,) * columns} if columns else {}
    return {"items": rows, "lengths": {0: batch}, **more}


def serialise(proto: onnx.ModelProto, run: Trained) -> bytes:
    """Return the bytes of the file; raises UserError where they are more than it may have."""
    size = proto.ByteSize()
    if size > _LARGEST:
        raise refusal(run, f"it takes {size / 2**30:.1f} GiB, and such a file has 2 GiB at most")
    content: bytes = proto.SerializeToString()
    return content


def scorer(content: bytes, run: Trained) -> Exported:
    """Return a function that scores with the file; raises UserError where the runtime cannot."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    with _refusing(run):
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def exported(history: Sequences) -> Any:
        with _refusing(run):
            return session.run([OUTPUT], _inputs(history, column_names(run)))[0]

    return exported


def _inputs(history: Sequences, names: Iterable[str]) -> dict[str, Any]:
    """Return what the model is given; times that are not known are all the same."""
    moments = {name: history.columns.get(name, torch.zeros_like(history.items)) for name in names}
    given = {"items": history.items, "lengths": history.lengths, **moments}
    return {name: values.numpy() for name, values in given.items()}


def require_items_alone(run: Trained) -> None:
    """Raise UserError, naming the input, where one looks at more than items.

    What such a column means to the model follows from the training data, which a file of ONNX
    does not hold.
    """
    for chosen in run.recipe.many("input"):
        if columns := [use.name for use in getattr(chosen.settings, "columns", ())]:
            raise UserError(
                f"input {chosen.name!r} cannot be exported to ONNX: it looks at "
                f"{', '.join(columns)}, beside the items\n"
                f"    it comes from {origin(chosen.entry)}"
            )


def refusal(run: Trained, reason: str) -> UserError:
    """Make the error that names the encoder, and whose it is."""
    entry = run.recipe.one("encoder").entry
    return UserError(
        f"encoder {entry.name!r} cannot be exported to ONNX: {reason}\n"
        f"    it comes from {origin(entry)}"
    )


@contextmanager
def _refusing(run: Trained) -> Iterator[None]:
    """Turn what torch or the runtime raises, which have no common type for it, into a refusal."""
    try:
        yield
    except Exception as error:
        raise refusal(run, _reason(error)) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch from telling about itself, such as what else it could export."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _reason(error: BaseException) -> str:
    """Return the first line of what went wrong at first: torch tells it in pages."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = (line.strip() for line in str(error).splitlines())
    return f"{type(error).__name__}: {next(filter(None, lines), '')}"
