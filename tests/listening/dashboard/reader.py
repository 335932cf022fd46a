"""Read the page as a person would: its areas, rows, options and links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    parent: Element | None = None

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Descendants with a tag and attributes, in document order."""
        found = []
        for child in self.children:
            if child.tag == tag and attributes.items() <= child.attributes.items():
                found.append(child)
            found += child.all(tag, **attributes)
        return found

    def one(self, tag: str, **attributes: str) -> Element:
        [found] = self.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


VOID = {"meta", "link", "input", "br", "img", "hr"}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("root", {})

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs}, parent=self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag, attrs):
        self.here.children.append(Element(tag, {name: value or "" for name, value in attrs}, parent=self.here))

    def handle_endtag(self, tag):
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data):
        element: Element | None = self.here
        while element is not None:
            element.texts.append(data)
            element = element.parent


class Page:
    """A parsed answer. Elements must be closed in the order in which they were opened."""

    def __init__(self, response: HttpResponse) -> None:
        builder = _Builder()
        builder.feed(response.content.decode())
        builder.close()
        assert builder.here is builder.root, f"<{builder.here.tag}> is never closed"
        self.root = builder.root

    @property
    def said(self) -> str:
        return self.root.one("div", role="status").text

    @property
    def notices(self) -> list[str]:
        return [e.text for e in self.root.all("p", role="alert") if "hidden" not in e.attributes]

    @property
    def rows(self) -> dict[str, list[str]]:
        """Cells of the table by the name of the place alone, in the order shown."""
        table = self.root.one("table")
        rows = [*table.one("tbody").all("tr"), *table.one("tfoot").all("tr")]
        heads = [row.one("th") for row in rows]
        names = [(*head.all("a"), head)[0].text for head in heads]
        return {name: [cell.text for cell in row.all("td")] for name, row in zip(names, rows, strict=True)}

    @property
    def areas(self) -> dict[str, str]:
        """Class of each area of the map by its title."""
        return {
            path.one("title").text: path.attributes["class"]
            for path in self.root.one("svg", **{"class": "map"}).all("path")
            if path.attributes.get("id", "").startswith("area-")
        }

    @property
    def headers(self) -> dict[str, str]:
        """aria-sort by the text of the column header."""
        return {th.text: th.attributes.get("aria-sort", "") for th in self.root.one("thead").all("th")}

    def options(self, name: str) -> list[str]:
        return [option.attributes["value"] for option in self.root.one("select", name=name).all("option")]

    def selected(self, name: str) -> str:
        chosen = [o for o in self.root.one("select", name=name).all("option") if "selected" in o.attributes]
        return chosen[0].attributes["value"] if chosen else ""

    def link(self, text: str) -> str:
        [href] = {a.attributes["href"] for a in self.root.all("a") if a.text == text}
        return href
