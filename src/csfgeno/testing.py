"""Builder of small, valid BAM and CRAM files, for the tests of csfgeno and of pipelines that use it.

The package itself never imports this module.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import pysam

TagValue = str | int | float
Quality = int | Sequence[int] | None

_CIGAR_OP: Final = re.compile(r"(\d+)([MIDNSHP=X])")
_ON_REFERENCE: Final = "MDN=X"
_PAIRED: Final = pysam.FPAIRED | pysam.FPROPER_PAIR
_FORWARD: Final = pysam.FMREVERSE
_REVERSE: Final = pysam.FREVERSE


class BamBuilder:
    """Collects alignments and writes them as one sorted and indexed BAM or CRAM.

    Positions are 0-based. Sequences are as in BAM: on the forward strand of the reference. Qualities are one value for
    every base, one value a base, or `None` for absent.

    Parameters
    ----------
    contigs
        Length in bp of each contig, in header order.
    sample
        SM of the only read group.

    Examples
    --------
    >>> builder = BamBuilder({"chr7": 1000})
    >>> builder.add_pair("m1", "chr7", 100, "10M", "ACGTACGTAC", 130, "8M", "ACGTACGT", tags={"RX": "ACG-TTT"})
    >>> [read.template_length for read in builder.reads]
    [38, -38]
    """

    def __init__(self, contigs: Mapping[str, int], *, sample: str = "sample") -> None:
        self.header = pysam.AlignmentHeader.from_dict(
            {
                "HD": {"VN": "1.6", "SO": "coordinate"},
                "SQ": [{"SN": name, "LN": length} for name, length in contigs.items()],
                "RG": [{"ID": "rg1", "SM": sample, "LB": sample, "PL": "ILLUMINA"}],
            }
        )
        self.reads: list[pysam.AlignedSegment] = []

    def add_pair(
        self,
        name: str,
        contig: str,
        start1: int,
        cigar1: str,
        seq1: str,
        start2: int,
        cigar2: str,
        seq2: str,
        *,
        qual: Quality = 37,
        mapq: int = 60,
        strand: Literal["A", "B"] = "A",
        tags: Mapping[str, TagValue] | None = None,
    ) -> None:
        """Add the two mates of one fragment, with mate fields, TLEN and MC filled in.

        Parameters
        ----------
        name
            QNAME.
        contig
            Contig of both mates.
        start1, cigar1, seq1
            The forward mate, at the left end of the fragment.
        start2, cigar2, seq2
            The reverse mate, at its right end.
        qual, mapq, tags
            Given to both mates.
        strand
            Strand of the molecule that was sequenced: in `A` the forward mate is read 1, in `B` it is read 2.
        """
        first, second = (pysam.FREAD1, pysam.FREAD2) if strand == "A" else (pysam.FREAD2, pysam.FREAD1)
        left = self._read(name, _PAIRED | _FORWARD | first, contig, start1, cigar1, seq1, qual, mapq)
        right = self._read(name, _PAIRED | _REVERSE | second, contig, start2, cigar2, seq2, qual, mapq)
        span = (start2 + reference_length(cigar2)) - start1
        for read, mate, mate_cigar, length in ((left, right, cigar2, span), (right, left, cigar1, -span)):
            read.next_reference_id = mate.reference_id
            read.next_reference_start = mate.reference_start
            read.template_length = length
            _set_tags(read, {"MC": mate_cigar, **(tags or {})})
        self.reads += [left, right]

    def add_read(
        self,
        name: str,
        contig: str | None,
        start: int,
        cigar: str | None,
        seq: str | None,
        *,
        flag: int = 0,
        qual: Quality = 37,
        mapq: int = 60,
        mate: tuple[str, int] | None = None,
        template_length: int = 0,
        tags: Mapping[str, TagValue] | None = None,
    ) -> None:
        """Add one record exactly as described; `seq=None` writes `*`, `mate` is contig and start of the mate."""
        read = self._read(name, flag, contig, start, cigar, seq, qual, mapq)
        if mate is not None:
            read.next_reference_id = self.header.get_tid(mate[0])
            read.next_reference_start = mate[1]
        read.template_length = template_length
        _set_tags(read, tags or {})
        self.reads.append(read)

    def write(self, path: Path | str, reference: Path | str | None = None) -> Path:
        """Write everything added so far, sorted, with its index beside it.

        Parameters
        ----------
        path
            Ends in `.bam`, or in `.cram`, which needs `reference`.
        reference
            FASTA with its `.fai`.

        Returns
        -------
        Path
            `path`.
        """
        path = Path(path)
        mode: Literal["wc", "wb"] = "wc" if path.suffix == ".cram" else "wb"
        fasta = None if reference is None else str(reference)
        with pysam.AlignmentFile(str(path), mode, header=self.header, reference_filename=fasta) as out:
            for read in sorted(self.reads, key=_file_order):
                out.write(read)
        pysam.index(str(path))
        return path

    def _read(
        self,
        name: str,
        flag: int,
        contig: str | None,
        start: int,
        cigar: str | None,
        seq: str | None,
        qual: Quality,
        mapq: int,
    ) -> pysam.AlignedSegment:
        read = pysam.AlignedSegment(self.header)
        read.query_name = name
        read.flag = flag
        read.reference_id = -1 if contig is None else self.header.get_tid(contig)
        read.reference_start = start
        read.mapping_quality = mapq
        read.cigarstring = cigar
        read.query_sequence = seq
        if seq is not None:
            scores = [qual] * len(seq) if isinstance(qual, int) else qual
            read.query_qualities = None if scores is None else pysam.qualitystring_to_array(_ascii(scores))
        read.set_tag("RG", "rg1")
        return read


def reference_length(cigar: str) -> int:
    """Return how many bases of the reference a CIGAR text spans."""
    return sum(int(length) for length, op in _CIGAR_OP.findall(cigar) if op in _ON_REFERENCE)


def _set_tags(read: pysam.AlignedSegment, tags: Mapping[str, TagValue]) -> None:
    for tag, value in tags.items():
        read.set_tag(tag, value)


def _ascii(scores: Sequence[int]) -> str:
    return "".join(chr(score + 33) for score in scores)


def _file_order(read: pysam.AlignedSegment) -> tuple[bool, int, int]:
    return read.reference_id < 0, read.reference_id, read.reference_start
