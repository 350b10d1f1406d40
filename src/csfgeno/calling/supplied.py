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
from csfgeno.records import Allele, AlleleCounts, HotspotResult, HotspotSite, SpecimenCall, StratumCounts
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, CallState, MoleculeKind, SpecimenKind

FROM_VCF: Final = "only a VCF was supplied; no limit of detection can be computed"
LISTED: Final = "listed by the supplied VCF"
FILTERED: Final = "listed by the supplied VCF, but filtered by its caller"

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
        """Yield the alleles that the VCF states as found."""
        return (
            allele for allele, own in self.vcf.alleles.items() if _state(own, self.thresholds) is CallState.DETECTED
        )

    def call(self, allele: Allele, tier: CallingTier) -> SpecimenCall:
        """Return the call of an allele; one that the file does not list is NOT_ASSESSABLE."""
        own = self.vcf.alleles.get(allele)
        counted = own is not None and own.depth > 0
        ref, alt, depth = (own.ref, own.alt, own.depth) if own is not None else (0, 0, 0)
        level = self.thresholds.interval_level
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
        state = CallState.DETECTED if found else CallState.INDETERMINATE if own else CallState.NOT_ASSESSABLE
        reason = LISTED if found else FILTERED if own else FROM_VCF
        return HotspotResult(
            hotspot_id=site.hotspot.hotspot_id,
            specimen=self.specimen,
            state=state,
            depth=min((v.depth for v in shown.values()), default=0),
            alt=max((v.alt for v in shown.values()), default=0),
            lod95=None,
            reason=reason,
            alleles=tuple(sorted(shown)),
        )


def _state(own: SuppliedAllele, thresholds: Thresholds) -> CallState:
    """Return the state that a listed allele has; what its caller filtered is doubtful, never a negative.

    METHOD: FILTER `.` means that the caller does not filter, so such a record counts as its caller's call.
    """
    is_filtered = bool(set(own.call.filters) - {UNTESTED})
    if is_filtered or own.alt < thresholds.min_alt_molecules:
        return CallState.INDETERMINATE
    return CallState.DETECTED
