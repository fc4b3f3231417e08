"""What tests ask a browser about a page."""

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
