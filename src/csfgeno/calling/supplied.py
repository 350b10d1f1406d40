"""Calls of a specimen that comes as a VCF: what its caller listed, and silence that is never a negative."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.calling.fraction import interval
from csfgeno.calling.hotspots import belongs_to
from csfgeno.errormodel.spread import Spread
from csfgeno.genome.sequence import SequenceSource
from csfgeno.inputs.supplied import UNTESTED, SuppliedAllele, SuppliedVcf
from csfgeno.records import Allele, AlleleCounts, FilterRemark, HotspotResult, HotspotSite, SpecimenCall, StratumCounts
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, CallState, FilterName, MoleculeKind, SpecimenKind

FROM_VCF: Final = "only a VCF was supplied; no limit of detection can be computed"
LISTED: Final = "listed by the supplied VCF"
EMPTY: Final = "listed by the supplied VCF without a read that shows it; no limit of detection can be computed"

HEADERS: Final = {
    FilterName.CALLER_FILTERED: "Of a supplied VCF: its caller filtered the allele",
    FilterName.CALLER_UNFILTERED: "Of a supplied VCF: FILTER is '.', no filter was applied; only PASS is a call",
}
"""What the filters of supplied alleles mean."""

_NO_ERROR: Final = np.full(1, 1e-12)
"""The error rate behind a VCF is not known; its interval is that of the counts alone."""
_EVEN: Final = Spread(100.0)


@dataclass(frozen=True, slots=True)
class SuppliedCaller:
    """What one VCF says of any allele."""

    specimen: SpecimenKind
    vcf: SuppliedVcf
    thresholds: Thresholds

    def alleles(self) -> Iterator[Allele]:
        """Yield the alleles that the VCF states as found, and those that nobody filtered.

        What its caller did filter is stated where it is a hotspot, and where another specimen shows it.
        """
        return (
            allele
            for allele, own in self.vcf.alleles.items()
            if _state(own, self.thresholds) is CallState.DETECTED or (own.alt and set(own.call.filters) == {UNTESTED})
        )

    def call(self, allele: Allele, tier: CallingTier) -> SpecimenCall:
        """Return the call of an allele; one that the file does not list is NOT_ASSESSABLE."""
        own = self.vcf.alleles.get(allele)
        counted = own is not None and own.depth > 0
        ref, alt, depth = (own.ref, own.alt, own.depth) if own is not None else (0, 0, 0)
        level = self.thresholds.interval_level
        remarks = tuple(_remarks(own, self.thresholds)) if own is not None else ()
        bounds = interval(np.array([depth]), np.array([alt]), _NO_ERROR, _EVEN, level) if counted else None
        return SpecimenCall(
            specimen=self.specimen,
            state=_state(own, self.thresholds) if own is not None else CallState.NOT_ASSESSABLE,
            counts=AlleleCounts(
                strata=(StratumCounts(MoleculeKind.RAW, depth, alt, None),) if counted else (),
                ref=ref,
                other=max(depth - ref - alt, 0),
                discordant=None,
                alt_forward=None,
                alt_reverse=None,
                ref_forward=None,
                ref_reverse=None,
            ),
            tier=tier,
            vaf=alt / depth if counted else None,
            vaf_low=bounds[0] if bounds else None,
            vaf_high=bounds[1] if bounds else None,
            log10_p=None,
            log_likelihood_ratio=None,
            lod95=None,
            filters=tuple(remark.name for remark in remarks),
            remarks=remarks,
            supplied=own.call if own is not None else None,
        )

    def call_in_full(self, allele: Allele, tier: CallingTier) -> SpecimenCall:
        """Return the call of an allele; there are no molecules to keep."""
        return self.call(allele, tier)

    def state_hotspots(self, sites: Sequence[HotspotSite], sequence: SequenceSource) -> tuple[HotspotResult, ...]:
        """Return the state of every hotspot: found, doubtful or not assessable."""
        return tuple(self._state_hotspot(site, sequence) for site in sites)

    def _state_hotspot(self, site: HotspotSite, sequence: SequenceSource) -> HotspotResult:
        own = {a: v for a, v in self.vcf.alleles.items() if belongs_to(site, a, sequence)}
        found = {a: v for a, v in own.items() if _state(v, self.thresholds) is CallState.DETECTED}
        shown = found or own
        is_doubtful = any(_state(v, self.thresholds) is CallState.INDETERMINATE for v in own.values())
        otherwise = CallState.INDETERMINATE if is_doubtful else CallState.NOT_ASSESSABLE
        state = CallState.DETECTED if found else otherwise
        return HotspotResult(
            hotspot_id=site.hotspot.hotspot_id,
            specimen=self.specimen,
            state=state,
            depth=min((v.depth for v in shown.values()), default=0),
            alt=max((v.alt for v in shown.values()), default=0),
            lod95=None,
            reason=_reason(state, tuple(own.values()), self.thresholds),
            alleles=tuple(sorted(shown)),
        )


def _state(own: SuppliedAllele, thresholds: Thresholds) -> CallState:
    """Return the state of a listed allele.

    METHOD: only PASS is a call. FILTER `.` means that no filter was applied (VCF 4.2, 1.4.1), and an allele that its
    caller filtered is doubtful; neither is a negative. Without a mutant read nothing is said, since no limit is known.
    """
    if not own.alt:
        return CallState.NOT_ASSESSABLE
    return CallState.INDETERMINATE if any(_remarks(own, thresholds)) else CallState.DETECTED


def _remarks(own: SuppliedAllele, thresholds: Thresholds) -> Iterator[FilterRemark]:
    """Yield why an allele with mutant reads is no call."""
    if not own.alt:
        return
    if own.alt < thresholds.min_alt_molecules:
        saw = f"{own.alt} reads show the allele, {thresholds.min_alt_molecules} are needed"
        yield FilterRemark(FilterName.FEW_MOLECULES, True, saw)
    named = [name for name in own.call.filters if name != UNTESTED]
    if named:
        yield FilterRemark(FilterName.CALLER_FILTERED, True, f"the supplied VCF has FILTER {';'.join(named)}")
    elif own.call.filters:
        saw = "the supplied VCF has FILTER '.', so the filter of its caller was not run"
        yield FilterRemark(FilterName.CALLER_UNFILTERED, True, saw)


def _reason(state: CallState, own: Sequence[SuppliedAllele], thresholds: Thresholds) -> str:
    """Return why a hotspot has its state, from the alleles of the file that belong to it."""
    if state is CallState.DETECTED:
        return LISTED
    remarks = list(dict.fromkeys(remark.saw for one in own for remark in _remarks(one, thresholds)))
    if remarks:
        return f"listed, but {'; '.join(remarks)}"
    return EMPTY if own else FROM_VCF
