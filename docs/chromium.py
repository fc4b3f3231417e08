"""A headless Chromium, for pictures of reports and for their tests."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

from selenium import webdriver

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Draws what is in view, screen by screen, as a reader who scrolls through does.
SCROLL = """
const done = arguments[arguments.length - 1];
let at = 0;
const next = () => {
  scrollTo(0, at);
  at += innerHeight / 2;
  if (at < document.documentElement.scrollHeight + innerHeight) setTimeout(next, 30);
  else { scrollTo(0, 0); setTimeout(done, 300); }
};
next();
"""


class Browser:
    """Opens pages at a given width, light or dark."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, path: Path, *, width: int = 1280, dark: bool = False) -> None:
        """Open a page and scroll through it, so that all of it is drawn."""
        phone = width < 500
        size = {"width": width, "height": 844 if phone else 900, "deviceScaleFactor": 1}
        self.tell("Emulation.setDeviceMetricsOverride", mobile=phone, **size)
        self.tell("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])
        self.driver.get(path.as_uri())
        self.driver.set_script_timeout(60)
        self.driver.execute_async_script(SCROLL)

    def tell(self, command: str, **words: Any) -> Any:
        """Give a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, words)

    def ask(self, script: str) -> Any:
        """Run a script in the page and return what it returns."""
        return self.driver.execute_script(script)

    def complaints(self) -> list[str]:
        """Return what the page has written to the console since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def picture(self, path: Path, clip: dict[str, float]) -> None:
        """Write a part of the page as PNG; ``clip`` is as the DevTools protocol has it."""
        shot = self.tell("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


def start(profile: Path) -> webdriver.Chrome:
    """Start Chromium with a profile of its own; raises LookupError where there is none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        raise LookupError("needs Chromium (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
