"""Places and alleles on a genome."""

from dataclasses import dataclass

from csfgeno.vocab import AlleleClass


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of one contig, 0-based half-open."""

    contig: str
    start: int
    end: int

    def __len__(self) -> int:
        """Length in bp."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share at least one base."""
        return self.contig == other.contig and self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        """1-based inclusive text, as in a browser."""
        return f"{self.contig}:{self.start + 1}-{self.end}"


@dataclass(frozen=True, slots=True, order=True)
class Allele:
    """One alternate allele. VCF-style: an insertion or deletion keeps its anchor base in REF and ALT."""

    contig: str
    start: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """End of REF on the reference, half-open."""
        return self.start + len(self.ref)

    @property
    def klass(self) -> AlleleClass:
        """SNV, MNV, INS, DEL or DELINS."""
        if len(self.ref) == len(self.alt):
            return AlleleClass.SNV if len(self.ref) == 1 else AlleleClass.MNV
        if len(self.ref) == 1 and self.alt.startswith(self.ref):
            return AlleleClass.INSERTION
        if len(self.alt) == 1 and self.ref.startswith(self.alt):
            return AlleleClass.DELETION
        return AlleleClass.DELINS

    def __str__(self) -> str:
        """1-based `contig:POS:REF>ALT`."""
        return f"{self.contig}:{self.start + 1}:{self.ref}>{self.alt}"
