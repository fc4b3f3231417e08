"""A headless Chromium, and what tests ask it about a page."""

import base64
import shutil

import pytest

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
# Boxes of texts that overlap, or leave their figure, by title of the figure.
CROWDED = """
const box = (node) => node.getBoundingClientRect();
const cut = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
const wrong = [];
for (const figure of document.querySelectorAll("figure")) {
  const plot = figure.querySelector(".js-plotly-plot");
  if (!plot) continue;
  const say = (what) => wrong.push(`${figure.querySelector("h3").textContent}: ${what}`);
  const texts = [...plot.querySelectorAll(".xtick text, .ytick text, .xtitle, .ytitle")];
  const frame = box(plot);
  texts.forEach((text, place) => {
    const own = box(text);
    if (own.left < frame.left - 1 || own.right > frame.right + 1 || own.bottom > frame.bottom + 1)
      say(`${text.textContent} is cut off`);
    for (const other of texts.slice(place + 1))
      if (cut(own, box(other))) say(`${text.textContent} on ${other.textContent}`);
  });
}
return wrong;
"""
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
# Tables that are wider than the screen leaves room for, by caption.
SIDEWAYS = """
return [...document.querySelectorAll(".scroll")]
    .filter((one) => !one.closest("details:not([open])") && one.scrollWidth > one.clientWidth)
    .map((one) => one.ariaLabel);
"""
SHOWN = """
return [...document.querySelectorAll(".js-plotly-plot")].map(
  (plot) => plot.data.filter((trace) => trace.visible !== false).map((trace) => trace.meta.row));
"""


class Browser:
    """Opens pages at a given width, light or dark."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path, *, width=1280, dark=False):
        phone = width < 500
        size = {"width": width, "height": 844 if phone else 900, "deviceScaleFactor": 1}
        self.tell("Emulation.setDeviceMetricsOverride", mobile=phone, **size)
        self.tell("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])
        self.driver.get(path.as_uri())
        self.driver.set_script_timeout(60)
        self.driver.execute_async_script(SCROLL)

    def tell(self, command, **words):
        return self.driver.execute_cdp_cmd(command, words)

    def ask(self, script):
        return self.driver.execute_script(script)

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def picture(self, path):
        shot = self.tell("Page.captureScreenshot", captureBeyondViewport=False)
        path.write_bytes(base64.b64decode(shot["data"]))


def start(profile):
    """Start Chromium with a profile of its own; the test is skipped where there is none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    return webdriver.Chrome(options=options, service=service)
