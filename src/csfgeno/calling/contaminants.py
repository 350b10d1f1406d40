"""Calls that the DNA of another person in the tube explains, as the check of identity found it.

The remark stands with its numbers at the call. A call outside hotspots becomes INDETERMINATE and stays in every output.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from csfgeno.records import Contamination, FilterRemark, Finding, Identity, SpecimenCall
from csfgeno.vocab import CallingTier, CallState, FilterName

HEADER: Final = (
    "No more frequent than the DNA of another person in this specimen may be, and no clean specimen of the case shows "
    "it; never a hotspot"
)


def weigh_contaminants(findings: Sequence[Finding], identity: Identity) -> tuple[Finding, ...]:
    """Return the findings with the filter on each call that a contaminant explains (`contaminant_in`)."""
    return tuple(_weigh(finding, identity) if finding.contaminant_in else finding for finding in findings)


def _weigh(finding: Finding, identity: Identity) -> Finding:
    calls = (
        _remark(call, identity.contamination_of(call.specimen)) if call.specimen in finding.contaminant_in else call
        for call in finding.calls
    )
    return replace(finding, calls=tuple(calls))


def _remark(call: SpecimenCall, found: Contamination | None) -> SpecimenCall:
    # METHOD: what a contaminant brings is inherited, and a hotspot allele is not; a driver keeps its state and note.
    fails = call.tier is not CallingTier.HOTSPOT
    remarks = (*call.remarks, FilterRemark(FilterName.CONTAMINANT, fails, _sentence(call, found)))
    if not fails:
        return replace(call, remarks=remarks)
    state = CallState.INDETERMINATE if call.state is CallState.DETECTED else call.state
    return replace(call, remarks=remarks, filters=(*call.filters, FilterName.CONTAMINANT), state=state)


def _sentence(call: SpecimenCall, found: Contamination | None) -> str:
    if found is None or found.fraction is None or found.high is None:
        return "the specimen holds DNA of another person"
    return (
        f"{found.fraction:.2%} of the DNA is of another person, up to {found.high:.2%}; the allele is at "
        f"{call.vaf or 0.0:.2%}, from {call.vaf_low or 0.0:.2%}, and no clean specimen of the case shows it"
    )
