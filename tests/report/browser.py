"""A real browser for the tests of the report: Debian's Chromium, headless, without a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any, Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pypdf import PdfReader

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


Paper = Literal["A4", "Letter"]


@dataclass
class Sheet:
    """One report open in the browser, and everything it did that a report must not do."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def overflow_px(self, width: int, *, text_percent: int = 100) -> int:
        """Return by how many pixels the page is wider than a window of that width, 0 if it fits."""
        self.page.set_viewport_size(ViewportSize(width=width, height=900))
        self.page.evaluate(
            "p => document.documentElement.style.fontSize = p === 100 ? '' : 16 * p / 100 + 'px'", text_percent
        )
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))

    def violations(self) -> list[str]:
        """Return what axe-core finds wrong: impact, rule and the first place."""
        self.page.evaluate(AXE)
        options = {"runOnly": WCAG, "resultTypes": ["violations"]}
        found: dict[str, Any] = self.page.evaluate("options => axe.run(document, options)", options)
        return [f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]

    @property
    def title(self) -> str:
        return self.page.title()

    def printed(self, paper: Paper) -> list[str]:
        """Return the text of every printed page."""
        pdf = PdfReader(BytesIO(self.page.pdf(format=paper)))
        return [page.extract_text() for page in pdf.pages]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser of the system."""
    path = which("chromium")
    assert path, "run tests/install_system_packages.sh"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path) -> Iterator[Sheet]:
    """Open a report and watch it."""
    context = browser.new_context(viewport=ViewportSize(width=1280, height=900), offline=True)
    sheet = Sheet(context.new_page())
    sheet.page.on("request", lambda request: sheet.requests.append(request.url))
    sheet.page.on("console", lambda message: sheet.complaints.append(message.text))
    sheet.page.on("pageerror", lambda error: sheet.complaints.append(str(error)))

    def refuse(dialog: Any) -> None:
        sheet.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    sheet.page.on("dialog", refuse)
    sheet.page.goto(path.as_uri())
    yield sheet
    context.close()
