"use strict";
// Draws the figures when they come into view, in the colours of the page, and redraws them when the
// reader switches rows on or off, changes between light and dark, or prints.
(() => {
  const key = document.getElementById("key");
  const boxes = [...document.querySelectorAll("#key input")];
  const plots = [...document.querySelectorAll(".plot")];
  const root = document.documentElement;
  const colours = 8;
  const paper = 640; // pixels: what fits between the margins of a sheet
  const coarse = matchMedia("(pointer: coarse)").matches;
  const config = {
    responsive: true,
    displaylogo: false,
    showSendToCloud: false, // nothing leaves the page
    plotlyServerURL: "",
    displayModeBar: coarse ? true : "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };

  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const shown = () => new Set(boxes.filter((box) => box.checked).map((box) => Number(box.value)));

  function paint(trace) {
    const color = css(`--c${trace.meta.row % colours}`);
    for (const part of ["line", "marker", "error_x", "error_y"]) {
      if (trace[part]) trace[part].color = color;
    }
    if (trace.type === "bar") trace.marker = { color };
  }

  function dress(layout) {
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.font = { color: css("--text"), size: 12, family: getComputedStyle(document.body).fontFamily };
    layout.hoverlabel = { bgcolor: css("--soft"), bordercolor: css("--line"), font: { color: css("--text") } };
    layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: css("--quiet"), activecolor: css("--link") };
    // On a touch screen a drag scrolls the page; zooming is in the bar of buttons.
    layout.dragmode = coarse ? false : "zoom";
    layout.uirevision = "kept"; // redrawing keeps a zoom
    for (const axis of [layout.xaxis, layout.yaxis]) {
      Object.assign(axis, { gridcolor: css("--line"), zerolinecolor: css("--quiet"), linecolor: css("--line") });
    }
  }

  function draw(node) {
    const { data, layout } = JSON.parse(node.nextElementSibling.textContent);
    const visible = shown();
    for (const trace of data) {
      paint(trace);
      if ("rows" in node.dataset) trace.visible = visible.has(trace.meta.row);
    }
    dress(layout);
    if (root.classList.contains("printing")) layout.width = paper;
    return Plotly.react(node, data, layout, config);
  }

  const isDrawn = (node) => node.classList.contains("js-plotly-plot");
  const redraw = () => plots.filter(isDrawn).forEach(draw);
  const inSight = (node) => !node.closest("details:not([open])");

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "600px" },
  );
  // It stays in sight: many rows, or a small screen, would leave too little of the page.
  if (innerWidth < 800 || boxes.length > 8) key.open = false;
  plots.forEach((node) => watcher.observe(node));

  for (const box of boxes) box.addEventListener("change", redraw);
  for (const button of document.querySelectorAll("#key button")) {
    button.addEventListener("click", () => {
      for (const box of boxes) box.checked = Boolean(button.dataset.all);
      redraw();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => {
    root.classList.add("printing");
    key.open = true;
    plots.filter(inSight).forEach(draw);
  });
  addEventListener("afterprint", () => {
    root.classList.remove("printing");
    redraw();
  });
})();
