"""State of every hotspot: found, not found with its limit, doubtful, or impossible to assess, and why."""

from collections.abc import Iterable, Sequence
from typing import Final

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import footprint
from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Allele, HotspotResult, HotspotSite, Interval, SpecimenCall
from csfgeno.vocab import CallingTier, CallState, HotspotKind

NOT_IN_THIS_VERSION: Final = "this kind of alteration is not assessed by this version"
NOT_TARGETED: Final = "outside the targets of the panel"
MASKED: Final = "the reference sequence is masked here"
UNDERPOWERED: Final = "too few molecules for a negative"
DOUBTFUL: Final = "mutant molecules were seen, but not enough or not clean enough to call"
FOUND: Final = "detected"
NOT_FOUND: Final = "not detected with adequate sensitivity"

TYPICAL_DELETION_BP: Final = 15
TYPICAL_INSERTION_BP: Final = 9
"""Commonest lengths of EGFR exon 19 deletions and exon 20 insertions; they set the limit of a region's negative."""

_ASSESSED: Final = (
    HotspotKind.PROTEIN_CHANGE,
    HotspotKind.INFRAME_DELETION,
    HotspotKind.INFRAME_INSERTION,
    HotspotKind.SPLICE,
)
_MOST_SERIOUS_FIRST: Final = (
    CallState.DETECTED,
    CallState.INDETERMINATE,
    CallState.NOT_ASSESSABLE,
    CallState.NOT_DETECTED,
)
_REASONS: Final = {
    CallState.DETECTED: FOUND,
    CallState.INDETERMINATE: DOUBTFUL,
    CallState.NOT_ASSESSABLE: UNDERPOWERED,
    CallState.NOT_DETECTED: NOT_FOUND,
}


def belongs_to(site: HotspotSite, allele: Allele, sequence: SequenceSource) -> bool:
    """Return whether `allele` is that hotspot: it makes its protein change, or is of its kind inside its region."""
    if allele in site.alleles or allele in site.routes:
        return True
    if not _is_of_kind(allele, site.hotspot.kind) or all(i.contig != allele.contig for i in site.sites):
        return False
    written = footprint(allele, sequence)
    return any(interval.overlaps(written) for interval in site.sites)


def _is_of_kind(allele: Allele, kind: HotspotKind) -> bool:
    """Return whether a region hotspot of that kind could be this allele; an MNV such as L747P is no deletion."""
    net = len(allele.alt) - len(allele.ref)
    match kind:
        case HotspotKind.INFRAME_DELETION:
            return net < 0 and net % 3 == 0
        case HotspotKind.INFRAME_INSERTION:
            return net > 0 and net % 3 == 0
        case HotspotKind.SPLICE:
            return True
        case HotspotKind.PROTEIN_CHANGE | HotspotKind.AMPLIFICATION | HotspotKind.FUSION:
            return False


def unteachable(sites: Iterable[HotspotSite], sequence: SequenceSource) -> frozenset[Allele]:
    """Return the alleles that must not teach the background, found or not: a tumour's own would hide itself.

    They are the listed alleles and, as a splice region lists none, every substitution in it.
    """
    listed = {allele for site in sites for allele in site.alleles}
    splice = (site for site in sites if site.hotspot.kind is HotspotKind.SPLICE and site.is_targeted)
    places = {(i.contig, pos) for site in splice for i in site.sites for pos in range(i.start, i.end)}
    return frozenset(listed | {allele for place in places for allele in _substitutions(sequence, *place)})


def hotspot_indels(
    sites: Iterable[HotspotSite], observed: Iterable[Allele], sequence: SequenceSource
) -> frozenset[Allele]:
    """Return the insertions and deletions among `observed` that are a hotspot; they must not teach the background.

    METHOD: insertions and deletions of one kind are so few that ten molecules of the tumour's own would be most of
    what the background of that kind is learnt from.
    """
    regions = [site for site in sites if site.is_targeted and not site.alleles]
    indels = (allele for allele in observed if len(allele.ref) != len(allele.alt))
    return frozenset(allele for allele in indels if any(belongs_to(site, allele, sequence) for site in regions))


def state_hotspot(site: HotspotSite, caller: SpecimenCaller, observed: Sequence[Allele]) -> HotspotResult:
    """Return the state of one hotspot in one specimen.

    Parameters
    ----------
    observed
        Alleles that the reads of any specimen of the case show.
    """
    closed = _closed_reason(site)
    if closed is not None:
        return _result(site, caller, CallState.NOT_ASSESSABLE, (), closed)
    sequence = caller.evidence.sequence
    own = [a for a in observed if a not in site.alleles and belongs_to(site, a, sequence)]
    tested = sorted({*site.alleles, *own, *_probes(site, caller.evidence)})
    calls = [(allele, caller.call(allele, CallingTier.HOTSPOT)) for allele in tested]
    state = min((call.state for _, call in calls), key=_MOST_SERIOUS_FIRST.index)
    return _result(site, caller, state, calls, _REASONS[state])


def _closed_reason(site: HotspotSite) -> str | None:
    if site.hotspot.kind not in _ASSESSED:
        return NOT_IN_THIS_VERSION
    if not site.is_targeted:
        return NOT_TARGETED
    return MASKED if site.is_masked else None


def _result(
    site: HotspotSite,
    caller: SpecimenCaller,
    state: CallState,
    calls: Sequence[tuple[Allele, SpecimenCall]],
    reason: str,
) -> HotspotResult:
    shown = [call for _, call in calls if call.state in (CallState.DETECTED, CallState.INDETERMINATE)]
    limits = [call.lod95 for _, call in calls]
    return HotspotResult(
        hotspot_id=site.hotspot.hotspot_id,
        specimen=caller.specimen,
        state=state,
        depth=min((call.counts.depth for _, call in calls), default=0),
        alt=max((call.counts.alt for call in shown), default=0),
        lod95=None if None in limits else max((x for x in limits if x is not None), default=None),
        reason=reason,
        alleles=tuple(a for a, call in calls if call.state is state and call in shown),
    )


def _probes(site: HotspotSite, evidence: SpecimenEvidence) -> list[Allele]:
    """Return the alleles that stand for a region without listed ones: typical, and where fewest molecules show them.

    METHOD: a region is an adequate negative only if its worst-placed typical allele would have been found.
    """
    if site.alleles:
        return []
    sequence = evidence.sequence
    match site.hotspot.kind:
        case HotspotKind.INFRAME_DELETION:
            options = [[_deletion(sequence, pos, site)] for pos in _codon_starts(site)]
        case HotspotKind.INFRAME_INSERTION:
            options = [[_insertion(sequence, pos)] for pos in _codon_starts(site)]
        case _:
            options = [_substitutions(sequence, i.contig, pos) for i in site.sites for pos in range(i.start, i.end)]
    return min(options, key=lambda alleles: int(evidence.tally(alleles[0]).depth.sum()), default=[])


def _codon_starts(site: HotspotSite) -> list[Interval]:
    return [
        Interval(interval.contig, pos, interval.end)
        for interval in site.sites
        for pos in range(interval.start, interval.end, 3)
    ]


def _deletion(sequence: SequenceSource, place: Interval, site: HotspotSite) -> Allele:
    """Return a typical in-frame deletion that starts at `place` and stays in its region."""
    whole = sum(len(interval) for interval in site.sites)
    length = min(TYPICAL_DELETION_BP, whole)
    start = max(min(place.start, place.end - length), 1)
    ref = sequence.fetch(place.contig, start - 1, start + length)
    return Allele(place.contig, start - 1, ref, ref[0])


def _insertion(sequence: SequenceSource, place: Interval) -> Allele:
    """Return a typical in-frame insertion at `place`: a duplication of the bases that follow."""
    bases = sequence.fetch(place.contig, place.start - 1, place.start + TYPICAL_INSERTION_BP)
    return Allele(place.contig, place.start - 1, bases[0], bases)


def _substitutions(sequence: SequenceSource, contig: str, pos: int) -> list[Allele]:
    ref = sequence.fetch(contig, pos, pos + 1)
    return [Allele(contig, pos, ref, alt) for alt in "ACGT" if alt != ref]
