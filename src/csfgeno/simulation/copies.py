"""Copies per cell: of a gene over all cells, and of each parental allele in the cells of a tumour."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errors import UsageError
from csfgeno.records import Interval, Target
from csfgeno.simulation.fragments import MAX_FRAGMENT_BP

DIPLOID: Final = 2
MOST_COPIES: Final = 1000

MAJOR: Final = "major"
MINOR: Final = "minor"
"""Haplotype labels of inherited variants: on the allele of which a tumour cell has more, or fewer, copies."""

_INTERVAL: Final = re.compile(r"(?P<contig>[^:]+)(:(?P<start>\d+)-(?P<end>\d+))?")

Copies = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TargetCopies:
    """Copies over one target.

    Attributes
    ----------
    average
        Per cell of the patient, over all cells alike.
    major, minor
        Of either parental allele in a tumour cell, over one of each in any other cell.
    """

    average: float = DIPLOID
    major: float = 1.0
    minor: float = 1.0

    def cell_free(self, tumour_fraction: float) -> float:
        """Return the copies per genome of the cell-free DNA: 2 (1 - f) + c f where `average` is two."""
        normal, tumour = DIPLOID * (1 - tumour_fraction), (self.major + self.minor) * tumour_fraction
        return self.average / DIPLOID * (normal + tumour)

    def of_sources(self, tumour_fraction: float) -> tuple[float, float, float, float]:
        """Return copies in the cell-free DNA, in leucocytes, in a second person and in a neighbour library."""
        return self.cell_free(tumour_fraction), self.average, DIPLOID, DIPLOID

    def major_share(self, tumour_fraction: float) -> float:
        """Return the share of the cell-free molecules that come from the major allele; one half without any."""
        major, minor = (1 - tumour_fraction + tumour_fraction * copies for copies in (self.major, self.minor))
        return major / (major + minor) if major + minor > 0 else 0.5


@dataclass(frozen=True, slots=True)
class TumourCopies:
    """Copies in a tumour cell of what `where` names: a gene of the panel, `contig` or `contig:start-end`."""

    where: str
    major: float
    minor: float

    def covers(self, target: Target) -> bool:
        """Whether a target is of the gene, or shares a base with the interval."""
        if target.gene == self.where:
            return True
        found = _INTERVAL.fullmatch(self.where)
        if found is None or found["contig"] != target.interval.contig:
            return False
        if found["start"] is None:
            return True
        return int(found["start"]) - 1 < target.interval.end and target.interval.start < int(found["end"])


def parse_tumour_copies(assignments: Mapping[str, str]) -> tuple[TumourCopies, ...]:
    """Return the copies that `WHERE=N` or `WHERE=MAJOR+MINOR` ask for; N alone is shared evenly by both alleles.

    Raises
    ------
    UsageError
        If a value is no number of copies, or the minor allele has more of them.
    """
    return tuple(_parse(where, text) for where, text in assignments.items())


def _parse(where: str, text: str) -> TumourCopies:
    try:
        numbers = [float(part) for part in text.split("+")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(0 <= number <= MOST_COPIES for number in numbers):
        raise UsageError(
            f"--tumour-copies {where}={text}: expected copies per tumour cell such as 6, or those of both alleles such "
            f"as 2+0, from 0 to {MOST_COPIES}"
        )
    major, minor = numbers if len(numbers) == 2 else (numbers[0] / 2, numbers[0] / 2)
    if minor > major:
        raise UsageError(f"--tumour-copies {where}={text}: the first allele has fewer copies; write the larger first")
    return TumourCopies(where, major, minor)


def assign_copies(
    targets: Sequence[Target],
    average: Mapping[str, float],
    tumour: Sequence[TumourCopies],
    tumour_fraction: float,
) -> tuple[TargetCopies, ...]:
    """Return the copies over each target; where two of `tumour` cover one, the later counts.

    Raises
    ------
    UsageError
        If a gene or place has no target, or tumour copies are given and no genome is of a tumour.
    """
    if unknown := sorted(set(average) - {target.gene for target in targets}):
        raise UsageError(f"copies are given for {unknown[0]}, of which the panel has no target")
    for state in tumour:
        if not any(state.covers(target) for target in targets):
            raise UsageError(f"tumour copies are given for {state.where}, of which the panel has no target")
    if tumour and not tumour_fraction:
        raise UsageError("tumour copies need a tumour_fraction above 0, for example --set tumour_fraction=0.3")
    return tuple(_of_target(target, average, tumour) for target in targets)


def _of_target(target: Target, average: Mapping[str, float], tumour: Iterable[TumourCopies]) -> TargetCopies:
    copies = TargetCopies(average.get(target.gene, DIPLOID))
    for state in tumour:
        if state.covers(target):
            copies = replace(copies, major=state.major, minor=state.minor)
    return copies


@dataclass(frozen=True, slots=True)
class CopyMap:
    """Copies by place: those of the nearest target in reach of a fragment, else two."""

    targets: tuple[Interval, ...]
    copies: tuple[TargetCopies, ...]

    def at(self, contig: str, position: int) -> TargetCopies:
        """Return the copies at a base."""
        away = [
            (max(target.start - position, position - target.end + 1, 0), copies)
            for target, copies in zip(self.targets, self.copies, strict=True)
            if target.contig == contig
        ]
        distance, copies = min(away, key=lambda pair: pair[0], default=(MAX_FRAGMENT_BP + 1, TargetCopies()))
        return copies if distance <= MAX_FRAGMENT_BP else TargetCopies()


def copies_table(targets: Sequence[Target], copies: Sequence[TargetCopies], tumour_fraction: float) -> str:
    """Return the copies of each gene as tab-separated text; a gene has a line for each state of its targets."""
    counted: dict[tuple[str, TargetCopies], int] = {}
    for target, state in zip(targets, copies, strict=True):
        counted[target.gene, state] = counted.get((target.gene, state), 0) + 1
    columns = ["gene", "targets", "copies", "tumour_major", "tumour_minor", "cell_free_copies", "major_share"]
    lines = ["\t".join(columns)]
    for (gene, state), number in counted.items():
        expected = (state.cell_free(tumour_fraction), state.major_share(tumour_fraction))
        values = (state.average, state.major, state.minor, *expected)
        lines.append("\t".join([gene, str(number), *(f"{value:g}" for value in values)]))
    return "\n".join(lines) + "\n"
