"""Tables of a cohort as TSV; `docs/cohort.md` says what each column means."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from csfgeno.cohort.alleles import CohortAllele, frequency
from csfgeno.cohort.runs import MEASURES, Run
from csfgeno.report.columns import Cell
from csfgeno.report.tables import cell
from csfgeno.vocab import SpecimenKind

ALLELE_COLUMNS: Final = (
    *("build", "contig", "pos", "ref", "alt", "gene", "hgvs_c", "hgvs_p", "is_hotspot"),
    *("patients_tested", "patients_detected", "patients_low_level", "share", "share_low", "share_high"),
    *(f"patients_{kind}" for kind in SpecimenKind),
    "patients_filtered",
)
RUN_COLUMNS: Final = (
    *("case_id", "specimen", "collected", "csfgeno", "evidence_mode", "verdict"),
    *("hotspots", "hotspots_not_assessable", *MEASURES, *(f"{name}_z" for name in MEASURES), "odd"),
)


def alleles_tsv(alleles: Iterable[CohortAllele]) -> str:
    """Return one line an allele."""
    return _tsv(ALLELE_COLUMNS, map(_allele_cells, alleles))


def runs_tsv(runs: Iterable[Run]) -> str:
    """Return one line a specimen."""
    return _tsv(RUN_COLUMNS, map(_run_cells, runs))


def _allele_cells(row: CohortAllele) -> Iterator[Cell]:
    allele, seen = row.allele, row.recurrence
    yield from (row.build, allele.contig, allele.start + 1, allele.ref, allele.alt)
    yield from (row.gene, row.hgvs_c, row.hgvs_p, "yes" if row.is_hotspot else "no")
    yield from (seen.tested, seen.detected, seen.low_level, *frequency(seen))
    yield from (row.by_specimen.get(kind, 0) for kind in SpecimenKind)
    yield _named(row.filtered)


def _run_cells(run: Run) -> Iterator[Cell]:
    yield from (run.case_id, run.specimen, run.collected, run.csfgeno, run.evidence_mode, run.verdict)
    yield from (run.hotspots, run.hotspots_not_assessable)
    yield from (run.measures[name] for name in MEASURES)
    yield from (run.scores[name] for name in MEASURES)
    yield ";".join(run.odd)


def _named(counts: Mapping[str, int]) -> str:
    return ";".join(f"{name}={count}" for name, count in counts.items())


def _tsv(columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    lines = ["\t".join(columns), *("\t".join(map(cell, row)) for row in rows)]
    return "\n".join(lines) + "\n"
