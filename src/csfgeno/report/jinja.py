"""What every page is rendered with: templates that escape everything, and the project's own style sheet."""

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def environment() -> Environment:
    """Return the templates of the report; every variable is escaped and a missing one is an error."""
    return Environment(
        loader=PackageLoader("csfgeno.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def style_sheet() -> Markup:
    """Return the style sheet of all pages, which may stand in a style element as it is."""
    sheet = (resources.files("csfgeno.report") / "static" / "report.css").read_text(encoding="utf-8")
    return Markup(sheet)  # noqa: S704 - the sheet is the project's own
