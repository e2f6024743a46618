"""Pages as a person without a mouse meets them: their words, links and forms to fill in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

Answer = str | list[str]


class Stuck(Exception):
    """The journey cannot go on; the message is a finished sentence."""


@dataclass
class Form:
    """One form: where it goes and what it would send as it stands."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    offered: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, answers: dict[str, Answer]) -> dict[str, list[str]]:
        """What is sent once these answers are in; Stuck where the form does not ask for one."""
        unknown = [name for name in answers if name not in self.names]
        if unknown:
            raise Stuck(f"The form at {self.action} does not ask for “{unknown[0]}”.")
        given = {name: [v] if isinstance(v, str) else list(v) for name, v in answers.items()}
        return {**self.values, **given}


@dataclass
class Page:
    """One page: its address, heading, error sentences, text, links and forms."""

    url: str
    status: int
    heading: str = ""
    errors: list[str] = field(default_factory=list)
    text: str = ""
    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    offered_in: dict[str, list[str]] = field(default_factory=dict)  # by what labels the section
    forms: list[Form] = field(default_factory=list)

    def form(self, *names: str, action: str = "") -> Form:
        """The form that asks for these names, or goes to an address that ends so."""
        for each in self.forms:
            if set(names) <= each.names and (each.action or self.url).endswith(action):
                return each
        wanted = ", ".join(names) or action
        raise Stuck(f"The page “{self.heading}” has no form for {wanted}.")

    def links_to(self, *parts: str) -> Iterator[str]:
        """The links whose address holds all these parts, in order."""
        return (link for link in self.links if all(part in link for part in parts))

    def link_to(self, *parts: str) -> str:
        """The first such link; Stuck where there is none."""
        for link in self.links_to(*parts):
            return link
        raise Stuck(f"The page “{self.heading}” has no link to {'…'.join(parts)}.")


def read(html: str, *, url: str, status: int) -> Page:
    """Read a page."""
    reader = _Reader(Page(url, status))
    reader.feed(html)
    reader.page.text = " ".join(" ".join(reader.words).split())
    reader.page.heading = " ".join(reader.page.heading.split())
    return reader.page


class _Reader(HTMLParser):
    """Collects what a page offers while its tags go by."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._in: list[str] = []
        self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, forms and fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and "src" in given:
            self.page.images.append(given["src"])
        elif tag == "a" and "href" in given:
            self.page.links.append(given["href"])
        elif tag == "option":
            self._option(given)
        elif tag in ("input", "select", "textarea", "button"):
            self._field(tag, given)
        self._enter(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Leave what was entered."""
        if tag == "form":
            self._form = None
        elif tag == "section":
            self._section = ""
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        if self._in and (tag == self._in[-1] or (tag == "ul" and self._in[-1] == "errors")):
            self._in.pop()

    def _enter(self, tag: str, given: dict[str, str]) -> None:
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.page.forms.append(self._form)
        elif tag == "section":
            self._section = given.get("aria-labelledby", "")
        elif tag in ("h1", "script", "style"):
            self._in.append(tag)
        if "error-summary__list" in given.get("class", ""):
            self._in.append("errors")

    def handle_data(self, data: str) -> None:
        """Note words: of the page, its heading, its errors, a long answer."""
        where = self._in[-1] if self._in else ""
        if where in ("script", "style"):
            return
        if self._textarea and self._form:
            self._form.values[self._textarea] = [data.removeprefix("\n")]
            return
        self.words.append(data)
        if where == "h1":
            self.page.heading += data
        if where == "errors" and data.strip():
            self.page.errors.append(data.strip())

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name, form = given.get("name", ""), self._form
        if not name or form is None:
            return
        form.names.add(name)
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            form.values[name] = [""]
        elif tag == "button" or given.get("type") == "submit":
            form.offered.setdefault(name, []).append(given.get("value", ""))
            self.page.offered_in.setdefault(self._section, []).append(given.get("value", ""))
        elif given.get("type") in ("radio", "checkbox"):
            form.offered.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.values.setdefault(name, []).append(given.get("value", "on"))
        elif given.get("type") != "file":
            form.values.setdefault(name, []).append(given.get("value", ""))

    def _option(self, given: dict[str, str]) -> None:
        if self._select is None or self._form is None:
            return
        self._form.offered.setdefault(self._select, []).append(given.get("value", ""))
        if "selected" in given or self._select not in self._form.values:
            self._form.values[self._select] = [given.get("value", "")]
