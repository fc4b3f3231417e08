"""Libraries that only some parts of fw need: the extras of its distribution."""

from __future__ import annotations

from importlib.util import find_spec

from fw.entries import BUNDLED
from fw.errors import UserError


def require_extra(what: str, extra: str, *modules: str) -> None:
    """Raise UserError, naming the pip command, unless all modules of an extra can be found.

    ``what`` is what needs them, as the message calls it.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise UserError(
            f"{what} needs {', '.join(missing)}, which {verb} not installed\n"
            f"    pip install '{BUNDLED}[{extra}]'"
        )
