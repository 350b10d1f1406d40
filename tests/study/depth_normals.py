"""Measure copy number against other targets, the patient's normal and normals of the laboratory, on drawn depths:
`python -m tests.study.depth_normals [--quick] [--out FILE]`.

Each laboratory has a panel of 60 genes with 1 to 12 targets, whose capture efficiencies differ for good; each lot of
its capture and each specimen differ from that again. The patient's specimens are of a lot that no normal of the
laboratory is of, but both are of one lot.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from csfgeno.errormodel.panels import JUNCTION_DTYPE, DepthPanel, NormalStructure, TargetList
from csfgeno.records import CopyNumber, Interval, Target
from csfgeno.structural.copynumber import copies_of, log2_of, state_level
from csfgeno.structural.depth import MOLECULE_BP, TargetDepths, counting_variance, depths_of, traits_of
from csfgeno.structural.levels import CopyPanel, Level, gene_levels
from csfgeno.structural.normals import fit_depths
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, CopyExtent, SpecimenKind

GENES = 60
CAPTURE_SD = 0.3
LOT_SD = 0.1
SPECIMEN_SD = 0.05
DEPTH = 800.0
LOT_NORMALS = 4
SIZES = (5, 12, 30)
COPIES = (0, 2, 4, 6, 10, 30)
FRACTIONS = (0.05, 0.1, 0.2, 0.5, 0.9)
NORMAL_DEPTHS = (50.0, 200.0, 800.0, 3_000.0)
INHERITED = (1.0, 3.0)
OWN, NORMAL = "own targets, or 1 normal", "matched normal"
THRESHOLDS = Thresholds()


@dataclass
class Laboratory:
    """A panel, its capture and its normals, all drawn from one seed; log2 units."""

    seed: int
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        sizes = self.rng.integers(1, 13, GENES)
        genes = [f"G{number}" for number, size in enumerate(sizes) for _ in range(size)]
        length = self.rng.lognormal(5.2, 0.5, len(genes)).astype(int) + 20
        intervals = tuple(Interval("1", 10_000 * i, 10_000 * i + int(bp)) for i, bp in enumerate(length))
        self.targets = TargetList(intervals, tuple(genes))
        self.length = length
        self.gc = np.clip(self.rng.normal(0.5, 0.08, len(genes)), 0.2, 0.8)
        self.capture = self.rng.normal(0.0, CAPTURE_SD, len(genes))
        targets = tuple(Target(own, gene, gene) for own, gene in zip(intervals, genes, strict=True))
        traits = traits_of(intervals, genes, self.gc)
        self.panel = CopyPanel(targets, tuple(dict.fromkeys(genes)), traits, {})
        lots = [self.lot() for _ in range(-(-max(SIZES) // LOT_NORMALS))]
        self.normals = [self.draw(lots[i // LOT_NORMALS], {}, DEPTH) for i in range(max(SIZES))]

    def lot(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return by how much one lot of the capture differs."""
        return self.rng.normal(0.0, LOT_SD, len(self.length))

    def draw(
        self, lot: np.ndarray[tuple[int], np.dtype[np.float64]], shifts: dict[str, float], depth: float
    ) -> TargetDepths:
        """Return the depths of a specimen whose genes lie `shifts` off two copies."""
        gc = self.gc - 0.5
        noise = self.rng.normal(0.0, SPECIMEN_SD, len(self.length))
        level = self.capture + lot + noise + self.rng.normal(2.0, 0.5) * gc - self.rng.normal(6.0, 1.0) * gc**2
        level += np.array([shifts.get(gene, 0.0) for gene in self.targets.genes])
        molecules = self.rng.poisson(depth * 2.0**level * (self.length + MOLECULE_BP) / MOLECULE_BP)
        return depths_of(molecules * MOLECULE_BP / (self.length + MOLECULE_BP), self.length.tolist())

    def depths(self, size: int) -> DepthPanel | None:
        """Return the panel of depth of the first normals."""
        no_junctions = np.zeros(0, JUNCTION_DTYPE)
        shown = [NormalStructure(self.targets, self.gc, own.mean, (), no_junctions) for own in self.normals[:size]]
        return fit_depths(shown, THRESHOLDS)


@dataclass
class Tally:
    """What was found of one kind of gene with one baseline."""

    called: int = 0
    changed: int = 0
    copies: list[float] = field(default_factory=list)
    log2: list[float] = field(default_factory=list)
    z: list[float] = field(default_factory=list)

    def add(self, level: Level, fraction: float, truth: float) -> None:
        """Count one gene at a true log2 ratio."""
        if abs(level.z) >= THRESHOLDS.copy_number_z:
            stated = state_level("G", SpecimenKind.CSF, level, CopyExtent.UNKNOWN, "", fraction, THRESHOLDS)
            self.called += is_called(stated)
            self.changed += 1
        self.copies.append(copies_of(level.log2, fraction))
        self.log2.append(level.log2 - truth)
        self.z.append(level.z)


def is_called(stated: CopyNumber) -> bool:
    return CallState.DETECTED in (stated.amplification, stated.deep_loss)


Tallies = dict[str, Tally]


def baselines(laboratory: Laboratory, with_both: Sequence[int]) -> dict[str, tuple[bool, DepthPanel | None]]:
    """Return what each column compares with: whether the patient's normal, and which normals of the laboratory."""
    panels = {size: laboratory.depths(size) for size in SIZES}
    alone = {f"{size} normals": (False, panel) for size, panel in panels.items()}
    both = {f"{size} normals and matched normal": (True, panels[size]) for size in with_both}
    return {OWN: (False, None), NORMAL: (True, None), **alone, **both}


def altered_gene(laboratory: Laboratory) -> str:
    return laboratory.panel.genes[laboratory.seed % GENES]


def shift_of(copies: float, fraction: float) -> float:
    return max(log2_of(copies, fraction), -30.0)


def measure_calls(
    laboratories: Sequence[Laboratory], replicates: int
) -> tuple[dict[tuple[int, float], Tallies], Tallies]:
    """Return tallies of the altered gene by copies and tumour fraction, and of all other genes."""
    altered: dict[tuple[int, float], Tallies] = {(c, f): defaultdict(Tally) for c in COPIES for f in FRACTIONS}
    neutral: Tallies = defaultdict(Tally)
    for laboratory in laboratories:
        columns, gene = baselines(laboratory, (5, 12)), altered_gene(laboratory)
        for (copies, fraction), tallies in altered.items():
            for _ in range(replicates):
                lot, truth = laboratory.lot(), shift_of(copies, fraction)
                own, normal = laboratory.draw(lot, {gene: truth}, DEPTH), laboratory.draw(lot, {}, DEPTH)
                for name, (has_normal, depths) in columns.items():
                    levels = gene_levels(own, normal if has_normal else None, depths, laboratory.panel, THRESHOLDS)
                    tallies[name].add(levels.pop(gene), fraction, truth)
                    for level in levels.values():
                        neutral[name].add(level, fraction, 0.0)
    return altered, neutral


def measure_normals(laboratories: Sequence[Laboratory], replicates: int) -> dict[float, Tallies]:
    """Return tallies of unaltered genes by the depth of the patient's normal."""
    found: dict[float, Tallies] = {depth: defaultdict(Tally) for depth in NORMAL_DEPTHS}
    for laboratory in laboratories:
        columns = baselines(laboratory, (12,))
        for depth, tallies in found.items():
            for _ in range(replicates):
                lot = laboratory.lot()
                own, normal = laboratory.draw(lot, {}, DEPTH), laboratory.draw(lot, {}, depth)
                for name in (NORMAL, "12 normals", "12 normals and matched normal"):
                    has_normal, depths = columns[name]
                    levels = gene_levels(own, normal if has_normal else None, depths, laboratory.panel, THRESHOLDS)
                    for level in levels.values():
                        tallies[name].add(level, 0.5, 0.0)
    return found


def measure_inherited(laboratories: Sequence[Laboratory], replicates: int) -> dict[float, Tallies]:
    """Return tallies of a gene of which the patient was born with another number of copies."""
    found: dict[float, Tallies] = {copies: defaultdict(Tally) for copies in INHERITED}
    for laboratory in laboratories:
        columns, gene = baselines(laboratory, (12,)), altered_gene(laboratory)
        for copies, tallies in found.items():
            shifts = {gene: float(np.log2(copies / 2))}
            for _ in range(replicates):
                lot = laboratory.lot()
                own, normal = laboratory.draw(lot, shifts, DEPTH), laboratory.draw(lot, shifts, DEPTH)
                for name in (NORMAL, "12 normals", "12 normals and matched normal"):
                    has_normal, depths = columns[name]
                    levels = gene_levels(own, normal if has_normal else None, depths, laboratory.panel, THRESHOLDS)
                    tallies[name].add(levels[gene], 0.5, 0.0)
    return found


def write_tables(laboratories: Sequence[Laboratory], replicates: int) -> Iterator[str]:
    altered, neutral = measure_calls(laboratories, replicates)
    names = list(neutral)
    counting = np.sqrt(np.median(counting_variance(laboratories[0].normals[0].molecules)))
    yield "# Copy number: what depth is compared with"
    yield ""
    yield (
        f"{len(laboratories)} laboratories, each with a panel of {GENES} genes with 1 to 12 targets, drawn anew. SD in "
        f"log2: capture of targets {CAPTURE_SD}, lot {LOT_SD}, specimen {SPECIMEN_SD}, counting {counting:.3f} at "
        f"{DEPTH:.0f}-fold depth. {LOT_NORMALS} normals of the laboratory share a lot; specimen and matched normal "
        "share one of their own. GC bends every specimen in its own way. One normal alone makes no panel of depth."
    )
    per_cell = len(laboratories) * replicates
    yield from ("", f"## Called, of {per_cell}", "", *head(["copies", "tumour fraction", *names]))
    for (copies, fraction), tallies in altered.items():
        yield row([str(copies), str(fraction), *(str(tallies[name].called) for name in names)])
    yield from ("", "## Error of copies: mean (SD)", "", *head(["copies", "tumour fraction", *names]))
    for (copies, fraction), tallies in altered.items():
        errors = (np.array(tallies[name].copies) - copies for name in names)
        yield row([str(copies), str(fraction), *(f"{e.mean():+.2f} ({e.std(ddof=1):.2f})" for e in errors)])
    yield from ("", "## Unaltered genes", "", *head(["", *names]))
    total = len(next(iter(neutral.values())).z)
    yield row(["genes", *(f"{total:,}" for _ in names)])
    yield row(["false calls per 1,000", *(f"{1000 * neutral[n].called / total:.2f}" for n in names)])
    yield row(["beyond copy_number_z per 1,000", *(f"{1000 * neutral[n].changed / total:.2f}" for n in names)])
    yield row(["SD of log2 ratio", *(f"{np.std(neutral[n].log2):.3f}" for n in names)])
    yield row(["SD of z", *(f"{np.std(neutral[n].z):.2f}" for n in names)])
    yield from ("", "## Depth of the matched normal: SD of log2 ratio of unaltered genes / SD of z", "")
    by_depth = measure_normals(laboratories, replicates)
    names = list(next(iter(by_depth.values())))
    yield from head(["depth", *names])
    for depth, tallies in by_depth.items():
        cells = (f"{np.std(tallies[n].log2):.3f} / {np.std(tallies[n].z):.2f}" for n in names)
        yield row([f"{depth:.0f}", *cells])
    yield from ("", f"## Inherited copies of one gene: beyond copy_number_z, of {per_cell}", "")
    inherited = measure_inherited(laboratories, replicates)
    yield from head(["copies", *names])
    for born_with, tallies in inherited.items():
        yield row([f"{born_with:.0f}", *(str(tallies[n].changed) for n in names)])


def head(cells: Sequence[str]) -> tuple[str, str]:
    return row(cells), row(["---"] * len(cells))


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.depth_normals", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two laboratories")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("DEPTH.md"))
    options = parser.parse_args()
    number, replicates = (2, 1) if options.quick else (20, 5)
    laboratories = [Laboratory(seed) for seed in range(number)]
    options.out.write_text("\n".join(write_tables(laboratories, replicates)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
