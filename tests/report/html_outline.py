"""A small reader of HTML for the tests: well-formedness, links, and the text as a reader meets it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "hr", "img", "input", "link", "area", "base", "col", "embed", "source", "track", "wbr"})
DRAWN = frozenset({"path", "line", "circle", "rect", "use"})
BLOCKS = frozenset(
    {"h1", "h2", "h3", "h4", "p", "li", "dt", "dd", "caption", "th", "td", "figcaption", "title", "desc", "text"}
)


@dataclass
class Element:
    """One element with its attributes, text and children."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: "list[Element]" = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def all(self, *tags: str) -> "list[Element]":
        """Return the elements of those tags below this one, in document order."""
        found = [self] if self.tag in tags else []
        return found + [inner for child in self.children for inner in child.all(*tags)]

    def text(self) -> str:
        """Return all text below, white space collapsed."""
        return " ".join("".join(self.pieces).split())

    def by_id(self, name: str) -> "Element":
        """Return the element of that id."""
        return next(element for element in self.everything() if element.attributes.get("id") == name)

    def everything(self) -> "list[Element]":
        """Return this element and all below."""
        return [self, *(inner for child in self.children for inner in child.everything())]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self.open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN, f"<{tag}/> closes itself"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        assert self.open.parent is not None
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        element: Element | None = self.open
        while element is not None:
            element.pieces.append(data)
            element = element.parent


def parse(html: str) -> Element:
    """Return the document; a tag that is left open or closed twice is an assertion error."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open is reader.root, f"<{reader.open.tag}> is left open"
    return reader.root


def outline(root: Element) -> str:
    """Return one line a block element: its tag and its text."""
    blocks = [e for e in root.by_id("answer").all(*BLOCKS) if not any(c.tag in BLOCKS for c in e.everything()[1:])]
    lines = [f"{block.tag}\t{block.text()}" for block in blocks]
    after = [e for e in root.all("h2", "h3", "h4", "caption") if not _is_inside(e, "answer")]
    return "\n".join([*lines, "", *(f"{e.tag}\t{e.text()}" for e in after)]) + "\n"


def _is_inside(element: Element, name: str) -> bool:
    parent = element.parent
    return parent is not None and (parent.attributes.get("id") == name or _is_inside(parent, name))
