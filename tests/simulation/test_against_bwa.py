"""Records of pairs over junctions against `bwa mem`, which aligns the same pairs to the same genome.

The library has no wrong bases, which do not enter the simulated alignment. bwa mem is the oracle of flag, place, CIGAR
and SA; where two sides of a read score the same it takes either, which nothing but its own hash foretells.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pysam
import pytest

from .rearranging import change, events_tsv, fusion, sequenced, write_world
from .test_events import ALONE, simulate

EVENTS = (
    fusion("chrA:3100|", "|chrB:9000"),
    fusion("chrA:3300|", "chrB:9300|", inserted="AC", reciprocal="yes"),
    fusion("|chrA:3500", "|chrB:9600", inserted="GATTACA"),
    fusion("|chrA:3700", "chrA:10000|", inserted="ACGTACGTACGTTGACCA", reciprocal="yes"),
    change("DEL", "chrB", 3101, 3160),
    change("DEL", "chrB", 3301, 3480),
    change("DEL", "chrB", 3601, 6000),
    change("DUP", "chrB", 7051, 7130),
    change("DUP", "chrB", 7231, 7600),
    change("INV", "chrB", 7701, 7790),
    change("INV", "chrA", 3900, 6500),
)

Records = dict[tuple[str, bool], list[pysam.AlignedSegment]]


@dataclass(frozen=True)
class Agreement:
    """Reads of pairs that show a junction, how many of them are split, and how many have the same records."""

    reads: int
    split: int
    same: int
    same_split: int
    same_to_the_tags: int

    @property
    def share(self) -> float:
        return self.same / self.reads


def read_records(path: Path) -> Records:
    records: Records = {}
    with pysam.AlignmentFile(str(path)) as alignments:
        for read in alignments:
            records.setdefault((read.query_name or "", read.is_read2), []).append(read)
    return records


def shows_junction(records: Records, name: str) -> bool:
    """Whether a pair is not just two whole reads a fragment apart."""
    own = [read for is_second in (False, True) for read in records[name, is_second]]
    return len(own) > 2 or any(read.cigarstring != f"{read.query_length}M" or not read.is_proper_pair for read in own)


def align(records: Records, names: Sequence[str], genome: Path, folder: Path) -> Records:
    subprocess.run(["bwa", "index", genome], check=True, capture_output=True)
    fastqs = [folder / "1.fq", folder / "2.fq"]
    for is_second, fastq in enumerate(fastqs):
        primaries = [next(r for r in records[name, bool(is_second)] if not r.is_supplementary) for name in names]
        texts = [(read.query_name, sequenced(read)) for read in primaries]
        fastq.write_text("".join(f"@{name}\n{bases}\n+\n{'F' * len(bases)}\n" for name, bases in texts))
    with (folder / "bwa.sam").open("wb") as sam:
        subprocess.run(["bwa", "mem", "-v", "1", genome, *fastqs], check=True, stdout=sam, stderr=subprocess.DEVNULL)
    return read_records(folder / "bwa.sam")


def compare(own: Records, other: Records, names: Sequence[str]) -> Agreement:
    keys = [(name, is_second) for name in names for is_second in (False, True)]
    split = {key for key in keys if len(own[key]) > 1}
    same = {key for key in keys if _main(own[key]) == _main(other[key])}
    tags = {key for key in same if _rest(own[key]) == _rest(other[key])}
    return Agreement(len(keys), len(split), len(same), len(same & split), len(tags))


def _main(reads: Sequence[pysam.AlignedSegment]) -> list[tuple[object, ...]]:
    return sorted(
        (r.flag, r.reference_name, r.reference_start, r.cigarstring, r.get_tag("SA") if r.has_tag("SA") else "")
        for r in reads
    )


def _rest(reads: Sequence[pysam.AlignedSegment]) -> list[Mapping[str, object]]:
    return [
        {
            "mate": (r.next_reference_name, r.next_reference_start, r.template_length),
            "mapq": r.mapping_quality,
            "mate_cigar": r.get_tag("MC"),
            "bases": r.query_sequence,
        }
        for r in sorted(reads, key=lambda r: r.flag & 0x800)
    ]


def measure(folder: Path, seed: int, input_ng: float, **parameters: str) -> Agreement:
    genome = write_world(folder, seed)
    settings = {**ALONE, "chimera_share": "0.02", **parameters}
    bam = simulate(genome, folder, events_tsv(EVENTS), "--input-ng", input_ng, "--seed", seed, **settings)
    own = read_records(bam)
    everything = sorted({name for name, _ in own})  # pairs without junction teach bwa mem the insert size
    other = align(own, everything, genome, folder)
    return compare(own, other, [name for name in everything if shows_junction(own, name)])


@pytest.mark.parametrize(("seed", "read_bp"), [(1, "100"), (2, "150")])
def test_records_are_those_of_bwa_mem(seed: int, read_bp: str, tmp_path: Path) -> None:
    agreement = measure(tmp_path, seed, 2.5, read_bp=read_bp)
    assert agreement.reads > 1000
    assert agreement.split > 250
    assert agreement.share >= 0.95
    assert agreement.same_split >= 0.95 * agreement.split
    assert agreement.same_to_the_tags >= 0.93 * agreement.reads
