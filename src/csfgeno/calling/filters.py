"""Filters: reasons to doubt an allele that has evidence. Each looks at one thing, and says in one sentence what it saw.

A filter never changes a count. It keeps an allele from being DETECTED; a hotspot is reported with its state all the
same, and what every filter saw is kept, also of those that pass.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import fisher_exact

from csfgeno.calling.limits import Rule, Verdict
from csfgeno.errormodel.recurrence import Recurrence
from csfgeno.records import Allele, AlleleCounts, FilterRemark
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import FilterName

Distances = npt.NDArray[np.int64]
Qualities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """What filters look at: one allele in one specimen.

    Attributes
    ----------
    verdict, rule
        What the test says, and the rule that it was held against.
    alt_distances, other_distances
        Distance of the allele to the nearer known end of the molecule, of the mutant ones and of the others that cover
        it, bp, shape (molecules,).
    repeat_bp
        Length of the homopolymer or short tandem repeat that an insertion or deletion lengthens or shortens, otherwise
        zero.
    alt_mapq, other_mapq
        Mean mapping quality of each of these molecules.
    alt_mismatches, other_mismatches
        Bases beside the allele at which each of them differs from the reference.
    recurrence
        What the laboratory's normals show of the allele, `None` if no two of them or there are none.
    """

    allele: Allele
    counts: AlleleCounts
    verdict: Verdict
    rule: Rule
    alt_distances: Distances
    other_distances: Distances
    repeat_bp: int
    alt_mapq: Qualities
    other_mapq: Qualities
    alt_mismatches: Distances
    other_mismatches: Distances
    recurrence: Recurrence | None


Decision = tuple[bool, str]
"""Whether the allele fails, and what was seen."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One reason to doubt an allele: its name, what it means, the thresholds it obeys, and how it decides."""

    name: FilterName
    header: str
    thresholds: tuple[str, ...]
    decide: Callable[[Seen, Thresholds], Decision]


def apply_filters(seen: Seen, thresholds: Thresholds) -> tuple[FilterRemark, ...]:
    """Return what every filter says of an allele, in a fixed order; nothing of an allele without mutant molecules."""
    if seen.counts.alt == 0:
        return ()
    return tuple(FilterRemark(f.name, *f.decide(seen, thresholds)) for f in FILTERS)


def _is_weak(seen: Seen, _: Thresholds) -> Decision:
    p, alpha = math.exp(seen.verdict.log_p), seen.rule.alpha
    saw = f"probability {p:.2g} under the error model, at most {alpha:.2g} is asked"
    return seen.verdict.log_p > math.log(alpha), saw


def _is_sparse(seen: Seen, _: Thresholds) -> Decision:
    alt, asked = seen.counts.alt, seen.rule.min_alt
    return alt < asked, f"{alt} mutant molecules, at least {asked} are asked"


def _is_strand_biased(seen: Seen, thresholds: Thresholds) -> Decision:
    (forward, reverse), (ref_forward, ref_reverse) = _by_strand(seen.counts)
    p = float(fisher_exact(np.array([[forward, reverse], [ref_forward, ref_reverse]])).pvalue)
    rarer = min(forward, reverse)
    # METHOD: with many molecules the slightest imbalance is significant; an artefact is also one-sided.
    is_one_sided = rarer <= thresholds.strand_bias_share * (forward + reverse)
    saw = (
        f"mutant molecules {forward} forward and {reverse} reverse, reference molecules "
        f"{ref_forward} and {ref_reverse}; Fisher p {p:.2g}"
    )
    return p < thresholds.strand_bias_p and is_one_sided, saw


def _is_oxidised(seen: Seen, thresholds: Thresholds) -> Decision:
    """Oxidised guanine pairs with adenine: G>T on the strand that carried it, and never on both (8-oxoguanine)."""
    counts = seen.counts
    change = (seen.allele.ref, seen.allele.alt)
    if change not in (("G", "T"), ("C", "A")):
        return False, f"{seen.allele.ref}>{seen.allele.alt} is not what oxidation writes"
    (own, opposite), (ref_own, ref_opposite) = _by_strand(counts)
    if change == ("C", "A"):
        own, opposite, ref_own, ref_opposite = opposite, own, ref_opposite, ref_own
    p = _enrichment_p(own, opposite, ref_own, ref_opposite)
    saw = (
        f"{own} of {own + opposite} one-strand mutant molecules show G>T on the strand that was read, "
        f"{counts.alt_duplex} both strands; Fisher p {p:.2g}"
    )
    is_one_sided = opposite <= thresholds.strand_bias_share * (own + opposite)
    return p < thresholds.damage_p and is_one_sided and counts.alt_duplex == 0, saw


def _is_deaminated(seen: Seen, thresholds: Thresholds) -> Decision:
    """Single-stranded ends lose the amino group of cytosine: C>T, or G>A in the copy, close to fragment ends."""
    if (seen.allele.ref, seen.allele.alt) not in (("C", "T"), ("G", "A")):
        return False, f"{seen.allele.ref}>{seen.allele.alt} is not what deamination writes"
    is_clustered, p, saw = _clusters(seen, thresholds.deamination_end_bp)
    is_damage = p < thresholds.damage_p and is_clustered and seen.counts.alt_duplex == 0
    return is_damage, f"{saw}, {seen.counts.alt_duplex} mutant on both strands"


def _is_at_fragment_end(seen: Seen, thresholds: Thresholds) -> Decision:
    is_clustered, p, saw = _clusters(seen, thresholds.fragment_end_bp)
    return p < thresholds.fragment_end_p and is_clustered, saw


def _is_poorly_placed(seen: Seen, thresholds: Thresholds) -> Decision:
    mapq, asked = seen.counts.alt_mean_mapq, thresholds.min_alt_mapq
    if mapq is None:
        return False, "no mapping quality is known"
    low, alt = int(np.count_nonzero(seen.alt_mapq < asked)), len(seen.alt_mapq)
    other_low, others = int(np.count_nonzero(seen.other_mapq < asked)), len(seen.other_mapq)
    p = _enrichment_p(low, alt - low, other_low, others - other_low)
    saw = (
        f"mean mapping quality {mapq:.1f} of the mutant molecules; {low} of {alt} mutant and {other_low} of {others} "
        f"other molecules below {asked:g}; Fisher p {p:.2g}"
    )
    # METHOD: reads that fit two places come with a mixture of qualities, whose mean can look good.
    is_mixed = alt > 0 and 2 * low >= alt and p < thresholds.low_mapq_p
    return mapq < asked or is_mixed, saw


def _is_misplaced(seen: Seen, thresholds: Thresholds) -> Decision:
    """Look for reads of a pseudogene or paralogue: they carry all that differs between the places, not one allele."""
    if not len(seen.alt_mismatches):
        return False, "no mutant molecule"
    alt, asked = float(np.median(seen.alt_mismatches)), thresholds.misplaced_mismatches
    other = float(np.median(seen.other_mismatches)) if len(seen.other_mismatches) else 0.0
    saw = f"the median mutant molecule differs at {alt:g} other bases, the median other molecule at {other:g}"
    return alt >= asked > other, saw


def _recurs(seen: Seen, thresholds: Thresholds) -> Decision:
    recurrence, vaf = seen.recurrence, seen.counts.vaf
    if recurrence is None or vaf is None:
        return False, "no two normals of the error model show it"
    is_usual = vaf <= thresholds.pon_max_fold * recurrence.fraction
    usual = f"{recurrence.normals} normals of the error model show it at {recurrence.fraction:.2%}"
    return recurrence.normals >= thresholds.pon_min_normals and is_usual, f"{usual}, this specimen at {vaf:.2%}"


def _is_in_repeat(seen: Seen, thresholds: Thresholds) -> Decision:
    is_long = seen.repeat_bp >= thresholds.low_complexity_bp
    return is_long, f"changes a repeat of {seen.repeat_bp} bp" if seen.repeat_bp else "changes no repeat"


def _clusters(seen: Seen, zone_bp: float) -> tuple[bool, float, str]:
    """Return whether half the mutant molecules have the allele near their ends, how likely by chance, and a sentence.

    METHOD: the other molecules of the site are the yardstick, because amplicons put the end of every molecule there.
    """
    near, alt = int(np.count_nonzero(seen.alt_distances < zone_bp)), len(seen.alt_distances)
    other_near, others = int(np.count_nonzero(seen.other_distances < zone_bp)), len(seen.other_distances)
    p = _enrichment_p(near, alt - near, other_near, others - other_near)
    compared = f"{near} of {alt} mutant and {other_near} of {others} other molecules"
    saw = f"{compared} end closer than {zone_bp:g} bp; Fisher p {p:.2g}"
    return alt > 0 and 2 * near >= alt, p, saw


def _by_strand(counts: AlleleCounts) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return alt and ref molecules of the forward and the reverse strand; alignments always tell them."""
    return (counts.alt_forward or 0, counts.alt_reverse or 0), (counts.ref_forward or 0, counts.ref_reverse or 0)


def _enrichment_p(in_alt: int, out_alt: int, in_other: int, out_other: int) -> float:
    table = np.array([[in_alt, out_alt], [in_other, out_other]])
    return float(fisher_exact(table, alternative="greater").pvalue)


FILTERS: Final = (
    Filter(
        FilterName.WEAK_EVIDENCE,
        "The mutant molecules can be explained by the error model",
        ("hotspot_false_calls", "panel_false_calls"),
        _is_weak,
    ),
    Filter(
        FilterName.FEW_MOLECULES, "Fewer mutant molecules than min_alt_molecules", ("min_alt_molecules",), _is_sparse
    ),
    Filter(
        FilterName.STRAND_BIAS,
        "Mutant and reference molecules differ by strand, see strand_bias_p",
        ("strand_bias_p", "strand_bias_share"),
        _is_strand_biased,
    ),
    Filter(
        FilterName.OXIDATION,
        "G>T on the strand that was read and on no other, as oxidation writes it, see damage_p",
        ("damage_p", "strand_bias_share"),
        _is_oxidised,
    ),
    Filter(
        FilterName.DEAMINATION,
        "C>T at fragment ends, as deamination writes it, see damage_p",
        ("damage_p", "deamination_end_bp"),
        _is_deaminated,
    ),
    Filter(
        FilterName.FRAGMENT_END,
        "Mutant bases lie at fragment ends, see fragment_end_bp",
        ("fragment_end_bp", "fragment_end_p"),
        _is_at_fragment_end,
    ),
    Filter(
        FilterName.LOW_MAPQ,
        "Mapping quality of the mutant molecules is below min_alt_mapq on average, or of half of them",
        ("min_alt_mapq", "low_mapq_p"),
        _is_poorly_placed,
    ),
    Filter(
        FilterName.MISPLACED,
        "Mutant molecules differ from the reference at other bases as well, see misplaced_mismatches",
        ("misplaced_mismatches",),
        _is_misplaced,
    ),
    Filter(
        FilterName.LOW_COMPLEXITY,
        "An insertion or deletion in a repeat of at least low_complexity_bp",
        ("low_complexity_bp",),
        _is_in_repeat,
    ),
    Filter(
        FilterName.PANEL_OF_NORMALS,
        "Recurs in normals of the error model, see pon_min_normals",
        ("pon_min_normals", "pon_max_fold"),
        _recurs,
    ),
)
"""Every filter, in the order of `FilterName`."""
