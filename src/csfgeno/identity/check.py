"""All identity checks of a case: pairs of specimens, contaminants, calls that one explains, and what is withheld."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.genome.contigs import detect_style
from csfgeno.genome.sequence import SequenceSource
from csfgeno.identity.contamination import find_contamination
from csfgeno.identity.match import match_specimens
from csfgeno.identity.sites import CountAt, Site, SiteCounts, inherited_alleles, load_table, table_alleles, thin
from csfgeno.records import (
    Allele,
    CaseReport,
    Contamination,
    Finding,
    HotspotSite,
    Identity,
    IdentityMatch,
    Panel,
    QcNote,
    Reason,
    SpecimenCall,
)
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleNote, CallState, QcVerdict, SpecimenKind
from csfgeno.vocab.comparison import ContaminationState, IdentityResult, ReasonCode


def identify(
    callers: Mapping[SpecimenKind, SpecimenCaller],
    panel: Panel,
    hotspots: Iterable[HotspotSite],
    genome: SequenceSource,
    override: str | None,
    thresholds: Thresholds,
    supplied: Iterable[SpecimenKind] = (),
) -> Identity:
    """Return the identity checks of the specimens; `override` is the reason to report a mismatch.

    A specimen of which only a VCF was supplied cannot be compared: its homozygous sites are not listed.
    """
    style = detect_style(target.interval.contig for target in panel.targets)
    table = table_alleles(load_table(panel.build), panel, style, genome)
    checked = check_identity(
        table,
        {kind: partial(count_site, caller) for kind, caller in callers.items()},
        lambda kind: callers[kind].evidence.alleles(),
        frozenset(allele for site in hotspots for allele in site.alleles),
        override,
        thresholds,
    )
    return _with_unread(checked, [*callers], [*supplied])


def _with_unread(identity: Identity, read: list[SpecimenKind], supplied: list[SpecimenKind]) -> Identity:
    unread = (Reason(ReasonCode.NO_SITES_IN_VCF),)
    pairs = combinations([kind for kind in SpecimenKind if kind in read or kind in supplied], 2)
    blind = [
        IdentityMatch(one, other, IdentityResult.NOT_ASSESSABLE, basis=unread)
        for one, other in pairs
        if one in supplied or other in supplied
    ]
    unknown = [Contamination(kind, ContaminationState.NOT_ASSESSABLE, basis=unread) for kind in supplied]
    return replace(identity, matches=(*identity.matches, *blind), contamination=(*identity.contamination, *unknown))


def check_identity(
    table: Iterable[Allele],
    count_at: Mapping[SpecimenKind, CountAt],
    alleles_of: Callable[[SpecimenKind], Iterable[Allele]],
    hotspots: frozenset[Allele],
    override: str | None,
    thresholds: Thresholds,
) -> Identity:
    """Return whether all specimens are of one person and free of another's DNA.

    Parameters
    ----------
    table
        Common SNPs inside the panel.
    count_at
        How each specimen counts an allele.
    alleles_of
        What a specimen shows; asked of the normal specimen, whose own alleles are inherited.
    hotspots
        Alleles that say nothing of a person.
    """
    known = frozenset(table)
    sites = [_site(allele, count_at, None) for allele in sorted(known)]
    normal = count_at.get(SpecimenKind.NORMAL)
    if normal is not None:
        shown = alleles_of(SpecimenKind.NORMAL)
        own = inherited_alleles(shown, normal, known | hotspots, thresholds.identity_min_depth)
        sites += [_site(allele, count_at, SpecimenKind.NORMAL) for allele in sorted(set(own))]
    apart = thin(sites)
    kinds = [kind for kind in SpecimenKind if kind in count_at]
    return Identity(
        matches=tuple(match_specimens(one, other, apart, thresholds) for one, other in combinations(kinds, 2)),
        contamination=tuple(find_contamination(kind, apart, thresholds) for kind in kinds),
        override=override,
    )


def count_site(caller: SpecimenCaller, allele: Allele) -> SiteCounts | None:
    """Return what a specimen's molecules show at a site, third alleles left out; `None` where none lies."""
    tally = caller.evidence.tally(allele)
    alt, depth = int(tally.alt.sum()), int((tally.alt + tally.ref).sum())
    if not depth:
        return None
    rates, _ = caller.null_of(allele, tally)
    return SiteCounts(alt, depth, float(np.average(rates, weights=tally.depth)))


def _site(allele: Allele, count_at: Mapping[SpecimenKind, CountAt], seen_in: SpecimenKind | None) -> Site:
    counted = {kind: count(allele) for kind, count in count_at.items()}
    return Site(allele, {kind: own for kind, own in counted.items() if own is not None}, seen_in)


def mark_contaminants(findings: Sequence[Finding], identity: Identity) -> tuple[Finding, ...]:
    """Return the findings, marked where a contaminant of the specimen explains the call."""
    return tuple(_marked(finding, identity) for finding in findings)


def _marked(finding: Finding, identity: Identity) -> Finding:
    kinds = tuple(c.specimen for c in finding.calls if _is_explained(c, finding, identity))
    if not kinds:
        return finding
    return replace(finding, contaminant_in=kinds, notes=(*finding.notes, AlleleNote.CONTAMINANT_LIKE))


def _is_explained(call: SpecimenCall, finding: Finding, identity: Identity) -> bool:
    """Return whether the other person's DNA could be all that is seen.

    METHOD: an allele of the other person has at most the fraction of that person's DNA. One that a clean specimen of
    the case shows as well is the patient's.
    """
    own = identity.contamination_of(call.specimen)
    if call.state is not CallState.DETECTED or not _is_contaminated(own) or own is None or own.high is None:
        return False
    clean = [
        c
        for c in finding.calls
        if c.state is CallState.DETECTED and not _is_contaminated(identity.contamination_of(c.specimen))
    ]
    return not clean and (call.vaf_low or 0.0) <= own.high


def _is_contaminated(own: Contamination | None) -> bool:
    return own is not None and own.state is ContaminationState.CONTAMINATED


def note_identity(identity: Identity, thresholds: Thresholds) -> Iterator[tuple[SpecimenKind, QcNote]]:
    """Yield what identity and contamination say of the quality of each specimen."""
    for match in identity.mismatches:
        verdict = QcVerdict.FAIL if identity.override is None else QcVerdict.LIMITED
        text = (
            f"{match.first.value} and {match.second.value} are of different persons: {match.discordant} of "
            f"{match.sites} common SNPs speak against one person."
        )
        for kind in (match.first, match.second):
            yield kind, QcNote(verdict, "identity_mismatch", text)
    for own in identity.contamination:
        if own.state is ContaminationState.CONTAMINATED and own.fraction is not None:
            is_much = own.fraction > thresholds.max_contamination
            text = f"{own.fraction:.2%} of the DNA is of another person ({own.low or 0:.2%} to {own.high or 0:.2%})."
            yield own.specimen, QcNote(QcVerdict.LIMITED if is_much else QcVerdict.PASS, "contamination", text)


def withhold(report: CaseReport) -> CaseReport:
    """Return the report without anything that was found, if its specimens are not of one person."""
    if not report.identity.is_blocked:
        return report
    return replace(
        report,
        verdict=QcVerdict.FAIL,
        findings=(),
        hotspots=(),
        therapies=(),
        phases=(),
        context=(),
        fusions=(),
        copy_numbers=(),
        heterozygosity_losses=(),
        exon_skippings=(),
        rearrangements=(),
        tumour_fractions=(),
    )
