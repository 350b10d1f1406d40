"""Cell-free DNA with one planted allele, cut from real genome and aligned by bwa mem, for tests and studies.

Nothing is shared with the caller but the table of exons: an allele given as HGVS c. is written into a stretch of
genome, fragments are drawn from the mutated and the normal copy alike, read in pairs with errors, and aligned.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from csfgeno.annotation.transcripts import CodingPosition, Transcript, load_transcripts
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import Strand, reverse_complement
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source
from csfgeno.molecules.sharing import read_specimen
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, ContigStyle

SAMPLE = Path(__file__).parents[2] / "sample_data"
GENOME = SAMPLE / "GRCh38.masked.fa.gz"
TABLE = load_transcripts(Build.GRCH38, ContigStyle.CHR)
READ_BP = 101
FRAGMENT_BP = (167, 20)
MARGIN_BP = 300
HGVS = re.compile(r"c\.(\d+)([+-]\d+)?(?:_(\d+)([+-]\d+)?)?(delins|del|dup|ins|[ACGT]>)([ACGT]*)")


@dataclass(frozen=True)
class Stretch:
    """Known genome around an exon."""

    contig: str
    start: int
    bases: str

    @property
    def name(self) -> str:
        return f"{self.contig}_{self.start}"


@dataclass(frozen=True)
class Truth:
    """Molecules that cover the place of the allele with ten bases on each side, and those of them that carry it."""

    covering: int
    carrying: int

    @property
    def vaf(self) -> float:
        return self.carrying / self.covering


@dataclass(frozen=True)
class Template:
    """One molecule: its bases and whether they are mutated."""

    bases: str
    is_mutant: bool


def allele_of(gene: str, hgvs: str) -> Allele:
    """Return the allele of an HGVS c. name, unnormalised, with one padding base before it."""
    transcript = TABLE.by_gene(gene)
    found = HGVS.fullmatch(hgvs)
    assert found
    first, first_offset, last, last_offset, kind, bases = found.groups()
    places = [
        _genomic(transcript, first, first_offset),
        _genomic(transcript, last or first, last_offset if last else first_offset),
    ]
    start, end = min(places), max(places) + 1
    if transcript.strand is Strand.REVERSE:
        bases = reverse_complement(bases)
    with pysam.FastaFile(str(GENOME)) as fasta:
        padded = fasta.fetch(transcript.contig, start - 1, end).upper()
    if kind == "dup":
        return Allele(transcript.contig, start - 1, padded[0], padded)
    if kind == "ins":
        return Allele(transcript.contig, start, padded[1], padded[1] + bases)
    return Allele(transcript.contig, start - 1, padded, padded[0] + bases)


def _genomic(transcript: Transcript, base: str, offset: str | None) -> int:
    return transcript.genomic_position(CodingPosition(int(base), int(offset or 0)))


def stretch_around(allele: Allele) -> Stretch:
    """Return the known genome around an allele, cut where it is masked."""
    with pysam.FastaFile(str(GENOME)) as fasta:
        left = fasta.fetch(allele.contig, allele.start - MARGIN_BP, allele.start).upper().rpartition("N")[2]
        right = fasta.fetch(allele.contig, allele.start, allele.end + MARGIN_BP).upper().partition("N")[0]
    return Stretch(allele.contig, allele.start - len(left), left + right)


def mutate(stretch: Stretch, *alleles: Allele) -> str:
    """Return the bases of a stretch with alleles written into it."""
    bases = stretch.bases
    for allele in sorted(alleles, reverse=True):
        at = allele.start - stretch.start
        assert bases[at : at + len(allele.ref)] == allele.ref
        bases = bases[:at] + allele.alt + bases[at + len(allele.ref) :]
    return bases


def draw_templates(copies: list[tuple[str, float]], depth: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Return `(copy, start, end)` of fragments, uniform along each copy and as dense as its share of `depth`."""
    drawn = []
    for number, (bases, share) in enumerate(copies):
        for _ in range(round(share * depth * len(bases) / FRAGMENT_BP[0])):
            length = int(np.clip(rng.normal(*FRAGMENT_BP), READ_BP, 2 * READ_BP))
            start = int(rng.integers(0, len(bases) - length))
            drawn.append((number, start, start + length))
    return drawn


def count_truth(drawn: list[tuple[int, int, int]], at: int) -> Truth:
    """Return how many fragments cover an allele of which copy 1 is the carrier, and differ before `at` in nothing."""
    covering = [number for number, start, end in drawn if start <= at - 10 and end >= at + 10]
    return Truth(len(covering), sum(number == 1 for number in covering))


class Sequencer:
    """Writes the read pairs of templates as FASTQ; the name carries the UMI and what consensus tags say."""

    def __init__(self, folder: Path, rng: np.random.Generator, *, consensus: bool) -> None:
        self.paths = (folder / "1.fq", folder / "2.fq")
        self._rng = rng
        self._consensus = consensus

    def write(self, templates: list[str]) -> None:
        with self.paths[0].open("w") as one, self.paths[1].open("w") as two:
            for number, bases in enumerate(templates):
                for copy, (is_top, name) in enumerate(self._family(number)):
                    left, right = self._read(bases[:READ_BP]), self._read(reverse_complement(bases)[:READ_BP])
                    for file, read in zip((one, two), (left, right) if is_top else (right, left), strict=True):
                        file.write(f"@{name}:{copy}\n{read[0]}\n+\n{read[1]}\n")

    def _family(self, number: int) -> Iterator[tuple[bool, str]]:
        umis = ["".join(self._rng.choice(list("ACGT"), 8)) for _ in range(2)]
        duplex = self._rng.random() < 0.35
        sizes = [1 + int(self._rng.poisson(1.5)), 1 + int(self._rng.poisson(1.5)) if duplex else 0]
        if not duplex and self._rng.random() < 0.5:
            sizes.reverse()
        if self._consensus:
            yield True, f"m{number}:{'-'.join(umis)}:{sizes[0]}:{sizes[1]}"
            return
        for is_top, size in zip((True, False), sizes, strict=True):
            for _ in range(size):
                yield is_top, f"m{number}{'AB'[not is_top]}:{'-'.join(umis if is_top else umis[::-1])}:0:0"

    def _read(self, bases: str) -> tuple[str, str]:
        rate = 1e-4 if self._consensus else 1e-3
        codes = np.frombuffer(bases.encode(), np.uint8).copy()
        low = self._rng.random(len(codes)) < 0.01
        wrong = (self._rng.random(len(codes)) < rate) | (low & (self._rng.random(len(codes)) < 0.08))
        codes[wrong] = self._rng.choice(np.frombuffer(b"ACGT", np.uint8), int(wrong.sum()))
        return codes.tobytes().decode(), "".join("," if is_low else "F" for is_low in low)


def align(folder: Path, stretches: list[Stretch], reads: tuple[Path, Path], out: Path, *, consensus: bool) -> Path:
    """Align reads to the stretches with bwa mem and write them at their places on the genome."""
    fasta = folder / "stretches.fa"
    fasta.write_text("".join(f">{s.name}\n{s.bases}\n" for s in stretches))
    subprocess.run(["bwa", "index", fasta], check=True, capture_output=True)
    command = ["bwa", "mem", "-v", "1", str(fasta), *map(str, reads)]
    with (folder / "aligned.sam").open("w") as sam:
        subprocess.run(command, check=True, stdout=sam, stderr=subprocess.DEVNULL)
    with pysam.FastaFile(str(GENOME)) as genome:
        contigs = [{"SN": name, "LN": genome.get_reference_length(name)} for name in genome.references]
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6"}, "SQ": contigs, "RG": [{"ID": "rg1", "SM": "simulated", "PL": "ILLUMINA"}]}
    )
    unsorted = folder / "unsorted.bam"
    with (
        pysam.AlignmentFile(str(folder / "aligned.sam")) as sam,
        pysam.AlignmentFile(str(unsorted), "wb", header=header) as bam,
    ):
        for read in sam:
            bam.write(_moved(read, header, consensus=consensus))
    pysam.sort("-o", str(out), str(unsorted))
    pysam.index(str(out))
    return out


def _moved(read: pysam.AlignedSegment, header: pysam.AlignmentHeader, *, consensus: bool) -> pysam.AlignedSegment:
    fields = read.to_dict()
    for name, pos in (("ref_name", "ref_pos"), ("next_ref_name", "next_ref_pos")):
        owner = fields["ref_name"] if fields[name] == "=" else fields[name]
        if owner != "*":
            fields[pos] = str(int(fields[pos]) + int(owner.rpartition("_")[2]))
    for name in ("ref_name", "next_ref_name"):
        fields[name] = fields[name].rpartition("_")[0] or fields[name]
    _, umi, size_a, size_b, _ = fields["name"].split(":")
    kept = [tag for tag in fields["tags"] if tag[:2] in ("MC", "NM")]
    own = [f"RX:Z:{umi}", "RG:Z:rg1"]
    if consensus:
        own += [f"aD:i:{size_a}", f"bD:i:{size_b}", f"cD:i:{int(size_a) + int(size_b)}"]
    moved: pysam.AlignedSegment = pysam.AlignedSegment.from_dict(fields | {"tags": kept + own}, header)
    return moved


def simulate(
    folder: Path, gene: str, hgvs: str, vaf: float, depth: int, *, consensus: bool, seed: int = 1
) -> tuple[Path, Truth, Allele]:
    """Write the BAM of one specimen with one allele; return it, the truth and the allele as written."""
    rng = np.random.default_rng(seed)
    allele = allele_of(gene, hgvs)
    stretch = stretch_around(allele)
    copies = [(stretch.bases, 1 - vaf), (mutate(stretch, allele), vaf)]
    drawn = draw_templates(copies, depth, rng)
    sequencer = Sequencer(folder, rng, consensus=consensus)
    sequencer.write([copies[number][0][start:end] for number, start, end in drawn])
    bam = align(folder, [stretch], sequencer.paths, folder / "reads.bam", consensus=consensus)
    return bam, count_truth(drawn, allele.start + 1 - stretch.start), allele


def evidence_of(bam: Path, place: Interval, fasta: ReferenceFasta) -> SpecimenEvidence:
    """Read a BAM as evidence."""
    source = Source(bam, GENOME, Thresholds(), normalise)
    tiles = read_specimen(source, [place], None, 1).tiles
    return SpecimenEvidence(tiles, fasta, in_one_codon=TABLE.in_one_codon)
