"""What the case reports of a plan say of its variants: one measurement a sample and variant."""

from dataclasses import dataclass, replace
from functools import cache

from csfgeno.errors import InputError
from csfgeno.genome.contigs import detect_style, rename_contig
from csfgeno.records import Allele, CaseReport, Finding, HotspotResult, SpecimenCall
from csfgeno.report.document import read_report
from csfgeno.report.hotspots import hotspot_matrix, standing_state
from csfgeno.validation.plan import Expected, Plan, Sample
from csfgeno.vocab import CallState, SpecimenKind
from csfgeno.vocab.comparison import Origin

NOT_FALSE = frozenset({Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS})
"""Origins of alleles that a person without a tumour may have."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one sample says of one variant.

    Attributes
    ----------
    expected
        Fraction of the material; 0 in a blank.
    depth, alt
        Molecules; `None` where the report does not count them.
    vaf
        The fraction that the report states; without a finding, alt over depth. `None` without molecules.
    lod95
        Limit that the report states.
    """

    sample: Sample
    variant: str
    klass: str
    expected: float
    state: CallState
    depth: int | None
    alt: int | None
    vaf: float | None
    lod95: float | None

    @property
    def is_assessed(self) -> bool:
        """Whether the sample gives an answer at all."""
        return self.state is not CallState.NOT_ASSESSABLE

    @property
    def is_hit(self) -> bool:
        """Whether the variant was detected."""
        return self.state is CallState.DETECTED


@dataclass(frozen=True, slots=True)
class BlankCalls:
    """Calls in one blank: of how many hotspots that have an answer how many are detected, and other detected alleles.

    Inherited alleles and those of blood clones are no false calls and not among `alleles`.
    """

    sample: Sample
    hotspots: int
    detected: tuple[str, ...]
    alleles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that the reports of a plan say; `assays` are panel, build and model, one text each that differs."""

    measurements: tuple[Measurement, ...]
    blanks: tuple[BlankCalls, ...]
    assays: tuple[str, ...]


def measure(plan: Plan) -> Measured:
    """Return the measurements of a plan. In a blank, every variant of any material is measured.

    Raises
    ------
    InputError
        If a report cannot be read or lacks the specimen, or a hotspot is not of its panel.
    """
    measurements: list[Measurement] = []
    blanks: list[BlankCalls] = []
    assays = dict[str, None]()
    everywhere = _distinct(plan)
    for sample in plan.samples:
        report = _read(sample)
        assays[_assay(report)] = None
        wanted = plan.materials[sample.material]
        measurements += (_measure(report, sample, expected) for expected in wanted or everywhere)
        if not wanted:
            blanks.append(_count_calls(report, sample))
    return Measured(tuple(measurements), tuple(blanks), tuple(assays))


def _distinct(plan: Plan) -> tuple[Expected, ...]:
    """Return every variant once, with expected fraction 0."""
    every = (expected for variants in plan.materials.values() for expected in variants)
    return tuple({expected.variant: replace(expected, vaf=0.0) for expected in every}.values())


def _read(sample: Sample) -> CaseReport:
    report = read_report(sample.report)
    if report.case.specimen(sample.specimen) is None:
        raise InputError(f"{sample.report.name} has no {sample.specimen} specimen")
    if report.identity.is_blocked:
        raise InputError(f"{sample.report.name} is blocked, since its specimens are not of one person; leave it out")
    return report


def _assay(report: CaseReport) -> str:
    own = report.provenance
    return f"csfgeno {own.version}, {own.panel} on {own.build}. {report.error_model}"


def _measure(report: CaseReport, sample: Sample, expected: Expected) -> Measurement:
    if isinstance(expected.variant, Allele):
        allele = _renamed(report, expected.variant)
        found = _of_allele(report, sample.specimen, allele)
        klass = expected.klass or str(allele.klass)
    else:
        hotspot, found = _of_hotspot(report, sample.specimen, expected.variant)
        klass = expected.klass or hotspot
    vaf = found.alt / found.depth if found.vaf is None and found.depth and found.alt is not None else found.vaf
    return Measurement(
        sample, expected.name, klass, expected.vaf, found.state, found.depth, found.alt, vaf, found.lod95
    )


@dataclass(frozen=True, slots=True)
class _Found:
    state: CallState
    depth: int | None = None
    alt: int | None = None
    vaf: float | None = None
    lod95: float | None = None


def _of_allele(report: CaseReport, specimen: SpecimenKind, allele: Allele) -> _Found:
    finding = next((f for f in report.findings if f.allele == allele), None)
    call = finding.call(specimen) if finding else None
    if call is not None:
        return _of_call(report, call)
    # METHOD: an allele inside the panel that a report does not list was not detected, with counts unknown.
    inside = any(t.interval.contig == allele.contig and t.interval.start <= allele.start < t.interval.end
                 for t in report.panel.targets)  # fmt: skip
    return _Found(CallState.NOT_DETECTED if inside else CallState.NOT_ASSESSABLE)


def _of_hotspot(report: CaseReport, specimen: SpecimenKind, hotspot_id: str) -> tuple[str, _Found]:
    """Return the kind of the hotspot, and what the specimen says of it."""
    matrix = (pair for pair in hotspot_matrix(report) if pair[1].specimen is specimen)
    pair = next((pair for pair in matrix if pair[0].hotspot_id == hotspot_id), None)
    if pair is None:
        raise InputError(f"'{hotspot_id}' is no hotspot of panel {report.panel.name}; `csfgeno explain` lists them")
    hotspot, result = pair
    behind = _strongest(report, specimen, result)
    state = standing_state(result, report)
    if behind is None:
        return str(hotspot.kind), _Found(state, result.depth, result.alt, None, result.lod95)
    return str(hotspot.kind), replace(_of_call(report, behind), state=state)


def _strongest(report: CaseReport, specimen: SpecimenKind, result: HotspotResult) -> SpecimenCall | None:
    """Return the call with most molecules among the alleles behind a hotspot, or `None`."""
    behind = [call for f in report.findings if f.allele in result.alleles and (call := f.call(specimen))]
    return max(behind, key=lambda call: call.counts.alt, default=None)


def _of_call(report: CaseReport, call: SpecimenCall) -> _Found:
    return _Found(standing_state(call, report), call.counts.depth, call.counts.alt, call.vaf, call.lod95)


def _count_calls(report: CaseReport, sample: Sample) -> BlankCalls:
    results = [(h, r) for h, r in hotspot_matrix(report) if r.specimen is sample.specimen]
    states = [(h.hotspot_id, standing_state(r, report)) for h, r in results]
    return BlankCalls(
        sample=sample,
        hotspots=sum(state is not CallState.NOT_ASSESSABLE for _, state in states),
        detected=tuple(name for name, state in states if state is CallState.DETECTED),
        alleles=tuple(str(f.allele) for f in report.findings if _is_false_call(f, sample.specimen)),
    )


def _is_false_call(finding: Finding, specimen: SpecimenKind) -> bool:
    call = finding.call(specimen)
    is_detected = call is not None and call.state is CallState.DETECTED
    return is_detected and not finding.hotspot_ids and finding.origin.origin not in NOT_FALSE


def _renamed(report: CaseReport, allele: Allele) -> Allele:
    return replace(allele, contig=rename_contig(allele.contig, _style(tuple(report.contigs))))


_style = cache(detect_style)
