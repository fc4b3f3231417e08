"""Reports in headless Chromium: drawn without complaint, nothing cut off, used by keyboard.

Every test has a browser of its own, so that one that hangs fails one test. No screenshot is taken:
headless Chromium may wait for a frame that never comes, and none of the tests looks at a picture.
"""

import base64

import pytest
from browsing import CROWDED, SHOWN, SIDEWAYS
from chromium import Browser, start

pytestmark = pytest.mark.slow


@pytest.fixture
def browser(tmp_path_factory):
    try:
        driver = start(tmp_path_factory.mktemp("profile"))
    except LookupError as error:
        pytest.skip(str(error))
    yield Browser(driver)
    driver.quit()


@pytest.fixture(params=["page_file", "sweep_file"], ids=["runs", "sweep"])
def path(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_is_drawn_whole_without_complaint_and_fits_its_screen(browser, path, width, dark):
    browser.open(path, width=width, dark=dark)
    assert browser.complaints() == []
    assert browser.ask("return document.documentElement.scrollWidth") <= width
    assert browser.ask("return performance.getEntriesByType('resource').length") == 0
    drawn, seen, tables = browser.ask("""
        const inSight = (node) => !node.closest("details:not([open])");
        return [document.querySelectorAll(".js-plotly-plot svg.main-svg").length > 20,
            [...document.querySelectorAll(".plot")].filter(inSight)
                .every((plot) => plot.querySelector(".scatterlayer path, .barlayer path")),
            [...document.querySelectorAll("table")].filter(inSight).length]
    """)
    assert (drawn, seen) == (True, True)
    assert tables >= 4
    if width == 390:  # lines of tables become blocks: nothing is out of sight to the right
        assert browser.ask(SIDEWAYS) == []
    assert browser.ask(CROWDED) == []


def test_colours_follow_the_system_also_while_the_page_is_open(browser, page_file):
    ask = """
        const text = document.querySelector(".js-plotly-plot .xtitle");
        return [getComputedStyle(document.body).backgroundColor, getComputedStyle(text).fill,
            getComputedStyle(document.body).color]
    """
    browser.open(page_file)
    page, title, text = browser.ask(ask)
    assert (page, title) == ("rgb(255, 255, 255)", text)
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    browser.tell("Emulation.setEmulatedMedia", features=[dark])
    page, title, text = browser.ask(ask)
    assert page == "rgb(20, 24, 29)"
    assert title == text == "rgb(230, 233, 237)"


def test_rows_are_switched_off_and_on_in_every_figure_by_keyboard(browser, page_file):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.open(page_file)
    before = browser.ask(SHOWN)
    box = browser.driver.find_element(By.CSS_SELECTOR, "#key input[value='1']")
    browser.ask("document.querySelector('#key button').focus()")
    for _ in range(3):  # to "none", to the first row, to the second
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.driver.switch_to.active_element == box
    box.send_keys(Keys.SPACE)
    without = browser.ask(SHOWN)
    of_rows = browser.ask("""
        const plots = [...document.querySelectorAll(".js-plotly-plot")];
        return plots.map((plot) => "rows" in plot.dataset);
    """)
    assert sum(of_rows) > 15
    for was, now, follows in zip(before, without, of_rows, strict=True):
        assert now == ([row for row in was if row != 1] if follows else was)
    box.send_keys(Keys.SPACE)
    assert browser.ask(SHOWN) == before


def test_a_figure_is_zoomed_by_dragging_and_says_what_is_pointed_at(browser, page_file):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    browser.open(page_file)
    plot = browser.driver.find_element(By.CSS_SELECTOR, "[aria-label^='Line chart of loss bce']")
    area = plot.find_element(By.CSS_SELECTOR, ".nsewdrag")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    browser.ask("getSelection().removeAllRanges()")
    ask = "return arguments[0].layout.xaxis.range"
    before = browser.driver.execute_script(ask, plot)
    mouse = ActionChains(browser.driver)
    mouse.move_to_element_with_offset(area, -60, -40).click_and_hold()
    mouse.move_by_offset(60, 40).move_by_offset(50, 30).release().perform()
    after = browser.driver.execute_script(ask, plot)
    assert after[1] - after[0] < before[1] - before[0]
    assert browser.driver.execute_script("return arguments[0].layout.dragmode", plot) == "zoom"
    browser.open(page_file)
    plot = browser.driver.find_element(By.CSS_SELECTOR, "[aria-label^='Line chart of loss bce']")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    point = plot.find_element(By.CSS_SELECTOR, ".scatterlayer .point")
    ActionChains(browser.driver).move_to_element(point).pause(0.5).perform()
    said = plot.find_element(By.CSS_SELECTOR, ".hoverlayer").text
    assert ", seed 1" in said


def test_what_was_folded_away_is_drawn_when_it_is_opened(browser, page_file):
    from selenium.webdriver.support.wait import WebDriverWait

    browser.open(page_file)
    count = "return document.querySelectorAll('details.folded .js-plotly-plot').length"
    assert browser.ask(count) == 0
    browser.ask("document.querySelectorAll('details.folded').forEach((one) => one.open = true)")
    browser.ask("document.querySelector('details.folded figure').scrollIntoView()")
    WebDriverWait(browser.driver, 10).until(lambda driver: browser.ask(count) > 0)


def test_on_a_touch_screen_a_drag_scrolls_and_the_rows_are_folded_away(browser, page_file):
    browser.open(page_file, width=390)
    modes = "return [...document.querySelectorAll('.js-plotly-plot')].map((p) => p.layout.dragmode)"
    assert set(browser.ask(modes)) == {False}
    assert browser.ask("return document.querySelector('#key').open") is False


def test_a_printed_page_is_light_as_wide_as_the_paper_and_has_every_figure(
    browser, page_file, tmp_path
):
    browser.open(page_file, dark=True)
    widths = "return [...document.querySelectorAll('.js-plotly-plot')].map((p) => p.layout.width)"
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    assert set(browser.ask(widths)) == {640}
    assert browser.ask("return getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    browser.ask("dispatchEvent(new Event('afterprint'))")
    assert set(browser.ask(widths)) == {None}
    printed = browser.tell("Page.printToPDF", printBackground=True)
    (tmp_path / "report.pdf").write_bytes(base64.b64decode(printed["data"]))
    assert browser.complaints() == []
