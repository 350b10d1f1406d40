"""Tables of copy number and loss of heterozygosity."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from csfgeno.structural.copynumber import log2_of
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState
from tests.study import cnvkit
from tests.study.copy_bench import BIAS_SD, CAPTURE_SD, GC_SLOPE_SD, SHIFT_SD, SPECIMEN_SD
from tests.study.copy_study import GAINED, PERSONS, CopyRow, LossRow, is_called, is_changed
from tests.study.rows import recall
from tests.study.tables import exact_share, markdown_table, mean_with_error

ONE_TARGET: Final = frozenset(("CTNNB1", "JAK2", "NTRK2", "RET", "AKT1", "NTRK3", "PPM1D", "ASXL1"))
FLOOR_LOG2: Final = -2.0
"""Genes whose true ratio is below this are left out of errors: where next to nothing is left, log2 has no scale."""


def tables(rows: Path) -> Iterator[str]:
    """Yield both sections of the page."""
    yield from _copies(recall(rows / "copies.jsonl", CopyRow))
    yield from _losses(recall(rows / "losses.jsonl", LossRow))


# ------------------------------------------------------------------------------------ copy number


def _copies(rows: Sequence[CopyRow]) -> Iterator[str]:
    persons, genes = (len({getattr(row, name) for row in rows}) for name in ("person", "gene"))
    yield from ("## Copy number, aligned reads", "")
    yield (
        "`csfgeno simulate` (5 ng, 470 molecules a base) to `csfgeno call` with the patient's normal, as deep. "
        f"{persons} persons; {genes} genes of the shipped panel with up to six targets each, of which six are altered: "
        f"{', '.join(GAINED)} gained, CDKN2A, TP53 and RB1 lost. Capture differs from target to target by "
        f"{CAPTURE_SD} log2 (SD) for good and by {SPECIMEN_SD} in each specimen, and bends with GC ({GC_SLOPE_SD:g} "
        "log2 per unit of GC, SD). The tumour fraction is what the product estimates from two heterozygous drivers. "
        "Called: amplification or deep loss DETECTED; changed: that or INDETERMINATE. Molecules are read as one read "
        "pair each, so that CNVkit, which counts reads, is not worse off."
    )
    yield ""
    yield (
        "CNVkit 0.9.14 on the same files (commands in `tests/study/cnvkit.py`), without segmentation, as R is not at "
        f"hand: against the patient's normal (paired), or {PERSONS} normals with this one among them (pooled). "
        f"Changed: |log2| of the gene at least {cnvkit.CHANGE_LOG2}, the default of `genemetrics`. Called: at least "
        f"{cnvkit.GAIN_LOG2} or at most {cnvkit.LOSS_LOG2}, the defaults of `call` for four copies and more, and none."
    )
    yield from ("", "### Altered genes", "", *_altered(rows), "", "### Neutral genes", "", *_neutral(rows))
    yield from ("", "### Error of the log2 ratio", "", *_errors(rows), "")


def _altered(rows: Sequence[CopyRow]) -> Iterator[str]:
    head = (
        "copies",
        "tumour fraction",
        "genes",
        "called",
        "changed",
        "CNVkit paired called",
        "changed",
        "pooled called",
        "changed",
        "copies - truth, mean (SD)",
        "interval holds truth",
        "log2 interval holds truth",
    )
    table = []
    altered = [row for row in rows if row.tumour_fraction and (row.gene in GAINED or row.gene == "CDKN2A")]
    for copies, fraction in sorted({(row.copies, row.tumour_fraction) for row in altered if row.copies != 1}):
        own = [row for row in altered if (row.copies, row.tumour_fraction) == (copies, fraction)]
        known = [row for row in own if row.estimated_copies is not None]
        errors = [row.estimated_copies - copies for row in known if row.estimated_copies is not None]
        table.append(
            (
                f"{copies:g}",
                f"{fraction:g}",
                str(len(own)),
                _count(own, is_called),
                _count(own, is_changed),
                *_cnvkit_counts(own),
                f"{np.mean(errors):+.2f} ({np.std(errors):.2f})" if errors else "-",
                f"{sum(_holds_copies(row) for row in known)}/{len(known)}",
                _count(own, _holds_ratio),
            )
        )
    yield from markdown_table(head, table)


def _neutral(rows: Sequence[CopyRow]) -> Iterator[str]:
    head = (
        "tumour fraction",
        "genes",
        "called",
        "changed",
        "CNVkit paired called",
        "changed",
        "pooled called",
        "changed",
    )
    neutral = [row for row in rows if row.copies == 2 or not row.tumour_fraction]
    table = []
    for fraction in sorted({row.tumour_fraction for row in neutral}):
        own = [row for row in neutral if row.tumour_fraction == fraction]
        table.append(
            (f"{fraction:g}", str(len(own)), _count(own, is_called), _count(own, is_changed), *_cnvkit_counts(own))
        )
    yield from markdown_table(head, table)
    called, changed = (sum(map(kind, neutral)) for kind in (is_called, is_changed))
    yield ""
    yield (
        f"All neutral genes: csfgeno called {exact_share(called, len(neutral))}, changed "
        f"{exact_share(changed, len(neutral))}; the log2 interval (95%) holds the truth in "
        f"{exact_share(sum(map(_holds_ratio, neutral)), len(neutral))}."
    )
    for name in ("paired", "pooled"):
        ratios = [value for row in neutral if (value := getattr(row, name)) is not None]
        if ratios:
            wrong = sum(abs(value) >= cnvkit.CHANGE_LOG2 for value in ratios)
            yield f"CNVkit {name} changed {exact_share(wrong, len(ratios))}."
    sole = [row for row in rows if row.copies == 1 and row.tumour_fraction]
    if sole:
        deep = sum(row.deep_loss == CallState.DETECTED for row in sole)
        yield f"Genes that lost one copy and were called a deep loss: {exact_share(deep, len(sole))}."


def _errors(rows: Sequence[CopyRow]) -> Iterator[str]:
    yield (
        "Estimated less true log2 ratio: mean ± standard error, and SD between genes and specimens. Genes with a true "
        f"ratio below {FLOOR_LOG2:g} are left out."
    )
    yield ""
    groups: dict[str, Callable[[CopyRow], bool]] = {
        "gained genes": lambda row: row.gene in GAINED and bool(row.tumour_fraction),
        "CDKN2A": lambda row: row.gene == "CDKN2A" and bool(row.tumour_fraction),
        "TP53, RB1": lambda row: row.gene in ("TP53", "RB1") and bool(row.tumour_fraction),
        "neutral, one target": lambda row: _is_neutral(row) and row.gene in ONE_TARGET,
        "neutral, more targets": lambda row: _is_neutral(row) and row.gene not in ONE_TARGET,
    }
    table = []
    for name, belongs in groups.items():
        own = [row for row in rows if belongs(row) and _truth(row) > FLOOR_LOG2]
        cells = [_error(own, kind) for kind in ("log2", "paired", "pooled")]
        table.append((name, str(len(own)), *cells))
    yield from markdown_table(("genes", "values", "csfgeno", "CNVkit paired", "CNVkit pooled"), table)


def _is_neutral(row: CopyRow) -> bool:
    return row.copies == 2 or not row.tumour_fraction


def _error(rows: Sequence[CopyRow], kind: str) -> str:
    errors = [value - _truth(row) for row in rows if (value := getattr(row, kind)) is not None]
    if not errors:
        return "-"
    return f"{mean_with_error(errors, 3, sign='+')} (SD {np.std(errors):.3f})"


def _truth(row: CopyRow) -> float:
    return log2_of(row.copies, row.tumour_fraction) if row.tumour_fraction else 0.0


def _holds_ratio(row: CopyRow) -> bool:
    return row.log2_low <= _truth(row) <= row.log2_high


def _holds_copies(row: CopyRow) -> bool:
    assert row.copies_low is not None
    assert row.copies_high is not None
    return row.copies_low <= row.copies <= row.copies_high


def _count(rows: Sequence[CopyRow], kind: Callable[[CopyRow], bool]) -> str:
    return f"{sum(map(kind, rows))}/{len(rows)}"


def _cnvkit_counts(rows: Sequence[CopyRow]) -> Iterator[str]:
    for name in ("paired", "pooled"):
        ratios = [value for row in rows if (value := getattr(row, name)) is not None]
        called = sum(value >= cnvkit.GAIN_LOG2 or value <= cnvkit.LOSS_LOG2 for value in ratios)
        changed = sum(abs(value) >= cnvkit.CHANGE_LOG2 for value in ratios)
        yield from (f"{called}/{len(ratios)}", f"{changed}/{len(ratios)}")


# ------------------------------------------------------------------------- loss of heterozygosity


def _losses(rows: Sequence[LossRow]) -> Iterator[str]:
    yield from ("## Loss of heterozygosity, aligned reads", "")
    yield (
        f"The same specimens. Each heterozygous variant is off one half by {BIAS_SD} (SD) in all specimens of a person "
        f"and moves by {SHIFT_SD} (SD) from specimen to specimen. Variants are those that the product used."
    )
    yield ""
    lost = [row for row in rows if row.is_lost]
    fractions = sorted({row.tumour_fraction for row in lost})
    table = []
    for sites in sorted({row.planted for row in lost}):
        cells = []
        for fraction in fractions:
            own = [row for row in lost if (row.planted, row.tumour_fraction) == (sites, fraction)]
            cells.append(f"{sum(row.state == CallState.DETECTED for row in own)}/{len(own)}")
        limits = [row.limit for row in rows if row.planted == sites and row.limit is not None]
        used = np.mean([row.sites for row in rows if row.planted == sites])
        table.append((str(sites), f"{used:.1f}", *cells, f"{np.median(limits):.2f}" if limits else "-"))
    head = ("variants planted", "used, mean", *(f"{f:g}" for f in fractions), "limit stated, median")
    yield from markdown_table(head, table)
    balanced = [row for row in rows if not row.is_lost and row.sites]
    called = sum(row.state == CallState.DETECTED for row in balanced)
    yield ""
    if balanced:
        yield (
            f"Balanced genes (all at tumour fraction 0, PTEN and STK11, and CDKN2A without both copies) called lost: "
            f"{exact_share(called, len(balanced))}; {Thresholds().loss_of_heterozygosity_p:.1%} is promised."
        )
    stated = [row for row in lost if row.limit is not None and row.tumour_fraction >= row.limit]
    if stated:
        hits = sum(row.state == CallState.DETECTED for row in stated)
        yield f"Lost genes at or above their stated limit called: {exact_share(hits, len(stated))}."
    yield ""
