"""What a report looks like, as pictures: ``python docs/report_pictures.py`` makes them anew.

Two recipes are run with two seeds each, and parts of their report are drawn in headless Chromium
(Debian: chromium, chromium-driver). It needs the extra ``test``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import attrs
from chromium import Browser, start

from fw.engine.run import run_in
from fw.report.build import write_report

IMAGES = Path(__file__).parent / "images"
RUN = (
    'dataset={name="synthetic", num_users=600, num_items=400, mean_length=40.0}',
    "max_len=50",
    "training.epochs=12",
    "training.evaluate_every=2",
)
MARGIN = 16


@attrs.frozen
class Picture:
    """A part of the page, from the top of one element to the bottom of another."""

    name: str
    first: str  # as a script finds it
    last: str
    width: int = 1280
    dark: bool = False


def _figure(section: str, number: int) -> str:
    return f"document.querySelectorAll('section[aria-labelledby={section}] figure')[{number}]"


RESULTS = "document.querySelectorAll('section[aria-labelledby=results] table')"
TOP, CURVES = "document.body", "document.querySelector('#learning-curves')"
PICTURES = (
    Picture("report-desktop", TOP, _figure("results", 1)),
    Picture("report-curves", CURVES, _figure("learning-curves", 3), dark=True),
    Picture("report-phone", TOP, f"{RESULTS}[0]", width=390),
    Picture("report-phone-curves", CURVES, _figure("learning-curves", 1), width=390),
)


def main() -> None:
    """Run, report and draw."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = folder / "report.html"
        write_report(runs(folder), report)
        driver = start(folder / "profile")
        try:
            for picture in PICTURES:
                draw(Browser(driver), report, picture)
        finally:
            driver.quit()


def runs(folder: Path) -> list[Path]:
    """Run both recipes with two seeds; return the run folders."""
    return [
        run_in(folder / f"{recipe}-seed{seed}", recipe, overrides=(*RUN, f"seed={seed}")).folder
        for recipe in ("sasrec", "cl_crop_mean")
        for seed in (1, 2)
    ]


def draw(browser: Browser, report: Path, picture: Picture) -> None:
    """Write one picture."""
    browser.open(report, width=picture.width, dark=picture.dark)
    top, bottom = (
        browser.ask(f"return {node}.getBoundingClientRect().{side} + scrollY")
        for node, side in ((picture.first, "top"), (picture.last, "bottom"))
    )
    top = max(top - MARGIN, 0)
    clip = {"x": 0, "y": top, "width": picture.width, "height": bottom + MARGIN - top, "scale": 1}
    path = IMAGES / f"{picture.name}.png"
    browser.picture(path, clip)
    print(f"written: {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
