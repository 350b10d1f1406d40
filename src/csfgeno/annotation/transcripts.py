"""The frozen panel transcripts: exons, codons and coding positions, in both builds.

The tables come from `reference/scripts/make_transcripts.py`. One clinical transcript stands for a gene. ROS1 is
numbered on NM_002944 although another transcript is MANE Select, because the resistance literature (G2032R) is.
"""

import csv
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from itertools import accumulate, pairwise

from csfgeno.errors import ReferenceDataError
from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import Strand, orient
from csfgeno.records import Interval
from csfgeno.vocab import Build, ContigStyle


class Datum(StrEnum):
    """What a coding position is counted from; the value is its HGVS mark."""

    CODING = ""
    AFTER_STOP = "*"


@dataclass(frozen=True, slots=True)
class CodingPosition:
    """Position of an HGVS c. name: `c.2573`, `c.3028+1`, `c.-5`, `c.*12`.

    Attributes
    ----------
    base
        1-based base of the coding sequence; negative before it, and counted after the stop codon if `datum` says so.
    offset
        Bases into the intron after (positive) or before (negative) `base`; 0 in an exon.
    datum
        Start of the coding sequence, or its end.
    """

    base: int
    offset: int = 0
    datum: Datum = Datum.CODING

    @property
    def codon(self) -> int:
        """1-based codon of `base`, which must lie in the coding sequence."""
        return (self.base + 2) // 3

    def __str__(self) -> str:
        """HGVS text without `c.`."""
        return f"{self.datum}{self.base}" + (f"{self.offset:+d}" if self.offset else "")


@dataclass(frozen=True, slots=True)
class CodingExon:
    """Coding part of one exon; `number` counts all exons of the transcript, `None` if that is not known."""

    number: int | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class CodonAlias:
    """A run of codons that another transcript of the gene numbers differently, by `shift`."""

    transcript: str
    first_codon: int
    last_codon: int
    shift: int


@dataclass(frozen=True)
class Transcript:
    """The clinical transcript of one gene in one build.

    Attributes
    ----------
    name
        RefSeq accession, with its version where a source states one.
    ensembl
        Ensembl twin, or `None`.
    exons
        Coding exons in transcript order.
    exon_count
        All exons of the transcript, or `None` if not known.
    utr5_bp, utr3_bp
        Untranslated bases that share an exon with the start and with the stop codon, or `None` if not known.
    """

    gene: str
    name: str
    ensembl: str | None
    build: Build
    contig: str
    strand: Strand
    exons: tuple[CodingExon, ...]
    exon_count: int | None
    utr5_bp: int | None
    utr3_bp: int | None
    aliases: tuple[CodonAlias, ...] = ()

    @cached_property
    def oriented(self) -> tuple[tuple[int, int], ...]:
        """Coding exons on the axis of the strand (see `sequence.orient`), ascending."""
        return tuple(orient(e.interval.start, e.interval.end, self.strand) for e in self.exons)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(start for start, _ in self.oriented)

    @cached_property
    def coding_starts(self) -> tuple[int, ...]:
        """0-based coding index of the first base of each coding exon."""
        return tuple(accumulate((len(e.interval) for e in self.exons[:-1]), initial=0))

    @cached_property
    def cds_length(self) -> int:
        """Bases of the coding sequence, stop codon included."""
        return sum(len(e.interval) for e in self.exons)

    @cached_property
    def span(self) -> Interval:
        """From one end of the coding sequence to the other, with the untranslated bases known beside it."""
        start, end = orient(
            self.oriented[0][0] - (self.utr5_bp or 0), self.oriented[-1][1] + (self.utr3_bp or 0), self.strand
        )
        return Interval(self.contig, start, end)

    def coding_position(self, pos: int) -> CodingPosition | None:
        """Return the HGVS position of genomic base `pos`; `None` beyond the untranslated bases known."""
        return self.oriented_position(orient(pos, pos + 1, self.strand)[0])

    def oriented_position(self, pos: int) -> CodingPosition | None:
        """Return the HGVS position of a base numbered on the axis of the strand (see `coding_position`)."""
        first, last = self.oriented[0][0], self.oriented[-1][1]
        if pos < first:
            return CodingPosition(pos - first) if first - pos <= (self.utr5_bp or 0) else None
        if pos >= last:
            after = pos - last + 1
            return CodingPosition(after, datum=Datum.AFTER_STOP) if after <= (self.utr3_bp or 0) else None
        i = bisect_right(self._starts, pos) - 1
        start, end = self.oriented[i]
        if pos < end:
            return CodingPosition(self.coding_starts[i] + pos - start + 1)
        # HGVS counts an intronic base from the nearer exon; the middle base of an odd intron from the one before.
        into, before = pos - end + 1, self._starts[i + 1] - pos
        next_base = self.coding_starts[i + 1] + 1
        return CodingPosition(next_base - 1, into) if into <= before else CodingPosition(next_base, -before)

    def genomic_position(self, position: CodingPosition) -> int:
        """Return the 0-based genomic base of an HGVS position.

        Raises
        ------
        ValueError
            If the position is not one of this transcript.
        """
        if position.datum is Datum.AFTER_STOP:
            oriented = self.oriented[-1][1] + position.base - 1
        elif position.base < 0:
            oriented = self.oriented[0][0] + position.base
        else:
            i = bisect_right(self.coding_starts, position.base - 1) - 1
            oriented = self.oriented[i][0] + position.base - 1 - self.coding_starts[i] + position.offset
        if self.oriented_position(oriented) != position:
            raise ValueError(f"c.{position} is not a position of {self.name}")
        return orient(oriented, oriented + 1, self.strand)[0]

    def codon_interval(self, codon: int) -> tuple[Interval, ...]:
        """Return where a 1-based codon lies, ascending on the genome; two pieces if an intron cuts it.

        Raises
        ------
        ValueError
            If the transcript has no such codon.
        """
        if not 1 <= codon <= self.cds_length // 3:
            raise ValueError(f"{self.name} has codons 1 to {self.cds_length // 3}, not {codon}")
        start, end = 3 * codon - 3, 3 * codon
        pieces = []
        for first, (low, high) in zip(self.coding_starts, self.oriented, strict=True):
            piece = (max(low, low + start - first), min(high, low + end - first))
            if piece[0] < piece[1]:
                pieces.append(Interval(self.contig, *orient(*piece, self.strand)))
        return tuple(sorted(pieces))


@dataclass(frozen=True, slots=True)
class TranscriptTable:
    """All panel transcripts of one build, by gene name."""

    transcripts: tuple[Transcript, ...]

    def by_gene(self, gene: str) -> Transcript:
        """Return the clinical transcript of a gene.

        Raises
        ------
        ReferenceDataError
            If the gene has none.
        """
        for transcript in self.transcripts:
            if transcript.gene == gene:
                return transcript
        raise ReferenceDataError(f"gene '{gene}' has no panel transcript; reference/transcripts lists those that do")

    def overlapping(self, interval: Interval) -> tuple[Transcript, ...]:
        """Return the transcripts whose span, introns included, shares a base with `interval`."""
        return tuple(t for t in self.transcripts if t.span.overlaps(interval))

    def in_one_codon(self, contig: str, first: int, second: int) -> bool:
        """Return whether two bases of a contig belong to the same codon of a panel transcript."""
        for transcript in self.overlapping(Interval(contig, first, second + 1)):
            places = [transcript.coding_position(pos) for pos in (first, second)]
            codons = {p.codon if p and p.datum is Datum.CODING and not p.offset else None for p in places}
            if len(codons) == 1 and None not in codons:
                return True
        return False


# ------------------------------------------------------------------------------------------- reading


def load_transcripts(build: Build, style: ContigStyle) -> TranscriptTable:
    """Return the shipped transcripts of a build, contigs named as the genome at hand names them.

    Raises
    ------
    ReferenceDataError
        If the shipped tables contradict each other.
    """
    exons: dict[str, list[CodingExon]] = {}
    strands: dict[str, Strand] = {}
    for row in _rows(f"coding_exons.{build}.tsv"):
        interval = Interval(rename_contig(row["contig"], style), int(row["start"]), int(row["end"]))
        exons.setdefault(row["gene"], []).append(CodingExon(_number(row["exon"]), interval))
        strands[row["gene"]] = Strand(row["strand"])  # a gene's own in each build: NCOA4 is turned round in GRCh38
    aliases: dict[str, list[CodonAlias]] = {}
    for row in _rows("codon_aliases.tsv"):
        first, last, shift = int(row["first_codon"]), int(row["last_codon"]), int(row["codons_to_add"])
        aliases.setdefault(row["gene"], []).append(CodonAlias(row["transcript"], first, last, shift))
    return TranscriptTable(
        tuple(
            _transcript(
                row, build, strands[row["gene"]], tuple(exons[row["gene"]]), tuple(aliases.get(row["gene"], ()))
            )
            for row in _rows("transcripts.tsv")
        )
    )


def _transcript(
    row: dict[str, str],
    build: Build,
    strand: Strand,
    exons: tuple[CodingExon, ...],
    aliases: tuple[CodonAlias, ...],
) -> Transcript:
    transcript = Transcript(
        gene=row["gene"],
        name=row["transcript"],
        ensembl=None if row["ensembl"] == "." else row["ensembl"],
        build=build,
        contig=exons[0].interval.contig,
        strand=strand,
        exons=exons,
        exon_count=_number(row["exon_count"]),
        utr5_bp=_number(row["utr5_bp"]),
        utr3_bp=_number(row["utr3_bp"]),
        aliases=aliases,
    )
    in_order = all(end <= start for (_, end), (start, _) in pairwise(transcript.oriented))
    if transcript.cds_length % 3 or not in_order:
        raise ReferenceDataError(
            f"transcript {transcript.name} in {build} has {transcript.cds_length} coding bases"
            f"{'' if in_order else ' in exons out of order'}; expected whole codons, exons 5' to 3'"
        )
    return transcript


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("csfgeno.reference").joinpath("transcripts", name).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines(), delimiter="\t"))


def _number(text: str) -> int | None:
    return None if text == "." else int(text)
