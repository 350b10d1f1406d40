"""How often the laboratory's patients show an allele, and in how many it could have been seen."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from csfgeno.calling.recurrence import RecurrenceTable, is_artefact_like, key_of
from csfgeno.intervals import share_high, share_low
from csfgeno.io.store import Store
from csfgeno.records import Allele, Recurrence
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, FilterName, QcVerdict, SpecimenKind

_CURRENT: Final = (
    "reports JOIN panels USING (panel_id) JOIN specimens USING (report_id) "
    f"WHERE is_current AND specimens.verdict != '{QcVerdict.FAIL}'"
)
"""Usable specimens of the current version of every case."""


@dataclass(frozen=True, slots=True)
class CohortAllele:
    """An allele that any patient showed: names, and patients by what they show.

    Attributes
    ----------
    by_specimen
        Patients in whom the allele was detected, by kind of specimen.
    filtered
        Patients with a call that a filter kept from being detected, by filter.
    """

    build: Build
    allele: Allele
    gene: str | None
    hgvs_c: str | None
    hgvs_p: str | None
    is_hotspot: bool
    recurrence: Recurrence
    by_specimen: Mapping[SpecimenKind, int]
    filtered: Mapping[str, int]


@dataclass(slots=True)
class _Tally:
    """Patients at one allele while calls are read."""

    top_vaf: dict[str, float] = field(default_factory=dict)
    detected: dict[SpecimenKind, set[str]] = field(default_factory=lambda: defaultdict(set))
    filtered: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def count_alleles(store: Store, thresholds: Thresholds, *, name: str | None = None) -> tuple[CohortAllele, ...]:
    """Return every allele of the current reports, in the order of the genome.

    Specimens whose quality is FAIL count nowhere, neither as detected nor as tested.

    Parameters
    ----------
    name
        Gene, or HGVS coding or protein name, to count alone.
    """
    coverage = _Coverage(store)
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    for allele_id, patient, specimen, state, depth, alt, filters in _calls(store):
        _add(tallies[allele_id], patient, SpecimenKind(specimen), state, alt / depth if alt and depth else 0.0, filters)
    return tuple(_alleles(store, name, tallies, coverage, thresholds))


def count_patients(store: Store) -> dict[str, int]:
    """Return the patients with a usable specimen, by digest of the panel."""
    sql = f"SELECT panels.sha256, count(DISTINCT patient) FROM {_CURRENT} GROUP BY panels.sha256"  # noqa: S608
    return dict(store.rows(sql))


def find_artefacts(store: Store, thresholds: Thresholds) -> tuple[CohortAllele, ...]:
    """Return the alleles outside hotspots that recur at low fractions, the most common first."""
    found = [
        a for a in count_alleles(store, thresholds) if not a.is_hotspot and is_artefact_like(a.recurrence, thresholds)
    ]
    return tuple(sorted(found, key=lambda a: -share_low(a.recurrence.low_level, a.recurrence.tested)))


def make_recurrence(store: Store, thresholds: Thresholds) -> RecurrenceTable:
    """Return what `csfgeno call --recurrence` reads."""
    alleles = {key_of(a.build, a.allele): a.recurrence for a in count_alleles(store, thresholds)}
    detected = {key: seen for key, seen in alleles.items() if seen.detected}
    return RecurrenceTable(thresholds.recurrence_max_vaf, count_patients(store), detected)


def _calls(store: Store) -> list[tuple[int, str, str, str, int | None, int | None, str]]:
    columns = "allele_id, patient, calls.specimen, state, depth, alt, filters"
    return store.rows(
        f"SELECT {columns} FROM calls JOIN reports USING (report_id) "  # noqa: S608
        "JOIN specimens USING (report_id, specimen) WHERE is_current AND specimens.verdict != ?",
        (QcVerdict.FAIL,),
    )


def _add(tally: _Tally, patient: str, specimen: SpecimenKind, state: str, vaf: float, filters: str) -> None:
    tally.top_vaf[patient] = max(vaf, tally.top_vaf.get(patient, 0.0))
    # METHOD: what this filter alone doubted still counts, else a table would forget what the one before it found.
    if state == CallState.DETECTED or filters == FilterName.LAB_RECURRENT:
        tally.detected[specimen].add(patient)
    for name in filter(None, filters.split(";")):
        tally.filtered[name].add(patient)


def _alleles(
    store: Store,
    name: str | None,
    tallies: Mapping[int, _Tally],
    coverage: "_Coverage",
    thresholds: Thresholds,
) -> Iterator[CohortAllele]:
    columns = "allele_id, build, contig, start, ref, alt, gene, hgvs_c, hgvs_p, is_hotspot"
    where = "? IS NULL OR ? IN (gene, hgvs_c, hgvs_p)"
    sql = f"SELECT {columns} FROM alleles WHERE {where} ORDER BY build, contig, start, ref, alt"  # noqa: S608
    for allele_id, build, contig, start, ref, alt, gene, hgvs_c, hgvs_p, is_hotspot in store.rows(sql, (name, name)):
        if allele_id not in tallies:
            continue
        tally = tallies[allele_id]
        carriers = set().union(*tally.detected.values())
        low = {patient for patient in carriers if tally.top_vaf[patient] <= thresholds.recurrence_max_vaf}
        yield CohortAllele(
            build=Build(build),
            allele=Allele(contig, start, ref, alt),
            gene=gene,
            hgvs_c=hgvs_c,
            hgvs_p=hgvs_p,
            is_hotspot=bool(is_hotspot),
            recurrence=Recurrence(coverage.patients(build, contig, start), len(carriers), len(low)),
            by_specimen={kind: len(tally.detected[kind]) for kind in SpecimenKind if tally.detected.get(kind)},
            filtered={filter_name: len(patients) for filter_name, patients in sorted(tally.filtered.items())},
        )


class _Coverage:
    """Patients by the places their panels cover; the few panels of a laboratory are asked one by one."""

    def __init__(self, store: Store) -> None:
        self._targets: dict[tuple[int, str, str], list[tuple[int, int]]] = defaultdict(list)
        for panel, build, contig, start, end in store.rows(
            "SELECT panel_id, build, contig, start, end FROM targets JOIN panels USING (panel_id)"
        ):
            self._targets[panel, build, contig].append((start, end))
        self._patients: dict[int, set[str]] = defaultdict(set)
        for panel, patient in store.rows(f"SELECT DISTINCT panel_id, patient FROM {_CURRENT}"):  # noqa: S608
            self._patients[panel].add(patient)
        self._known: dict[tuple[int, ...], int] = {}

    def patients(self, build: str, contig: str, start: int) -> int:
        """Return the number of patients with a panel that covers a position."""
        covering = tuple(panel for panel in self._patients if self._covers(panel, build, contig, start))
        if covering not in self._known:
            self._known[covering] = len(set().union(*(self._patients[panel] for panel in covering)))
        return self._known[covering]

    def _covers(self, panel: int, build: str, contig: str, start: int) -> bool:
        return any(first <= start < end for first, end in self._targets.get((panel, build, contig), ()))


def frequency(seen: Recurrence) -> tuple[float | None, float, float]:
    """Return the share of tested patients with the allele, and its 95% interval."""
    share = seen.detected / seen.tested if seen.tested else None
    return share, share_low(seen.detected, seen.tested), share_high(seen.detected, seen.tested)
