"""The origin of a finding: probabilities turned into a word, its certainty, and the reasons a reader can check."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from csfgeno.compartments.genes import BloodGene, blood_gene, calls_for_counselling
from csfgeno.compartments.origin import Counts, origin_probabilities
from csfgeno.records import AlleleOrigin, Finding, Reason, SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import Certainty, Origin, OriginCaveat, ReasonCode

_NORMAL_CELLS = (Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS)


@dataclass(frozen=True, slots=True)
class Blood:
    """What is known of blood in the CSF: red cells per uL, and whether it is too much."""

    rbc_per_ul: float | None
    is_high: bool


def assign_origin(finding: Finding, blood: Blood, thresholds: Thresholds) -> AlleleOrigin:
    """Return where an allele comes from.

    METHOD: SHOWN needs a normal specimen with enough molecules; without one nothing but fractions and genes speak, so
    an origin is at most PROBABLE, and one below `origin_probability` is UNKNOWN unless the gene itself points to blood.
    """
    counts = {call.specimen: counts_of(call) for call in finding.calls if call.counts.depth}
    gene = blood_gene(finding.change)
    odds = origin_probabilities(counts, is_hotspot=is_tumour_hotspot(finding), gene=gene, has_blood=blood.is_high)
    best = max(odds, key=lambda origin: odds[origin])
    normal = counts.get(SpecimenKind.NORMAL)
    is_shown = normal is not None and normal.depth >= thresholds.germline_min_depth
    origin, certainty = _decide(best, odds[best], gene, thresholds, is_shown=is_shown)
    left = tuple(o for o, p in odds.items() if o is not origin and p >= thresholds.origin_exclusion)
    return AlleleOrigin(
        origin=origin,
        certainty=certainty,
        not_excluded=left,
        caveats=tuple(_caveats(finding, origin, left)),
        basis=tuple(_reasons(finding, counts, gene, blood, thresholds)),
    )


def counts_of(call: SpecimenCall) -> Counts:
    """Return what a call counted, with the error rate of its molecules."""
    rates = [(s.depth, s.error_rate) for s in call.counts.strata if s.error_rate is not None]
    depth = sum(n for n, _ in rates)
    return Counts(call.counts.alt, call.counts.depth, sum(n * e for n, e in rates) / depth if depth else 0.0)


def is_tumour_hotspot(finding: Finding) -> bool:
    """Return whether the allele is a hotspot of the panel or a biomarker, but not one of blood cells."""
    is_of_blood = blood_gene(finding.change) is BloodGene.DRIVER
    return bool(finding.hotspot_ids or (finding.biomarker_ids and not is_of_blood))


def _decide(
    best: Origin, probability: float, gene: BloodGene, thresholds: Thresholds, *, is_shown: bool
) -> tuple[Origin, Certainty]:
    if probability >= thresholds.origin_probability:
        return best, Certainty.SHOWN if is_shown else Certainty.PROBABLE
    if best is Origin.CLONAL_HAEMATOPOIESIS and gene is BloodGene.DRIVER:
        return best, Certainty.POSSIBLE
    return Origin.UNKNOWN, Certainty.POSSIBLE


def _caveats(finding: Finding, origin: Origin, left: tuple[Origin, ...]) -> Iterator[OriginCaveat]:
    may_be_inherited = origin is Origin.GERMLINE or Origin.GERMLINE in left
    if may_be_inherited and calls_for_counselling(finding.change):
        yield OriginCaveat.GERMLINE_COUNSELLING
    if Origin.GERMLINE in left:
        yield OriginCaveat.GERMLINE_NOT_EXCLUDED
    if Origin.CLONAL_HAEMATOPOIESIS in left:
        yield OriginCaveat.CH_NOT_EXCLUDED


def _reasons(
    finding: Finding, counts: Mapping[SpecimenKind, Counts], gene: BloodGene, blood: Blood, thresholds: Thresholds
) -> Iterator[Reason]:
    yield _on_normal(counts.get(SpecimenKind.NORMAL), thresholds)
    for kind, own in counts.items():
        if kind is not SpecimenKind.NORMAL and own.depth >= thresholds.germline_min_depth:
            if abs(own.vaf - 0.5) <= thresholds.germline_spread or own.vaf >= 1.0 - thresholds.germline_spread:
                yield Reason(ReasonCode.GERMLINE_FRACTION, kind, _values(own))
    if _differ(counts):
        low, high = (f(c.vaf for k, c in counts.items()) for f in (min, max))
        yield Reason(ReasonCode.FRACTIONS_DIFFER, None, {"lowest": low, "highest": high})
    if gene is not BloodGene.NONE and finding.change is not None:
        yield Reason(ReasonCode.CH_GENE, None, {"gene": finding.change.gene, "role": gene.value})
    if is_tumour_hotspot(finding):
        yield Reason(ReasonCode.TUMOUR_HOTSPOT)
    if blood.is_high and SpecimenKind.CSF in counts:
        yield Reason(ReasonCode.BLOOD_IN_CSF, SpecimenKind.CSF, {"rbc_per_ul": blood.rbc_per_ul or 0.0})


def _on_normal(normal: Counts | None, thresholds: Thresholds) -> Reason:
    kind = SpecimenKind.NORMAL
    if normal is None:
        return Reason(ReasonCode.NO_NORMAL)
    if normal.depth < thresholds.germline_min_depth:
        return Reason(ReasonCode.NORMAL_NOT_INFORMATIVE, kind, _values(normal))
    if normal.alt == 0:
        return Reason(ReasonCode.NOT_IN_NORMAL, kind, _values(normal))
    if normal.vaf >= 0.85:
        return Reason(ReasonCode.IN_NORMAL_WHOLE, kind, _values(normal))
    return Reason(ReasonCode.IN_NORMAL_HALF if normal.vaf >= 0.35 else ReasonCode.IN_NORMAL_LOW, kind, _values(normal))


def _values(own: Counts) -> dict[str, float | int | str]:
    return {"alt": own.alt, "depth": own.depth, "vaf": own.vaf}


def _differ(counts: Mapping[SpecimenKind, Counts]) -> bool:
    """Return whether the fractions of two specimens differ fourfold, which normal cells' DNA alone does not explain."""
    fractions = [own.vaf for own in counts.values()]
    return len(fractions) > 1 and max(fractions) > 4.0 * min(fractions)
