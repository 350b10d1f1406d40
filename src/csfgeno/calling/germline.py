"""Whether an allele looks inherited: a remark for the reader, never a reason to drop it."""

from collections.abc import Sequence

from csfgeno.records import SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleNote, SpecimenKind

HETEROZYGOUS, HOMOZYGOUS = 0.5, 1.0


def note_allele(calls: Sequence[SpecimenCall], thresholds: Thresholds) -> tuple[AlleleNote, ...]:
    """Return the remarks on an allele, from what every specimen of the case says of it."""
    return (AlleleNote.GERMLINE_LIKE,) if looks_inherited(calls, thresholds) else ()


def looks_inherited(calls: Sequence[SpecimenCall], thresholds: Thresholds) -> bool:
    """Return whether the fraction fits an inherited allele, in the normal or, without one, in every specimen.

    METHOD: fits means that the interval of the VAF comes within `germline_spread` of one half or of one. A specimen of
    fewer than `germline_min_depth` molecules fits everything, so it is not asked; if none is asked, nothing is said.
    """
    asked = [call for call in calls if call.counts.depth >= thresholds.germline_min_depth]
    normal = [call for call in calls if call.specimen is SpecimenKind.NORMAL]
    if normal:
        asked = [call for call in asked if call.specimen is SpecimenKind.NORMAL]
    return bool(asked) and all(_fits(call, thresholds.germline_spread) for call in asked)


def _fits(call: SpecimenCall, spread: float) -> bool:
    low, high = call.vaf_low, call.vaf_high
    if low is None or high is None:
        return False
    return any(low <= fraction + spread and high >= fraction - spread for fraction in (HETEROZYGOUS, HOMOZYGOUS))
