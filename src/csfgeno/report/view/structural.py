"""Fusions, copy number, loss of heterozygosity and exon skipping: one row an event, one cell a compartment."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from csfgeno.records import (
    CaseReport,
    CopyNumber,
    ExonSkipping,
    Fusion,
    FusionCall,
    LossOfHeterozygosity,
    Rearrangement,
    SkippingCall,
)
from csfgeno.report import numerals
from csfgeno.report.hotspots import failed_kinds, hotspot_matrix
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge, Cell, limit_text, specimen_kinds, specimen_word, state_badge
from csfgeno.vocab import CallState, HotspotKind, RearrangementKind, SpecimenKind


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; `detected_in` are the compartments that show it."""

    name: str
    names: str
    mark: str | None
    cells: tuple[Cell, ...]
    detected_in: tuple[SpecimenKind, ...]


@dataclass(frozen=True, slots=True)
class GeneRow:
    """Copy number or loss of heterozygosity of one gene in one specimen."""

    gene: str
    specimen: str
    badge: Badge
    values: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class StructuralView:
    """The part of the findings that is no small variant."""

    specimens: tuple[str, ...]
    fusions: tuple[EventRow, ...]
    rearrangements: tuple[EventRow, ...]
    junctions: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    skippings: tuple[EventRow, ...]
    fusion_genes: tuple[GeneRow, ...]
    copies: tuple[GeneRow, ...]
    compared: tuple[str, ...]
    losses: tuple[GeneRow, ...]


def detected_events(report: CaseReport, say: Sentences) -> tuple[EventRow, ...]:
    """Return the structural events that any compartment shows, in the order in which they are reported."""
    rows = (
        *_fusions(report, say),
        *_amplifications(report, say),
        *_skippings(report, say),
        *_rearrangements(report, say),
    )
    return tuple(row for row in rows if row.detected_in)


def build_structural(report: CaseReport, say: Sentences) -> StructuralView:
    """Return what is known of fusions, copy number, loss of heterozygosity and exon skipping."""
    return StructuralView(
        specimens=tuple(specimen_word(kind, say) for kind in specimen_kinds(report)),
        fusions=tuple(_fusions(report, say)),
        rearrangements=tuple(_rearrangements(report, say)),
        junctions=(
            *((fusion.exon_name, tuple(_junction(fusion, say))) for fusion in report.fusions),
            *((_title(own, say), tuple(_change(own, report, say))) for own in report.rearrangements),
        ),
        skippings=tuple(_skippings(report, say)),
        fusion_genes=tuple(_fusion_genes(report, say)),
        copies=tuple(_copy_row(record, report, say) for record in report.copy_numbers),
        compared=tuple(_compared(report, say)),
        losses=tuple(_loss_row(record, report, say) for record in report.heterozygosity_losses),
    )


def _standing(state: CallState, has_limit: bool, kind: SpecimenKind, report: CaseReport) -> CallState:
    # METHOD: as for small variants, a negative without a limit, or of a failed specimen, is no negative.
    is_void = not has_limit or kind in failed_kinds(report)
    return CallState.NOT_ASSESSABLE if state is CallState.NOT_DETECTED and is_void else state


# -------------------------------------------------------------------------------------------- fusions


def _fusions(report: CaseReport, say: Sentences) -> Iterator[EventRow]:
    for fusion in report.fusions:
        parts = [fusion.exon_name, say(f"frame.{fusion.frame}"), fusion.variant_name or ""]
        cells = [_fusion_cell(fusion.call(kind), report, say) for kind in specimen_kinds(report)]
        states = {call.specimen: call.state for call in fusion.calls}
        yield _event(say("structural.fusion", name=fusion.name), ", ".join(filter(None, parts)), cells, states, report)


def _fusion_cell(call: FusionCall | None, report: CaseReport, say: Sentences) -> Cell:
    if call is None:
        return Cell(Badge("untested", say("state.untested")), None)
    state = _standing(call.state, call.lod95 is not None, call.specimen, report)
    badge = state_badge(state, say)
    counted = say(
        "structural.support",
        molecules=numerals.count(call.molecules),
        split=numerals.count(call.split),
        spanning=numerals.count(call.spanning),
    )
    if state in (CallState.NOT_DETECTED, CallState.NOT_ASSESSABLE):
        return Cell(badge, None, (f"{limit_text(call.lod95, say)}, {counted}", *_least(call, say)))
    reasons = tuple(say(f"structural_filter.{name}") for name in call.filters)
    return Cell(badge, None if call.vaf is None else numerals.percent(call.vaf), (counted, *reasons))


def _least(call: FusionCall, say: Sentences) -> Iterator[str]:
    """Yield how many molecules of the event would have been called, if that is known."""
    if call.lod_molecules is not None:
        yield say("structural.least", molecules=numerals.count(call.lod_molecules))


def _junction(fusion: Fusion, say: Sentences) -> Iterator[tuple[str, str]]:
    """Yield the facts of one junction as names and values."""
    yield say("structural.breakpoints"), f"{fusion.five_prime.breakpoint} :: {fusion.three_prime.breakpoint}"
    yield say("structural.frame"), say(f"frame.{fusion.frame}")
    if fusion.kinase_domain_kept is not None:
        yield say("structural.kinase"), say(f"answer.{'yes' if fusion.kinase_domain_kept else 'no'}")
    yield say("structural.partners"), say(f"partners.{fusion.partners}")
    yield from _bases(fusion, say)
    if fusion.laboratory_normals:
        normals, molecules = (numerals.count(n) for n in (fusion.laboratory_normals, fusion.laboratory_molecules))
        yield (
            say("structural.laboratory_normals"),
            say("structural.in_normals", normals=normals, molecules=molecules),
        )
    yield from _counts(fusion.calls, say)


def _bases(event: Fusion | Rearrangement, say: Sentences) -> Iterator[tuple[str, str]]:
    if event.microhomology or event.inserted:
        yield say("structural.bases"), f"{event.microhomology or '–'} / {event.inserted or '–'}"


def _counts(calls: Sequence[FusionCall], say: Sentences) -> Iterator[tuple[str, str]]:
    for call in calls:
        yield (
            specimen_word(call.specimen, say),
            say(
                "structural.counts",
                split=numerals.count(call.split),
                clipped=numerals.count(call.clipped),
                discordant=numerals.count(call.discordant),
                duplex=numerals.count(call.duplex),
                positions=numerals.count(call.distinct_positions),
            ),
        )


def _fusion_genes(report: CaseReport, say: Sentences) -> Iterator[GeneRow]:
    """Yield what was looked for of each gene that fuses, found or not; nothing where no break intron was read."""
    rows = [pair for pair in hotspot_matrix(report) if pair[0].kind is HotspotKind.FUSION]
    if not any(result.lod95 is not None or result.state is not CallState.NOT_ASSESSABLE for _, result in rows):
        return
    for hotspot, result in rows:
        if result.specimen is not SpecimenKind.NORMAL:
            yield GeneRow(
                gene=hotspot.label,
                specimen=specimen_word(result.specimen, say),
                badge=state_badge(_standing(result.state, result.lod95 is not None, result.specimen, report), say),
                values=(numerals.count(result.alt), numerals.count(result.depth), limit_text(result.lod95, say)),
                reason=result.reason,
            )


# ----------------------------------------------------------------------------------------- rearrangements


def _rearrangements(report: CaseReport, say: Sentences) -> Iterator[EventRow]:
    for own in report.rearrangements:
        parts = (_exons(own, say), own.hgvs_c or own.hgvs_g, say(f"frame.{own.frame}"))
        cells = [_fusion_cell(own.call(kind), report, say) for kind in specimen_kinds(report)]
        states = {call.specimen: call.state for call in own.calls}
        yield _event(_title(own, say), ", ".join(parts), cells, states, report)


def _title(own: Rearrangement, say: Sentences) -> str:
    if own.name is not None:
        return own.name
    key = "deletion" if own.kind is RearrangementKind.DELETION else "duplication"
    return say(f"structural.{key}", gene=own.gene)


def _exons(own: Rearrangement, say: Sentences) -> str:
    """Return which exons are lost or doubled, the parts of exons behind them."""
    if own.is_whole_gene:
        return say("structural.whole_gene")
    key = "exons_coding" if own.counts_coding_exons else "exons_whole"
    whole, cut = (
        say(f"structural.{key}", exons=", ".join(map(str, numbers))) if numbers else ""
        for numbers in (own.exons, own.cut_exons)
    )
    return ", ".join(filter(None, (whole, say("structural.exons_cut", exons=cut) if cut else "")))


def _change(own: Rearrangement, report: CaseReport, say: Sentences) -> Iterator[tuple[str, str]]:
    """Yield the facts of one deletion or duplication as names and values."""
    yield say("structural.breakpoints"), f"{own.first} :: {own.second}"
    yield say("structural.size"), say("structural.bases_changed", bases=numerals.count(own.size_bp))
    yield (
        say("structural.names"),
        ", ".join(filter(None, (f"{own.transcript}:{own.hgvs_c}" * bool(own.hgvs_c), own.hgvs_g))),
    )
    yield from _bases(own, say)
    yield from _counts(own.calls, say)
    for call in own.calls:
        if own.kind is RearrangementKind.DELETION and call.specimen is not SpecimenKind.NORMAL:
            name = specimen_word(call.specimen, say)
            yield say("structural.by_depth", specimen=name), _by_depth(own.gene, call.specimen, report, say)


def _by_depth(gene: str, kind: SpecimenKind, report: CaseReport, say: Sentences) -> str:
    """Return what depth and allele balance of the gene say of its loss in a specimen."""
    copies = next((r for r in report.copy_numbers if r.gene == gene and r.specimen is kind), None)
    balance = next((r for r in report.heterozygosity_losses if r.gene == gene and r.specimen is kind), None)
    states = (
        (copies.deep_loss, copies.loss_limit_tumour_fraction) if copies else (None, None),
        (balance.state, balance.lod_tumour_fraction) if balance else (None, None),
    )
    deep, moved = (
        say("structural.not_read")
        if state is None
        else state_badge(_standing(state, limit is not None, kind, report), say).word
        for state, limit in states
    )
    return say("structural.depth_states", deep_loss=deep, balance=moved)


# ---------------------------------------------------------------------------------------- exon skipping


def _skippings(report: CaseReport, say: Sentences) -> Iterator[EventRow]:
    for skipping in report.exon_skippings:
        calls = {call.specimen: call for call in skipping.calls}
        cells = [_skipping_cell(calls.get(kind), report, say) for kind in specimen_kinds(report)]
        states = {kind: call.state for kind, call in calls.items()}
        name = say("structural.skipping", gene=skipping.gene, exon=skipping.exon)
        yield _event(name, _causes(skipping, say), cells, states, report)


def _causes(skipping: ExonSkipping, say: Sentences) -> str:
    return "; ".join(
        f"{skipping.transcript}:{cause.hgvs_c}, {', '.join(say(f'splice.{m}') for m in cause.mechanisms)}"
        for cause in skipping.causes
    )


def _skipping_cell(call: SkippingCall | None, report: CaseReport, say: Sentences) -> Cell:
    if call is None:
        return Cell(Badge("untested", say("state.untested")), None)
    state = _standing(call.state, call.lod95 is not None, call.specimen, report)
    counted = f"{numerals.count(call.alt)}\u2009/\u2009{numerals.count(call.depth)}"
    if state in (CallState.NOT_DETECTED, CallState.NOT_ASSESSABLE):
        return Cell(state_badge(state, say), None, (f"{limit_text(call.lod95, say)}, {counted}",))
    return Cell(state_badge(state, say), None, (counted,))


# ------------------------------------------------------------------------------------------ copy number


def _amplifications(report: CaseReport, say: Sentences) -> Iterator[EventRow]:
    """Yield one row a gene in which any compartment is amplified or has lost both copies."""
    for gene in dict.fromkeys(record.gene for record in report.copy_numbers):
        own = {record.specimen: record for record in report.copy_numbers if record.gene == gene}
        for key in ("amplification", "deep_loss"):
            states: dict[SpecimenKind, CallState] = {kind: getattr(record, key) for kind, record in own.items()}
            if CallState.DETECTED not in states.values():
                continue
            cells = [_copy_cell(own.get(kind), key, report, say) for kind in specimen_kinds(report)]
            extents = dict.fromkeys(
                say(f"extent.{r.extent}") for k, r in own.items() if states[k] is CallState.DETECTED
            )
            yield _event(say(f"structural.{key}", gene=gene), ", ".join(extents), cells, states, report)


def _copy_cell(record: CopyNumber | None, key: str, report: CaseReport, say: Sentences) -> Cell:
    if record is None:
        return Cell(Badge("untested", say("state.untested")), None)
    limit = record.amplification_limit_copies if key == "amplification" else record.loss_limit_tumour_fraction
    state = _standing(getattr(record, key), limit is not None, record.specimen, report)
    value = None if record.copies is None else say("structural.copies", copies=numerals.quantity(record.copies))
    ratio = "—" if record.log2_ratio is None else say("structural.log2", ratio=f"{record.log2_ratio:+.2f}")
    return Cell(state_badge(state, say), value if state is CallState.DETECTED else None, (ratio,))


def _copy_row(record: CopyNumber, report: CaseReport, say: Sentences) -> GeneRow:
    state = CallState.DETECTED if record.deep_loss is CallState.DETECTED else record.amplification
    has_limit = record.amplification_limit_copies is not None
    return GeneRow(
        gene=record.gene,
        specimen=specimen_word(record.specimen, say),
        badge=state_badge(_standing(state, has_limit, record.specimen, report), say),
        values=(
            _interval(record.log2_ratio, record.log2_low, record.log2_high),
            _interval(record.copies, record.copies_low, record.copies_high),
            "—" if record.tumour_fraction is None else numerals.percent(record.tumour_fraction),
            say(f"extent.{record.extent}"),
            _limit(record, say),
        ),
        reason=record.reason,
    )


def _compared(report: CaseReport, say: Sentences) -> Iterator[str]:
    """Yield what depth was compared with: of most genes of a specimen, then of those that were compared otherwise."""
    for kind in dict.fromkeys(record.specimen for record in report.copy_numbers):
        own = [record for record in report.copy_numbers if record.specimen is kind]
        name = specimen_word(kind, say)
        for number, (baseline, _) in enumerate(Counter(record.baseline for record in own).most_common()):
            genes = ", ".join(record.gene for record in own if record.baseline == baseline)
            if number:
                yield say("structural.compared_genes", specimen=name, genes=genes, baseline=baseline)
            elif baseline:
                yield say("structural.compared", specimen=name, baseline=baseline)


def _limit(record: CopyNumber, say: Sentences) -> str:
    told = []
    if record.amplification_limit_copies is not None:
        told.append(say("structural.limit_gain", copies=numerals.quantity(record.amplification_limit_copies)))
    if record.loss_limit_tumour_fraction is not None:
        told.append(say("structural.limit_loss", share=numerals.percent_at_most(record.loss_limit_tumour_fraction)))
    return "; ".join(told) or "—"


def _loss_row(record: LossOfHeterozygosity, report: CaseReport, say: Sentences) -> GeneRow:
    limit = record.lod_tumour_fraction
    return GeneRow(
        gene=record.gene,
        specimen=specimen_word(record.specimen, say),
        badge=state_badge(_standing(record.state, limit is not None, record.specimen, report), say),
        values=(
            _interval(record.shift, record.shift_low, record.shift_high),
            numerals.count(record.heterozygous_sites),
            "—" if limit is None else say("structural.limit_loss", share=numerals.percent_at_most(limit)),
        ),
        reason=record.reason,
    )


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "—"
    bounds = "" if low is None or high is None else f" ({low:.2f} to {high:.2f})"
    return f"{value:.2f}{bounds}".replace("-", "−")


def _event(
    name: str,
    names: str,
    cells: Sequence[Cell],
    states: dict[SpecimenKind, CallState],
    report: CaseReport,
) -> EventRow:
    detected = tuple(kind for kind in specimen_kinds(report) if states.get(kind) is CallState.DETECTED)
    return EventRow(name, names, None, tuple(cells), detected)
