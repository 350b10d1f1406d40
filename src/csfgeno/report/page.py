"""The HTML report: one self-contained file, no script, nothing loaded from anywhere."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from csfgeno.records import CaseReport
from csfgeno.report.jinja import environment, style_sheet
from csfgeno.report.sentences import Sentences, load_sentences
from csfgeno.report.view.closing import ClosingView, build_closing
from csfgeno.report.view.compartments import CompartmentsView, build_compartments
from csfgeno.report.view.copies import build_copy_plot
from csfgeno.report.view.drawing import Drawing
from csfgeno.report.view.figure import Figure, build_figure
from csfgeno.report.view.findings import FindingsView, build_findings
from csfgeno.report.view.front import Front, build_front
from csfgeno.report.view.identity import Identity, build_identity
from csfgeno.report.view.identity_checks import IdentityChecks, build_identity_checks
from csfgeno.report.view.methods import MethodsView, build_methods
from csfgeno.report.view.negatives import NegativesView, build_negatives
from csfgeno.report.view.parts import percent_of
from csfgeno.report.view.quality import QualityView, build_quality
from csfgeno.report.view.serial import SerialView, build_serial
from csfgeno.report.view.structural import StructuralView, build_structural
from csfgeno.report.view.therapies import TherapiesView, build_therapies

RESULTS: Final = ("findings", "structural", "negative", "compartments", "serial", "therapy")
"""Sections of results, in reading order; a blocked case has none of them."""

CLOSING: Final = ("identity_check", "quality", "methods", "caveats", "version", "glossary", "signature")
"""Sections that every case has."""


@dataclass(frozen=True, slots=True)
class Page:
    """All view models of one report."""

    identity: Identity
    front: Front
    findings: FindingsView
    structural: StructuralView
    copy_plot: Drawing | None
    compartments: CompartmentsView
    figure: Figure | None
    therapies: TherapiesView
    negatives: NegativesView
    serial: SerialView
    identity_checks: IdentityChecks
    quality: QualityView
    methods: MethodsView
    closing: ClosingView


def render_html(report: CaseReport, *, language: str = "en", unfolded: bool = False) -> bytes:
    """Return the HTML report of a case.

    Every word is from the sentence catalogue of the language or from the record; every variable is escaped. Tables that
    a reader would open are open in an `unfolded` page.
    """
    say = load_sentences(language, power=percent_of(report, "lod_power"), level=percent_of(report, "interval_level"))
    sections = CLOSING if report.identity.is_blocked else RESULTS + CLOSING
    template = environment().get_template("report.html.j2")
    return template.render(
        page=build_page(report, say), say=say, sections=sections, unfolded=unfolded, style=_style(report, say)
    ).encode()


def build_page(report: CaseReport, say: Sentences) -> Page:
    """Return the view models of a case."""
    therapies = build_therapies(report, say)
    return Page(
        identity=build_identity(report, say),
        front=build_front(report, therapies, say),
        findings=build_findings(report, say),
        structural=build_structural(report, say),
        copy_plot=build_copy_plot(report, say),
        compartments=build_compartments(report, say),
        figure=build_figure(report, say),
        therapies=therapies,
        negatives=build_negatives(report, say),
        serial=build_serial(report, say),
        identity_checks=build_identity_checks(report, say),
        quality=build_quality(report, say),
        methods=build_methods(report, say),
        closing=build_closing(report, say),
    )


def css_string(text: str) -> str:
    """Return a CSS string of any text: everything but ASCII letters and digits as an escape."""
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text) + '"'


def _style(report: CaseReport, say: Sentences) -> Markup:
    """Return the style sheet, with the patient code and the intended use in the margins of printed pages."""
    patient = css_string(say("page.running", patient=report.case.patient_code, case=report.case.case_id))
    use = css_string(say("page.use"))
    margins = f"@page {{ @top-left {{ content: {patient} }} @bottom-left {{ content: {use} }} }}\n"
    # The margin texts are fully escaped: nothing in them can end the style element.
    return style_sheet() + Markup(margins)  # noqa: S704
