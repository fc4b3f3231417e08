"""The site: ``sphinx-build -W docs site`` builds it, and fails at the first warning."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

from fw import __version__
from fw.discovery import discover

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from site_reference import pages  # noqa: E402

project = "fw"
copyright = "the authors of fw"
release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
nb_execution_mode = "off"  # a test executes the notebook; the site shows what it then said
myst_heading_anchors = 3
exclude_patterns = ["reference_templates"]
highlight_language = "text"
smartquotes = False  # "keep" is what a recipe says, with just these quotes
html_theme = "furo"
html_title = f"fw {release}"

REFERENCE = HERE / "reference"


def write_reference(app: Sphinx) -> None:
    """Make the reference pages anew."""
    REFERENCE.mkdir(exist_ok=True)
    made = pages(discover())
    for path in REFERENCE.glob("*.rst"):
        if path.name not in made:
            path.unlink()  # of a kind that is no more
    for name, text in made.items():
        path = REFERENCE / name
        if not path.exists() or path.read_text("utf-8") != text:  # unchanged: not built again
            path.write_text(text, "utf-8")


def setup(app: Sphinx) -> None:
    """Have the reference made before pages are read."""
    app.connect("builder-inited", write_reference)
