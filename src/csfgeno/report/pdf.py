"""The report as PDF: the HTML through WeasyPrint, which the extra `csfgeno[pdf]` brings."""

import logging
from typing import Any, Final

from csfgeno.errors import UsageError
from csfgeno.records import CaseReport
from csfgeno.report.page import render_html

NEEDED: Final = "PDF needs WeasyPrint, which is not installed; run: pip install 'csfgeno[pdf]'"


def render_pdf(report: CaseReport) -> bytes:
    """Return the HTML report as PDF; nothing is loaded from anywhere.

    Raises
    ------
    UsageError
        If WeasyPrint, or the libraries that it needs, are not installed.
    """
    for name in ("weasyprint", "weasyprint.progress"):
        logging.getLogger(name).setLevel(logging.ERROR)  # it speaks while it is imported
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise UsageError(NEEDED) from error
    document = weasyprint.HTML(string=render_html(report, unfolded=True).decode(), url_fetcher=_refuse)
    pdf: bytes = document.write_pdf()
    return pdf


def _refuse(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    raise ValueError(f"the report loads nothing, but asked for {url}")
