"""A report as its reader meets it: headings, tables by caption, figures with what they draw."""

import json
from html.parser import HTMLParser


class ReportPage(HTMLParser):
    """Reads a page once; everything is text as a person sees it."""

    def __init__(self, text):
        super().__init__()
        self.text, self.headings, self.tables, self.figures = text, [], {}, {}
        self.notes, self.links, self.loaded, self.boxes, self.titles = [], [], [], [], []
        self._open, self._words, self._table, self._figure = [], [], None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.loaded += [known[key] for key in ("src", "data", "srcset") if key in known]
        if tag in ("link", "iframe", "object", "embed"):
            self.loaded.append(tag)
        if tag == "a":
            self.links.append(known["href"])
        elif tag == "table":
            self._table = []
        elif tag == "tr":
            self._table.append([])
        elif tag == "figure":
            self._figure = {}
        elif tag == "div" and known.get("class") == "plot":
            self._figure["label"] = known["aria-label"]
        elif tag == "input":
            self.boxes.append("checked" in known)
        self._open.append((tag, known))
        self._words = []

    def handle_data(self, data):
        self._words.append(data)

    def handle_endtag(self, tag):
        said = "".join(self._words).strip()
        if tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), said))
            if tag == "h3":
                self._figure["title"] = said
        elif tag in ("th", "td"):
            self._table[-1].append(said)
        elif tag == "span" and self._table is not None:
            self._caption = said
        elif tag == "table":
            self.tables[self._caption] = self._table
            if self._figure is not None:
                self._figure["table"] = self._table
            self._table = None
        elif tag == "script" and self._figure is not None:
            self._figure["plot"] = json.loads(said)
        elif tag == "figure":
            self.figures[self._figure["title"]] = self._figure
            self._figure = None
        elif tag == "li":
            self.notes.append(said)
        elif tag == "summary":
            self.titles.append(said)
        self._words = []

    def column(self, caption, heading):
        """Return a column of a table, by the first cell of each line."""
        headings, *lines = self.tables[caption]
        place = headings.index(heading)
        return {line[0]: line[place] for line in lines}

    def curves(self, title):
        """Return what a figure draws, x to y by the name of each of its series."""
        return [
            (trace["name"], dict(zip(trace["x"], trace["y"], strict=True)))
            for trace in self.figures[title]["plot"]["data"]
        ]
