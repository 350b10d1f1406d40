"""Real sequence to plant in, a noise-free recipe, and a naive reader of BAM files that shares no code with the rest."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pysam

ROOT = Path(__file__).parents[2]
FASTA = ROOT / "sample_data" / "GRCh38.masked.fa.gz"

EXON_19_DELETION = ("chr7", 55174771, "AGGAATTAAGAGAAGC", "A")
T790M = ("chr7", 55181378, "C", "T")
Q787 = ("chr7", 55181370, "G", "A")
L858R = ("chr7", 55191822, "T", "G")
INSERTION = ("chr7", 55181311, "A", "ATCCTTCTGC")

PANEL = "".join(
    f"chr7\t{start}\t{end}\t{name}\tEGFR\n"
    for start, end, name in (
        (55174711, 55174830, "EGFR_ex19"),
        (55181282, 55181488, "EGFR_ex20"),
        (55191708, 55191884, "EGFR_ex21"),
    )
)

QUIET = {
    "error_scale": "0",
    "pcr_error": "0",
    "oxidation": "0",
    "deamination": "0",
    "deamination_end": "0",
    "low_mapq_share": "0",
    "umi_error": "0",
    "index_hopping": "0",
    "slip_strand": "0",
    "slip_read": "0",
}
"""Parameters of a library without any error."""

Variant = tuple[str, int, str, str]


def variants_tsv(*rows: tuple[Variant, float, str, str]) -> str:
    """Return the text of a variant table from (variant, vaf, haplotype, origin)."""
    lines = ["contig\tpos\tref\talt\tvaf\thaplotype\torigin"]
    lines += ["\t".join(map(str, (*variant, *rest))) for variant, *rest in rows]
    return "\n".join(lines) + "\n"


@dataclass
class Seen:
    """Molecules (by read name) that hold a site, those that show the variant, and the read pairs of both."""

    covering: set[str]
    carrying: set[str]
    pairs: int
    carrying_pairs: int


def look(bam: Path, variant: Variant) -> Seen:
    """Compare every read with the genome and with the genome that has the variant, from the 5' end of the read on."""
    contig, pos, ref, alt = variant
    trimmed = 1 if len(ref) != len(alt) else 0
    start, end, alt = pos - 1 + trimmed, pos - 1 + len(ref), alt[trimmed:]
    low, high = start - 2000, end + 2000
    with pysam.FastaFile(str(FASTA)) as fasta:
        plain = fasta.fetch(contig, low, high).upper()
    changed = plain[: start - low] + alt + plain[end - low :]
    longer = len(changed) - len(plain)
    shows: dict[str, list[bool]] = defaultdict(list)
    with pysam.AlignmentFile(str(bam)) as reads:
        for read in reads.fetch(contig, start - 400, end + 400):
            bases, name = read.query_sequence or "", read.query_name or ""
            first = _first_base(read) - low
            # On the changed genome a read starts as far from its outer end as on the plain one, but a clip or a
            # mismatch at that end hides the gap, so both places are tried.
            plain_starts = {first} if plain[first : first + len(bases)] == bases else set()
            changed_starts = {i for i in (first, first + longer) if changed[i : i + len(bases)] == bases}
            assert plain_starts or changed_starts, (name, read.cigarstring)
            left, right = start - low - trimmed, end - low + trimmed
            if any(i <= left and i + len(bases) >= right for i in plain_starts):
                shows[name].append(False)
            elif any(i <= left and i + len(bases) >= right + longer for i in changed_starts - plain_starts):
                shows[name].append(True)
    molecules = {name.split(":")[0] for name in shows}
    carrying = {name.split(":")[0] for name, seen in shows.items() if any(seen)}
    return Seen(molecules, carrying, len(shows), sum(any(seen) for seen in shows.values()))


def read_truth(path: Path) -> dict[Variant, Mapping[str, str]]:
    """Return the rows of a truth table by variant."""
    header, *lines = path.read_text().splitlines()
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    return {(row["contig"], int(row["pos"]), row["ref"], row["alt"]): row for row in rows}


def _first_base(read: pysam.AlignedSegment) -> int:
    """Return where the first base of a read would lie if all of it were aligned beside its outermost block."""
    operations = read.cigartuples or []
    if read.is_reverse:
        clip = operations[-1][1] if operations[-1][0] == pysam.CSOFT_CLIP else 0
        return (read.reference_end or 0) + clip - read.query_length
    return read.reference_start - (operations[0][1] if operations[0][0] == pysam.CSOFT_CLIP else 0)
