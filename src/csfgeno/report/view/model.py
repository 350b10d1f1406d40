"""What is shown of a laboratory's model: facts, then rates and sites as drawings, each with a table of its numbers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.errormodel.choice import CANDIDATES, MIN_GAIN
from csfgeno.errormodel.classes import CLASSES
from csfgeno.errormodel.context import INDEL_FORMS, RUN_BINS
from csfgeno.errormodel.model import LabModel
from csfgeno.errormodel.summary import (
    SUBSTITUTIONS,
    Rate,
    StrandRates,
    indel_rates,
    noisiest_sites,
    present_kinds,
    rate_of_class,
    rates_by_context,
    rates_by_end,
    rates_by_substitution,
    total_rate,
)
from csfgeno.intervals import events_high, events_low
from csfgeno.molecules.strata import END_ZONE_BP, LARGE_DUPLEX, LARGE_SIMPLEX
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing
from csfgeno.report.view.panels import Panel, draw_panels
from csfgeno.report.view.parts import Row
from csfgeno.report.view.rows import Line, Lines, Spot, draw_rows
from csfgeno.vocab import MoleculeKind

NOISIEST: Final = 25
"""Sites that are listed."""

WIDEST: Final = 10
"""Targets, and junctions, that are listed."""

FORMS: Final = ("insertion_1", "insertion_more", "deletion_1", "deletion_more")
"""Names of the indel forms, in the order of the axis `indel form`."""

RATE_COLUMNS: Final = ("rate", "interval")
STRAND_COLUMNS: Final = (*RATE_COLUMNS, "own", "opposite", "ratio")

CONTEXTS: Final = 16
"""Trinucleotide contexts of a substitution."""


@dataclass(frozen=True, slots=True)
class ModelTable:
    """A table of text; a second line of a cell says what stands behind the first."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ModelPart:
    """Drawings of one kind and the table of their numbers; small ones stand side by side, their long table folded."""

    drawings: tuple[Drawing, ...]
    is_small: bool
    table: ModelTable


@dataclass(frozen=True, slots=True)
class ModelSection:
    """One section of the page; without parts its text says that there is nothing."""

    key: str
    title: str
    text: str
    parts: tuple[ModelPart, ...]


@dataclass(frozen=True, slots=True)
class ModelView:
    """What is shown of a model."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[ModelSection, ...]


def build_model_view(model: LabModel, say: Sentences) -> ModelView:
    """Return what is shown of a model."""
    sections = (
        _classes,
        _substitutions,
        _ends,
        _contexts,
        _indels,
        _sites,
        _recurrent,
        _depths,
        _junctions,
        _candidates,
    )
    return ModelView(
        title=say("model_page.title", assay=model.identity.assay),
        facts=tuple(_facts(model, say)),
        sections=tuple(build(model, say) for build in sections),
    )


# ------------------------------------------------------------------------------------------- facts


def _facts(model: LabModel, say: Sentences) -> Iterator[tuple[str, str]]:
    own, normals = model.identity, len(model.identity.normals_sha256)
    values = {
        "assay": own.assay,
        "build": own.build,
        "panel": own.panel,
        "reads": own.evidence_mode,
        "normals": numerals.count(normals),
        "errors": _counts(total_rate(model)),
        "chosen": say(f"model_page.candidate.{model.choice.name}"),
        "sites": _spread(model.sites.site_shape, say),
        "between": _spread(model.between, say) if normals > 1 else say("model_page.assumed", cv=_cv(model.between)),
    }
    return ((say(f"model_page.fact.{name}"), value) for name, value in values.items())


def _spread(shape: float, say: Sentences) -> str:
    return say("model_page.spread", cv=_cv(shape), shape=numerals.ratio(shape))


def _cv(shape: float) -> str:
    """Return the coefficient of variation of a gamma factor of that shape."""
    return numerals.percent(1.0 / math.sqrt(shape))


# ------------------------------------------------------------------------------------ rates by rows


def _classes(model: LabModel, say: Sentences) -> ModelSection:
    groups, rows = [], []
    for kind in present_kinds(model):
        own = [i for i, (k, _, _) in enumerate(CLASSES) if k is kind and model.table.chances[i].any()]
        named = [(_class_name(i, say), rate_of_class(model, i)) for i in own]
        groups.append(Lines(say(f"kind.{kind}"), tuple(Line(name, _spot(rate)) for name, rate in named)))
        rows += [Row(f"{say(f'kind.{kind}')}, {name}", _cells(rate)) for name, rate in named]
    return _in_rows("classes", groups, rows, RATE_COLUMNS, say)


def _class_name(number: int, say: Sentences) -> str:
    _, is_large, is_end = CLASSES[number]
    size, zone = "large" if is_large else "small", "end" if is_end else "inner"
    return f"{say(f'model_page.family.{size}')}, {say(f'model_page.zone.{zone}')}"


def _substitutions(model: LabModel, say: Sentences) -> ModelSection:
    groups, rows = [], []
    for kind in present_kinds(model):
        found = rates_by_substitution(model, kind)
        groups.append(Lines(say(f"kind.{kind}"), tuple(map(_strand_line, found))))
        rows += [Row(f"{say(f'kind.{kind}')}, {own.label}", _strand_cells(own)) for own in found]
    return _in_rows("substitutions", groups, rows, STRAND_COLUMNS, say)


def _ends(model: LabModel, say: Sentences) -> ModelSection:
    groups, rows = [], []
    for kind in present_kinds(model):
        found = rates_by_end(model, kind)
        lines = tuple(Line(label, _spot(inner), _spot(end)) for label, inner, end in found)
        groups.append(Lines(say(f"kind.{kind}"), lines))
        rows += [Row(f"{say(f'kind.{kind}')}, {label}", (*_cells(inner), *_cells(end))) for label, inner, end in found]
    return _in_rows("ends", groups, rows, ("inner", "interval", "end", "interval"), say)


def _in_rows(
    key: str, groups: Sequence[Lines], rows: Sequence[Row], columns: Sequence[str], say: Sentences
) -> ModelSection:
    sizes = {"end": END_ZONE_BP, "simplex": LARGE_SIMPLEX, "duplex": LARGE_DUPLEX}
    title, text = say(f"model_page.{key}.title"), say(f"model_page.{key}.text", **sizes)
    drawing = draw_rows(key, title, say("model_page.described", title=title), groups)
    return ModelSection(key, title, text, (ModelPart((drawing,), False, _table(title, columns, rows, say)),))


# ---------------------------------------------------------------------------------- rates in panels


def _contexts(model: LabModel, say: Sentences) -> ModelSection:
    parts = tuple(_contexts_of(kind, rates_by_context(model, kind), say) for kind in present_kinds(model))
    return ModelSection("contexts", say("model_page.contexts.title"), say("model_page.contexts.text"), parts)


def _contexts_of(kind: MoleculeKind, found: Sequence[StrandRates], say: Sentences) -> ModelPart:
    panels = []
    for i, (ref, alt) in enumerate(SUBSTITUTIONS):
        own = found[CONTEXTS * i : CONTEXTS * (i + 1)]
        slots = tuple(tuple(map(_spot, (s.own, s.opposite) if s.own and s.opposite else (s.both,))) for s in own)
        title = f"{say(f'kind.{kind}')}, {ref}>{alt}"
        before = tuple(say("model_page.before", base=base) for base in "ACGT")
        panels.append(Panel(f"contexts-{kind}-{ref}{alt}", title, slots, tuple("ACGT" * 4), before))
    drawings = draw_panels(panels, say("model_page.contexts.described"))
    caption = say("model_page.contexts.caption", kind=say(f"kind.{kind}"))
    rows = [Row(strands.label, _strand_cells(strands)) for strands in found]
    return ModelPart(drawings, True, _table(caption, STRAND_COLUMNS, rows, say))


def _indels(model: LabModel, say: Sentences) -> ModelSection:
    kinds = present_kinds(model)
    panels, rows = [], []
    for kind in kinds:
        rates = indel_rates(model, kind)
        slots = tuple(tuple(_spot(rates[form][run]) for form in range(INDEL_FORMS)) for run in range(len(RUN_BINS)))
        panels.append(Panel(f"indels-{kind}", say(f"kind.{kind}"), slots, _runs()))
        rows += [
            Row(f"{say(f'kind.{kind}')}, {say(f'model_page.form.{FORMS[form]}')}, {run}", _cells(rate))
            for form, own in enumerate(rates)
            for run, rate in zip(_runs(), own, strict=True)
        ]
    drawings = draw_panels(panels, say("model_page.indels.described"))
    title = say("model_page.indels.title")
    table = _table(title, RATE_COLUMNS, rows, say)
    return ModelSection("indels", title, say("model_page.indels.text"), (ModelPart(drawings, True, table),))


def _runs() -> tuple[str, ...]:
    """Return the homopolymer bins as text."""
    last = [low - 1 for low in RUN_BINS[1:]]
    closed = (
        f"{low}" if low == high else f"{low}{numerals.DASH}{high}" for low, high in zip(RUN_BINS, last, strict=False)
    )
    return (*closed, f"≥{RUN_BINS[-1]}")


# ------------------------------------------------------------------------------- sites and candidates


def _sites(model: LabModel, say: Sentences) -> ModelSection:
    found = noisiest_sites(model, NOISIEST)
    title = say("model_page.sites.title")
    if not found:
        return ModelSection("sites", title, say("model_page.sites.none"), ())
    names = [str(site.allele) for site in found]
    lines = tuple(
        Line(
            name,
            Spot(site.errors, events_low(site.errors), events_high(site.errors)),
            Spot(site.expected, site.expected, site.expected),
        )
        for name, site in zip(names, found, strict=True)
    )
    rows = [
        Row(name, (numerals.ratio(site.factor), numerals.count(site.errors), numerals.ratio(site.expected)))
        for name, site in zip(names, found, strict=True)
    ]
    return _in_rows("sites", [Lines("", lines)], rows, ("factor", "errors", "expected"), say)


def _recurrent(model: LabModel, say: Sentences) -> ModelSection:
    title, normals = say("model_page.recurrent.title"), len(model.identity.normals_sha256)
    found = model.sites.recurrent
    text = say(f"model_page.recurrent.{'text' if found else 'none'}")
    rows = [Row(str(r.allele), (f"{r.normals} / {normals}", numerals.percent(r.fraction))) for r in found]
    parts = (ModelPart((), False, _table(title, ("normals", "fraction"), rows, say)),) if rows else ()
    return ModelSection("recurrent", title, text, parts)


def _depths(model: LabModel, say: Sentences) -> ModelSection:
    title, panel = say("model_page.depths.title"), model.depths
    if panel is None:
        return ModelSection("depths", title, say("model_page.depths.none"), ())
    widest = np.argsort(-panel.spread, kind="stable")[:WIDEST].tolist()
    rows = [
        Row(
            str(panel.targets.intervals[i]),
            (panel.targets.genes[i], f"{panel.spread[i]:.3f}", f"{panel.error[i]:.3f}", f"{panel.normals[i]}"),
        )
        for i in widest
    ]
    table = _table(title, ("gene", "spread", "error", "normals"), rows, say)
    text = say("model_page.depths.text", targets=numerals.count(len(panel.targets)), normals=numerals.count(panel.size))
    return ModelSection("depths", title, text, (ModelPart((), False, table),))


def _junctions(model: LabModel, say: Sentences) -> ModelSection:
    title, number = say("model_page.junctions.title"), len(model.junctions)
    if not number:
        return ModelSection("junctions", title, say("model_page.junctions.none"), ())
    most = sorted(model.junctions, key=lambda own: (-own.normals, -own.molecules, own))[:WIDEST]
    rows = [Row(str(own.first), (str(own.second), f"{own.normals}", f"{own.molecules}")) for own in most]
    table = _table(title, ("other_place", "normals", "molecules"), rows, say)
    text = say("model_page.junctions.text", number=numerals.count(number))
    return ModelSection("junctions", title, text, (ModelPart((), False, table),))


def _candidates(model: LabModel, say: Sentences) -> ModelSection:
    choice, errors = model.choice, max(model.choice.held_out_errors, 1)
    kept = say("model_page.kept")
    rows = [
        Row(
            say(f"model_page.candidate.{name}"),
            (f"{choice.gains[name]:+,.1f}", f"{choice.gains[name] / errors:+.4f}", kept if name == choice.name else ""),
        )
        for name in CANDIDATES
    ]
    held_out = numerals.count(choice.held_out_errors)
    text = say("model_page.candidates.text", errors=held_out, nats=f"{MIN_GAIN[0]:g}", share=MIN_GAIN[1])
    title = say("model_page.candidates.title")
    table = _table(title, ("nats", "nats_an_error", "verdict"), rows, say)
    return ModelSection("candidates", title, text, (ModelPart((), False, table),))


# --------------------------------------------------------------------------------------------- cells


def _table(caption: str, columns: Sequence[str], rows: Sequence[Row], say: Sentences) -> ModelTable:
    heads = (say("model_page.column.what"), *(say(f"model_page.column.{name}") for name in columns))
    return ModelTable(caption, heads, tuple(rows))


def _spot(rate: Rate) -> Spot:
    low, high = rate.bounds or (rate.value, rate.value)
    return Spot(rate.value, low, high)


def _strand_line(strands: StrandRates) -> Line:
    if strands.own is None or strands.opposite is None:
        return Line(strands.label, _spot(strands.both))
    return Line(strands.label, _spot(strands.own), _spot(strands.opposite))


def _counts(rate: Rate) -> str:
    return f"{numerals.count(rate.errors)} / {numerals.count(rate.chances)}"


def _cell(rate: Rate) -> str:
    return f"{numerals.rate(rate.value)}\n({_counts(rate)})"


def _cells(rate: Rate) -> tuple[str, str]:
    bounds = rate.bounds
    interval = numerals.DASH if bounds is None else f"{numerals.rate(bounds[0])} – {numerals.rate(bounds[1])}"
    return _cell(rate), interval


def _strand_cells(strands: StrandRates) -> tuple[str, ...]:
    sides = (numerals.DASH if side is None else _cell(side) for side in (strands.own, strands.opposite))
    return (*_cells(strands.both), *sides, _ratio(strands))


def _ratio(strands: StrandRates) -> str:
    """Return the ratio of the strands with its interval, starred where that leaves out 1."""
    if strands.ratio is None:
        return numerals.DASH
    value, low, high = ("∞" if math.isinf(x) else numerals.ratio(x) for x in strands.ratio)
    return f"{value} ({low}{numerals.DASH}{high}){'*' if strands.is_uneven else ''}"
