"""Copy number and loss of heterozygosity from aligned reads: `csfgeno call` with the patient's normal, and CNVkit.

Each person has a normal and a specimen of every tumour fraction. MET, ERBB2 and EGFR are gained, each with another
number of copies; TP53 and RB1 lost one copy; CDKN2A lost both in every other person, in the others one. All else is
neutral. Heterozygous variants lie in TP53, RB1 and CDKN2A (one, two and four, in turn) and in PTEN and STK11 (two).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from csfgeno.records import CaseReport
from csfgeno.vocab import CallState, SpecimenKind
from tests.study import cnvkit
from tests.study.copy_bench import (
    CopyBench,
    Inherited,
    call,
    draw_inherited,
    driver_variants,
    inherited_variants,
    make_bench,
    write_specimen,
)
from tests.study.rows import keep

FRACTIONS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
GAINED: Final = ("MET", "ERBB2", "EGFR")
COPIES: Final = (4, 6, 10, 30)
SUPPRESSORS: Final = ("TP53", "RB1", "CDKN2A")
BALANCED: Final = ("PTEN", "STK11")
SITES: Final = (1, 2, 4)
PERSONS: Final = 8
"""Also the size of CNVkit's pooled reference."""


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One gene of one specimen: what is true, what csfgeno reports, and CNVkit's log2 ratios (`None` without it)."""

    person: int
    tumour_fraction: float
    gene: str
    copies: float
    amplification: str
    deep_loss: str
    log2: float
    log2_low: float
    log2_high: float
    estimated_fraction: float | None
    estimated_copies: float | None
    copies_low: float | None
    copies_high: float | None
    paired: float | None
    pooled: float | None


@dataclass(frozen=True, slots=True)
class LossRow:
    """One gene with heterozygous variants of one specimen."""

    person: int
    tumour_fraction: float
    gene: str
    planted: int
    sites: int
    is_lost: bool
    state: str
    limit: float | None


def measure(folder: Path, rows: Path, persons: Sequence[int], fractions: Sequence[float], program: Path | None) -> None:
    """Draw and judge the specimens of some persons and keep their rows; normals that are there are not drawn again."""
    bench = make_bench(folder)
    normals = [_normal(bench, person) for person in (range(PERSONS) if program else persons)]
    for person in persons:
        copy_rows, loss_rows = _measure(bench, person, fractions, normals, program)
        keep(rows / "copies.jsonl", copy_rows)
        keep(rows / "losses.jsonl", loss_rows)


def planted_copies(person: int) -> dict[str, float]:
    """Return the copies per tumour cell of a person's altered genes."""
    gained = {gene: float(COPIES[(person + number) % len(COPIES)]) for number, gene in enumerate(GAINED)}
    return {**gained, "TP53": 1.0, "RB1": 1.0, "CDKN2A": 0.0 if person % 2 else 1.0}


def _inherited(bench: CopyBench, person: int) -> tuple[Inherited, ...]:
    counts = {gene: SITES[(person + number) % len(SITES)] for number, gene in enumerate(SUPPRESSORS)}
    return draw_inherited(bench, {**counts, **dict.fromkeys(BALANCED, 2)}, np.random.default_rng(700 + person))


def _normal(bench: CopyBench, person: int) -> Path:
    path = bench.folder / f"normal{person}.bam"
    if not path.exists():
        variants = inherited_variants(_inherited(bench, person), {}, np.random.default_rng(800 + person))
        write_specimen(bench, path.stem, {}, list(variants), seed=900 + person)
    return path


def _measure(
    bench: CopyBench, person: int, fractions: Sequence[float], normals: Sequence[Path], program: Path | None
) -> tuple[list[CopyRow], list[LossRow]]:
    inherited, copies = _inherited(bench, person), planted_copies(person)
    own = _normal(bench, person)
    bams = {fraction: _specimen(bench, person, fraction, copies, inherited) for fraction in fractions}
    ratios = _cnvkit(bench, list(bams.values()), own, normals, program)
    copy_rows: list[CopyRow] = []
    loss_rows: list[LossRow] = []
    for fraction, bam in bams.items():
        report = call(bench, bam, own)
        copy_rows += _copy_rows(report, person, fraction, copies, [by_bam.get(bam.stem, {}) for by_bam in ratios])
        loss_rows += _loss_rows(report, person, fraction, copies, inherited)
        bam.unlink()
        bam.with_suffix(".bam.bai").unlink()
    return copy_rows, loss_rows


def _specimen(
    bench: CopyBench, person: int, fraction: float, copies: Mapping[str, float], inherited: Sequence[Inherited]
) -> Path:
    seed = 1_000 * (person + 1) + round(100 * fraction)
    lost = {gene: fraction for gene, own in copies.items() if own == 1.0}
    variants = [
        *inherited_variants(inherited, lost, np.random.default_rng(seed)),
        *driver_variants(bench, fraction),
    ]
    averaged = {gene: fraction * own + 2.0 * (1.0 - fraction) for gene, own in copies.items()}
    return write_specimen(bench, f"specimen{seed}", averaged, variants, seed)


def _cnvkit(
    bench: CopyBench, bams: Sequence[Path], own: Path, normals: Sequence[Path], program: Path | None
) -> list[dict[str, dict[str, float]]]:
    """Return the ratios against the patient's own normal, and against the pool of all normals."""
    if program is None:
        return [{}, {}]
    references = {"paired": [own], "pooled": list(normals)}
    return [
        cnvkit.measure(program, bams, reference, bench.bed, bench.fasta, bench.folder / name)
        for name, reference in references.items()
    ]


def _copy_rows(
    report: CaseReport, person: int, fraction: float, copies: Mapping[str, float], ratios: Sequence[Mapping[str, float]]
) -> Iterator[CopyRow]:
    for number in report.copy_numbers:
        if number.log2_ratio is None or number.log2_low is None or number.log2_high is None:
            continue
        yield CopyRow(
            person=person,
            tumour_fraction=fraction,
            gene=number.gene,
            copies=copies.get(number.gene, 2.0),
            amplification=number.amplification.value,
            deep_loss=number.deep_loss.value,
            log2=number.log2_ratio,
            log2_low=number.log2_low,
            log2_high=number.log2_high,
            estimated_fraction=number.tumour_fraction,
            estimated_copies=number.copies,
            copies_low=number.copies_low,
            copies_high=number.copies_high,
            paired=ratios[0].get(number.gene),
            pooled=ratios[1].get(number.gene),
        )


def _loss_rows(
    report: CaseReport, person: int, fraction: float, copies: Mapping[str, float], inherited: Sequence[Inherited]
) -> Iterator[LossRow]:
    for loss in report.heterozygosity_losses:
        if loss.specimen is not SpecimenKind.CSF:
            continue
        yield LossRow(
            person=person,
            tumour_fraction=fraction,
            gene=loss.gene,
            planted=sum(own.gene == loss.gene for own in inherited),
            sites=loss.heterozygous_sites,
            is_lost=bool(fraction) and copies.get(loss.gene) == 1.0,
            state=loss.state.value,
            limit=loss.lod_tumour_fraction,
        )


def is_called(row: CopyRow) -> bool:
    """Return whether csfgeno calls an amplification or a deep loss."""
    return CallState.DETECTED in (row.amplification, row.deep_loss)


def is_changed(row: CopyRow) -> bool:
    """Return whether csfgeno sees a change of depth, called or not."""
    return bool({CallState.DETECTED, CallState.INDETERMINATE} & {row.amplification, row.deep_loss})
