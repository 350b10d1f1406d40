"""A laboratory's error model for the eye: one self-contained HTML page, and the same numbers as text."""

from collections.abc import Iterator, Sequence

from csfgeno.errormodel.model import LabModel
from csfgeno.report.jinja import environment, style_sheet
from csfgeno.report.sentences import Sentences, load_sentences
from csfgeno.report.view.model import ModelTable, build_model_view


def render_model(model: LabModel) -> bytes:
    """Return the page; everything is escaped."""
    say = _sentences()
    template = environment().get_template("model.html.j2")
    return template.render(view=build_model_view(model, say), say=say, style=style_sheet()).encode()


def print_model(model: LabModel) -> str:
    """Return the facts and tables of the page as text."""
    view = build_model_view(model, _sentences())
    lines = [view.title, *(f"{name}: {value}" for name, value in view.facts)]
    for section in view.sections:
        lines += ["", section.title.upper(), section.text]
        for part in section.parts:
            heading = [part.table.caption] if part.table.caption != section.title else []
            lines += ["", *heading, *_aligned(part.table)]
    return "\n".join(lines) + "\n"


def _sentences() -> Sentences:
    return load_sentences("en", level="95")


def _aligned(table: ModelTable) -> Iterator[str]:
    rows: list[Sequence[str]] = [
        table.columns,
        *((row.label, *(cell.replace("\n", " ") for cell in row.cells)) for row in table.rows),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
