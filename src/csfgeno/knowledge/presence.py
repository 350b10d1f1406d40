"""Which biomarkers a case has, where, and which it cannot be said not to have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from csfgeno.knowledge.patterns import Combination
from csfgeno.knowledge.rows import Biomarker, Role
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import Allele, CopyNumber, ExonSkipping, Finding, Fusion, HotspotResult, Panel, Rearrangement
from csfgeno.vocab import CallState, SpecimenKind
from csfgeno.vocab.comparison import CompartmentVerdict, Origin

TUMOUR_SPECIMENS: Final = frozenset({SpecimenKind.CSF, SpecimenKind.PLASMA, SpecimenKind.TISSUE})
"""Specimens that speak for the tumour; the normal one speaks for inheritance and blood cells."""

_FOREIGN: Final = frozenset({Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS})


@dataclass(frozen=True, slots=True)
class Observed:
    """What was found in a case: named alleles and structural events, each with its biomarker ids."""

    findings: Sequence[Finding] = ()
    fusions: Sequence[Fusion] = ()
    copy_numbers: Sequence[CopyNumber] = ()
    exon_skippings: Sequence[ExonSkipping] = ()
    rearrangements: Sequence[Rearrangement] = ()


@dataclass(frozen=True, slots=True)
class Carrier:
    """One detected change behind a biomarker: an allele, or the event of that id.

    `not_excluded` are origins other than `origin` that the counts leave open.
    """

    key: Allele | str
    specimens: frozenset[SpecimenKind]
    is_event: bool = False
    is_in_normal: bool = False
    is_in_csf_only: bool = False
    origin: Origin = Origin.UNKNOWN
    not_excluded: tuple[Origin, ...] = ()


Carriers = Mapping[str, tuple[Carrier, ...]]


@dataclass(frozen=True, slots=True)
class Presence:
    """Carriers of each biomarker that is present.

    `foreign` are biomarkers whose every carrier is inherited or of blood cells, or probably so, or a co-mutation that
    the normal specimen shows too; `open_ids` those that are neither present nor shown to be absent.
    """

    carriers: Carriers
    foreign: Carriers = field(default_factory=dict)
    open_ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, observed: Observed, kb: KnowledgeBase, not_excluded: Collection[str]) -> "Presence":
        """Return the presence of all biomarkers in what was found."""
        seen = [*_from_findings(observed.findings), *_from_junctions((*observed.fusions, *observed.rearrangements))]
        seen += [*_from_copy_numbers(observed.copy_numbers), *_from_skippings(observed.exon_skippings)]
        return cls.of_carriers(seen, kb, {*not_excluded, *_indeterminate(observed), *_not_looked_for(observed, kb)})

    @classmethod
    def of_carriers(
        cls, seen: Iterable[tuple[str, Carrier]], kb: KnowledgeBase, open_ids: Collection[str] = ()
    ) -> "Presence":
        """Return the presence of biomarkers with their carriers, those of the whole case included."""
        present: dict[str, tuple[Carrier, ...]] = {}
        foreign: dict[str, tuple[Carrier, ...]] = {}
        for biomarker_id, carrier in seen:
            kept = foreign if _is_foreign(carrier, kb.biomarkers[biomarker_id].role) else present
            kept[biomarker_id] = (*kept.get(biomarker_id, ()), carrier)
        while combined := _combined(present, kb):
            present |= combined
        foreign = {b: found for b, found in foreign.items() if b not in present}
        return cls(present, foreign, frozenset(set(open_ids) - set(present)))

    def has_all(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether every biomarker is present."""
        return all(b in self.carriers for b in biomarker_ids)

    def has_none(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether no biomarker is present."""
        return not any(b in self.carriers for b in biomarker_ids)

    def is_open(self, biomarker_id: str) -> bool:
        """Whether the biomarker was not found, but not excluded either."""
        return biomarker_id in self.open_ids

    def keys_of(self, biomarker_ids: Iterable[str]) -> frozenset[Allele | str]:
        """Return the alleles and events behind the biomarkers."""
        return frozenset(carrier.key for b in biomarker_ids for carrier in self.carriers[b])

    def is_in_normal(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether a carrier of the biomarkers is detected in the normal specimen."""
        return any(carrier.is_in_normal for b in biomarker_ids for carrier in self.carriers[b])

    def may_be_foreign(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether a biomarker rests only on alleles of unknown origin that may be inherited or of blood cells."""
        return any(
            all(c.origin is Origin.UNKNOWN and not _FOREIGN.isdisjoint(c.not_excluded) for c in self.carriers[b])
            for b in biomarker_ids
        )

    def specimens_of(self, biomarker_ids: Sequence[str]) -> tuple[tuple[SpecimenKind, ...], bool]:
        """Return where the biomarkers are detected, and whether no single specimen has them all.

        The specimens are those with all of them, or, if none has, those with any.
        """
        places = [{kind for carrier in self.carriers[b] for kind in carrier.specimens} for b in biomarker_ids]
        everywhere = set.intersection(*places)
        chosen = everywhere or set.union(*places)
        return tuple(kind for kind in SpecimenKind if kind in chosen), not everywhere


def undetermined_biomarkers(panel: Panel, results: Sequence[HotspotResult]) -> frozenset[str]:
    """Return the biomarkers of hotspots that the leading specimen of a case could not assess.

    METHOD: the CSF leads where there is one, then plasma, then tissue: a negative in plasma says little of the CSF.
    """
    states = {(result.specimen, result.hotspot_id): result.state for result in results}
    kinds = {specimen for specimen, _ in states} & TUMOUR_SPECIMENS
    lead = next((kind for kind in SpecimenKind if kind in kinds), SpecimenKind.CSF)
    assessed = (CallState.DETECTED, CallState.NOT_DETECTED)
    return frozenset(
        biomarker_id
        for hotspot in panel.hotspots
        if states.get((lead, hotspot.hotspot_id)) not in assessed
        for biomarker_id in hotspot.biomarker_ids
    )


def _from_findings(findings: Sequence[Finding]) -> Iterable[tuple[str, Carrier]]:
    for finding in findings:
        kinds = {c.specimen for c in finding.calls if c.state is CallState.DETECTED}
        carrier = Carrier(
            key=finding.allele,
            specimens=frozenset(kinds & TUMOUR_SPECIMENS),
            is_in_normal=SpecimenKind.NORMAL in kinds,
            is_in_csf_only=finding.verdict is CompartmentVerdict.CSF_ONLY,
            origin=finding.origin.origin,
            not_excluded=finding.origin.not_excluded,
        )
        yield from ((b, carrier) for b in finding.biomarker_ids if carrier.specimens)


def _from_junctions(events: Sequence[Fusion | Rearrangement]) -> Iterable[tuple[str, Carrier]]:
    for event in events:
        kinds = frozenset(c.specimen for c in event.calls if c.state is CallState.DETECTED) & TUMOUR_SPECIMENS
        yield from ((b, Carrier(event.event_id, kinds, is_event=True)) for b in event.biomarker_ids if kinds)


def _from_copy_numbers(copy_numbers: Sequence[CopyNumber]) -> Iterable[tuple[str, Carrier]]:
    """Yield one carrier a gene: its copy number in every specimen is one change of the tumour."""
    found: dict[tuple[str, str], frozenset[SpecimenKind]] = {}
    for number in copy_numbers:
        called = CallState.DETECTED in (number.amplification, number.deep_loss)
        if called and number.specimen in TUMOUR_SPECIMENS:
            for b in number.biomarker_ids:
                found[b, number.gene] = found.get((b, number.gene), frozenset()) | {number.specimen}
    yield from ((b, Carrier(f"{gene} copy number", kinds, is_event=True)) for (b, gene), kinds in found.items())


def _from_skippings(skippings: Sequence[ExonSkipping]) -> Iterable[tuple[str, Carrier]]:
    """Yield the alleles behind each skipped exon; where the findings hold the same allele, it is the same carrier."""
    for skipping in skippings:
        kinds = frozenset(c.specimen for c in skipping.calls if c.state is CallState.DETECTED) & TUMOUR_SPECIMENS
        for cause in skipping.causes if kinds else ():
            yield from ((b, Carrier(cause.allele, kinds)) for b in skipping.biomarker_ids)


def _is_foreign(carrier: Carrier, role: Role) -> bool:
    # METHOD: what is inherited or of blood cells never drives a therapy. A co-mutation that the normal specimen shows
    # as well must be shown to be of the tumour; a driver or a resistance so found keeps its rules, with a caveat,
    # because leaving it out would hide an option.
    is_doubtful = carrier.origin is Origin.UNKNOWN and carrier.is_in_normal
    return carrier.origin in _FOREIGN or (is_doubtful and role in (Role.PROGNOSTIC, Role.CHIP_PRONE))


def _indeterminate(observed: Observed) -> set[str]:
    unsure: set[str] = set()
    events = [(f.biomarker_ids, [c.state for c in f.calls]) for f in observed.findings]
    events += [(f.biomarker_ids, [c.state for c in f.calls]) for f in observed.fusions]
    events += [(r.biomarker_ids, [c.state for c in r.calls]) for r in observed.rearrangements]
    events += [(n.biomarker_ids, [n.amplification, n.deep_loss]) for n in observed.copy_numbers]
    for biomarker_ids, states in events:
        if CallState.INDETERMINATE in states:
            unsure |= set(biomarker_ids)
    return unsure


def _not_looked_for(observed: Observed, kb: KnowledgeBase) -> set[str]:
    """Return biomarkers that this case could not have shown to be absent.

    METHOD: DNA shows only a part of all fusions, so that a fusion is never absent for certain; a gain is, where the
    copy number of its gene was assessed in the tumour and found without it.
    """
    assessed = {
        n.gene
        for n in observed.copy_numbers
        if n.specimen in TUMOUR_SPECIMENS and n.amplification is CallState.NOT_DETECTED
    }
    fusions = {i for i, b in kb.biomarkers.items() if b.pattern.fusion or b.pattern.duplication}
    gains = {
        i for i, b in kb.biomarkers.items() if b.pattern.amplification is not None and assessed.isdisjoint(b.genes)
    }
    return fusions | gains | set(kb.not_looked_for)


def _combined(present: Carriers, kb: KnowledgeBase) -> dict[str, tuple[Carrier, ...]]:
    """Return the biomarkers of the whole case that are not yet among the present ones, with their carriers."""
    missing = {i: b.pattern.matcher for i, b in kb.biomarkers.items() if i not in present}
    found = {i: _parts(rule, present, kb) for i, rule in missing.items() if isinstance(rule, Combination)}
    return {i: carriers for i, carriers in found.items() if carriers}


def _parts(rule: Combination, present: Carriers, kb: KnowledgeBase) -> tuple[Carrier, ...]:
    """Return the carriers that make up a combination; nothing if they do not."""
    if rule.all_of:
        parts = rule.all_of if all(b in present for b in rule.all_of) else ()
        return tuple(carrier for b in parts for carrier in present[b])
    if rule.any_of:
        return tuple(dict.fromkeys(carrier for b in rule.any_of for carrier in present.get(b, ())))
    members = [b for b in present if _is_member(kb.biomarkers[b], rule)]
    distinct = {carrier.key: carrier for b in members for carrier in present[b]}
    counted = {kb.biomarkers[b].genes for b in members} if rule.is_of_distinct_genes else set(distinct)
    return tuple(distinct.values()) if len(counted) >= rule.at_least else ()


def _is_member(biomarker: Biomarker, rule: Combination) -> bool:
    is_of_gene = not rule.gene or rule.gene in biomarker.genes
    return is_of_gene and biomarker.role == rule.role and not biomarker.is_case_level
