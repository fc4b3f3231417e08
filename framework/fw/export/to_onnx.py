"""A trained run as a file that any runtime of ONNX reads, checked before it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

import fw
from fw.engine.finished.model import Trained, open_trained
from fw.engine.folders.files import require_folder_of, write_bytes, write_text
from fw.export.agreement import TOLERANCE, Agreement, compare
from fw.export.conversion import convert, refusal, require_items_alone, scorer, serialise
from fw.extras import require_extra

if TYPE_CHECKING:
    import onnx


@attrs.frozen(kw_only=True)
class Written:
    """The files that were written, and how well what is in them was seen to agree."""

    model: Path
    items: Path
    num_items: int
    max_len: int
    agreement: Agreement


def export_onnx(
    run: Path | str,
    output: Path | None = None,
    *,
    data: Path | str | None = None,
    warn: Callable[[str], None] = print,
) -> Written:
    """Write a finished run's model to ``output``, by default ``model.onnx`` in the run folder.

    Beside it stands ``<name>.items.json``: the raw id of every column of the scores. Raises
    UserError, and writes nothing, where the libraries are missing, where there is no folder for
    ``output``, where the encoder cannot be exported, where an input looks at columns, and where
    exported and trained scores differ by more than 1e-4.
    """
    require_extra("fw export --format onnx", "export", "onnx", "onnxscript", "onnxruntime")
    model = output or Path(run) / "model.onnx"
    trained = open_trained(run, device="cpu", data=data, warn=warn)
    require_folder_of(model)
    require_items_alone(trained)
    content = serialise(_described(convert(trained), trained, Path(run)), trained)
    agreement = compare(trained, scorer(content, trained))
    if not agreement.close:
        raise refusal(
            trained,
            f"exported and trained scores differ by {agreement.difference:.2g}, which is more "
            f"than {TOLERANCE:g}",
        )
    return _write(model, content, trained, agreement)


def _write(model: Path, content: bytes, run: Trained, agreement: Agreement) -> Written:
    items = model.with_suffix(".items.json")
    write_text(items, json.dumps([None, *run.split.store.item_ids, None]) + "\n")
    write_bytes(model, content)
    return Written(
        model=model,
        items=items,
        num_items=run.info.num_items,
        max_len=run.info.max_len,
        agreement=agreement,
    )


def _described(proto: onnx.ModelProto, run: Trained, path: Path) -> onnx.ModelProto:
    """Write into the model what whoever finds it wants to know."""
    import onnx

    about = {
        "fw": fw.__version__,
        "run": path.absolute().name,
        "encoder": run.recipe.one("encoder").name,
        "num_items": run.info.num_items,
        "max_len": run.info.max_len,
    }
    onnx.helper.set_model_props(proto, {name: str(value) for name, value in about.items()})
    return proto
