"""How many alignments a BAM or CRAM holds and how many lie over given places: samtools idxstats and view -c."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pysam
from pysam.utils import SamtoolsError

from csfgeno.errors import InputError
from csfgeno.records import Interval

_UNMAPPED: Final = "4"


@dataclass(frozen=True, slots=True)
class AlignmentCounts:
    """Mapped alignments of a file; duplicates, secondary and supplementary ones are among them.

    Attributes
    ----------
    mapped
        In the whole file: from the index of a BAM, from the records of a CRAM, whose index holds no counts.
    overlapping
        With at least one base inside the intervals asked for, each counted once.
    """

    mapped: int
    overlapping: int


def count_alignments(path: Path, intervals: Iterable[Interval]) -> AlignmentCounts:
    """Return the mapped alignments of an indexed BAM or CRAM, and those that overlap `intervals`.

    Raises
    ------
    InputError
        If the file or its index cannot be read.
    """
    regions = [str(interval) for interval in intervals]
    verbosity = pysam.set_verbosity(0)
    try:
        lines = str(pysam.idxstats(str(path))).splitlines()
        overlapping = _count(path, regions) if regions else 0
    except SamtoolsError:
        raise InputError(
            f"{path.name} or its index is damaged: its alignments cannot be counted; copy the file again and run "
            f"`samtools index {path.name}`"
        ) from None
    finally:
        pysam.set_verbosity(verbosity)
    return AlignmentCounts(sum(int(line.split("\t")[2]) for line in lines), overlapping)


def _count(path: Path, regions: list[str]) -> int:
    # Counting decodes no bases, so a CRAM needs no reference; -M counts an alignment over two regions once.
    return int(str(pysam.view("-c", "-M", "-F", _UNMAPPED, str(path), *regions)))
