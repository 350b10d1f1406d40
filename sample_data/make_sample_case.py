"""Make the sample case: four raw BAM files with duplex UMIs, cut from real GRCh38 sequence, and what is in them.

    python sample_data/make_sample_case.py [--out DIR] [--depth-share 1.0]

The same seed gives the same reads. Nothing here is shared with the caller: molecules are drawn from the targets of
`panel.bed`, given the variants of `VARIANTS` in exact numbers, copied into families on one or both strands, and read
in pairs with errors. `truth.tsv` counts the molecules that cover each variant and those that carry it.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pysam

HERE: Final = Path(__file__).resolve().parent
SEED: Final = 20261002
BASES: Final = np.frombuffer(b"ACGT", dtype=np.uint8)

READ_BP: Final = 100
UMI_BP: Final = 8
MIN_OVERLAP_BP: Final = 20
"""A captured fragment shares at least this much with its target."""
CLIP_ANCHOR_BP: Final = 12
"""A read that continues for less than this beyond a deletion is soft-clipped there, as aligners do."""

SINGLETON_SHARE: Final = 0.25
DUPLEX_SHARE: Final = 0.35
EXTRA_READS: Final = (1.67, 0.55)
"""Negative binomial (size, probability) of the reads of a strand family beyond its minimum."""

PCR_ERROR: Final = 1e-5
DAMAGE: Final = 1e-5
"""Per base and strand: early PCR errors; C>T deamination and G>T oxidation of one strand."""
UMI_ERROR: Final = 0.01
QUALITIES: Final = np.array([37, 25, 11], dtype=np.uint8)
QUALITY_SHARES: Final = (0.94, 0.05, 0.01)
"""Binned base qualities; each base is wrong with the probability that its quality states, 0.12% on average."""

Codes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Variant:
    """One planted substitution or deletion; `start` 0-based, REF and ALT as in VCF, VAF by specimen."""

    gene: str
    hgvs_c: str
    hgvs_p: str
    role: str
    contig: str
    start: int
    ref: str
    alt: str
    vaf: dict[str, float]
    cis_with: str | None = None

    @property
    def end(self) -> int:
        """End of REF, half-open."""
        return self.start + len(self.ref)


@dataclass(frozen=True, slots=True)
class Library:
    """One specimen: unique molecules over a target and the fragment length, normal with mean and SD in bp."""

    specimen: str
    sample: str
    depth: int
    fragment_bp: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """A target and the known sequence around it, 0-based half-open."""

    contig: str
    target_start: int
    target_end: int
    start: int
    bases: Codes

    @property
    def end(self) -> int:
        """End of the known sequence."""
        return self.start + len(self.bases)


@dataclass(slots=True)
class Molecule:
    """One original double-stranded fragment and the variants it carries."""

    start: int
    end: int
    variants: list[Variant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadPair:
    """Both reads of one cluster, each as (bases, reference positions), leftmost first."""

    contig: str
    name: str
    umi: str
    top_strand: bool
    ends: tuple[tuple[Codes, Positions], tuple[Codes, Positions]]


def at(csf: float, plasma: float, tissue: float, normal: float) -> dict[str, float]:
    """Return allele fractions by specimen."""
    return {"csf": csf, "plasma": plasma, "tissue": tissue, "normal": normal}


Q787: Final = "c.2361G>A"
CUT: Final = "AGGAATTAAGAGAAGC"
VARIANTS: Final = (
    Variant("EGFR", Q787, "p.(Gln787=)", "germline", "chr7", 55181369, "G", "A", at(0.60, 0.5, 0.57, 0.5)),
    Variant("TP53", "c.215C>G", "p.(Pro72Arg)", "germline", "chr17", 7676153, "G", "C", at(0.5, 0.5, 0.5, 0.5)),
    Variant("TP53", "c.639A>G", "p.(Arg213=)", "germline", "chr17", 7674891, "T", "C", at(0.5, 0.5, 0.5, 0.5)),
    Variant("RET", "c.2508C>T", "p.(Ser836=)", "germline", "chr10", 43119645, "C", "T", at(0.5, 0.5, 0.5, 0.5)),
    Variant(
        "EGFR", "c.2235_2249del", "p.(Glu746_Ala750del)", "tumour", "chr7", 55174770, CUT, "A", at(0.38, 0.006, 0.31, 0)
    ),
    Variant("EGFR", "c.2369C>T", "p.(Thr790Met)", "tumour", "chr7", 55181377, "C", "T", at(0.012, 0, 0, 0), Q787),
    Variant("TP53", "c.818G>A", "p.(Arg273His)", "tumour", "chr17", 7673801, "C", "T", at(0.25, 0.004, 0.22, 0.0)),
    Variant("TET2", "c.4210C>T", "p.(Arg1404Ter)", "blood", "chr4", 105272590, "C", "T", at(0, 0.025, 0, 0.03)),
)

LIBRARIES: Final = (
    Library("csf", "DEMO-CSF", 600, (145.0, 14.0)),
    Library("plasma", "DEMO-PLASMA", 900, (167.0, 12.0)),
    Library("tissue", "DEMO-TISSUE", 180, (150.0, 25.0)),
    Library("normal", "DEMO-NORMAL", 300, (167.0, 14.0)),
)


# ----------------------------------------------------------------------------------- molecules


def read_windows(genome: pysam.FastaFile, bed: Path) -> Iterator[Window]:
    """Yield the targets of a BED file with the known (not N) sequence around each, at most 300 bp away."""
    for line in (line for line in bed.read_text(encoding="utf-8").splitlines() if line[0] != "#"):
        contig, *columns = line.split("\t")
        start, end = int(columns[0]), int(columns[1])
        left = genome.fetch(contig, start - 300, start).upper().rpartition("N")[2]
        right = genome.fetch(contig, end, end + 300).upper().partition("N")[0]
        bases = left + genome.fetch(contig, start, end).upper() + right
        yield Window(contig, start, end, start - len(left), encode(bases))


def encode(bases: str) -> Codes:
    """Return bases as ASCII codes."""
    return np.frombuffer(bases.encode(), dtype=np.uint8)


def draw_molecules(window: Window, library: Library, depth: float, rng: np.random.Generator) -> list[Molecule]:
    """Return fragments that reach into the target, `depth` over its middle, none too long to be read throughout."""
    mean, deviation = library.fragment_bp
    earliest, latest = window.target_start + MIN_OVERLAP_BP, window.target_end - MIN_OVERLAP_BP
    reach = min(window.end - mean, latest) - max(window.start, earliest - mean)
    molecules = round(depth * max(1.0, reach / mean))
    longest = min(2 * READ_BP, window.end - window.start)
    lengths = np.clip(rng.normal(mean, deviation, molecules), READ_BP, longest).astype(np.int64)
    first = np.maximum(window.start, earliest - lengths)
    starts = rng.integers(first, np.minimum(window.end - lengths, latest) + 1)
    return [Molecule(int(s), int(s + n)) for s, n in zip(starts, lengths, strict=True)]


def covers(molecule: Molecule, variant: Variant) -> bool:
    """Whether the molecule shows the place of the variant with a base to spare on each side."""
    return molecule.start < variant.start and variant.start + 1 < molecule.end


def plant(molecules: list[Molecule], variant: Variant, specimen: str, rng: np.random.Generator) -> tuple[int, int]:
    """Give the variant to its exact share of the molecules that cover it; return (covering, carrying).

    A molecule keeps its length: with a deletion it reaches further on the reference.
    """
    covering = [m for m in molecules if covers(m, variant)]
    wanted = round(variant.vaf[specimen] * len(covering))
    partner = next((v for v in VARIANTS if v.hgvs_c == variant.cis_with), None)
    fit = [m for m in covering if partner is None or partner in m.variants or not covers(m, partner)]
    for index in rng.choice(len(fit), size=wanted, replace=False):
        fit[index].variants.append(variant)
        fit[index].end += len(variant.ref) - 1
    return len(covering), wanted


def sequence_of(molecule: Molecule, window: Window) -> tuple[Codes, Positions]:
    """Return the bases of a molecule and the reference position of each."""
    bases = window.bases[molecule.start - window.start : molecule.end - window.start].copy()
    positions = np.arange(molecule.start, molecule.end, dtype=np.int64)
    kept = np.ones(len(bases), dtype=bool)
    for variant in molecule.variants:
        offset = variant.start - molecule.start
        bases[offset] = ord(variant.alt)
        kept[offset + 1 : offset + len(variant.ref)] = False
    return bases[kept], positions[kept]


# ------------------------------------------------------------------------------------ families


def draw_family(rng: np.random.Generator) -> tuple[int, int]:
    """Return the read pairs of the top and the bottom strand of one molecule."""
    kind = rng.random()
    if kind < SINGLETON_SHARE:
        sizes = (1, 0)
    elif kind < SINGLETON_SHARE + DUPLEX_SHARE:
        sizes = (1 + int(rng.negative_binomial(*EXTRA_READS)), 1 + int(rng.negative_binomial(*EXTRA_READS)))
    else:
        sizes = (2 + int(rng.negative_binomial(*EXTRA_READS)), 0)
    return sizes if rng.random() < 0.5 else (sizes[1], sizes[0])


def draw_artefacts(bases: Codes, *, top_strand: bool, rng: np.random.Generator) -> list[tuple[int, int, float]]:
    """Return errors that a whole strand family may share, as (offset, new base, share of its reads)."""
    artefacts = [
        (int(offset), other_base(bases[offset], rng), float(rng.choice([1.0, 0.5, 0.25])))
        for offset in rng.integers(0, len(bases), rng.poisson(PCR_ERROR * len(bases)))
    ]
    # Damage hits C and G of one strand: on the bottom strand it is seen as its complement.
    damage = {"C": "T", "G": "T"} if top_strand else {"G": "A", "C": "A"}
    for offset in rng.integers(0, len(bases), rng.poisson(DAMAGE * len(bases))):
        if (base := chr(bases[offset])) in damage:
            artefacts.append((int(offset), ord(damage[base]), 1.0))
    return artefacts


def other_base(base: int, rng: np.random.Generator) -> int:
    """Return one of the three other bases."""
    return int(rng.choice(BASES[base != BASES]))


def draw_umi(rng: np.random.Generator) -> str:
    """Return one UMI half."""
    return rng.choice(BASES, UMI_BP).tobytes().decode()


def misread_umi(umi: str, rng: np.random.Generator) -> str:
    """Return the UMI pair as read: rarely with one wrong base."""
    if rng.random() >= UMI_ERROR:
        return umi
    codes = encode(umi).copy()
    offset = int(rng.choice(np.flatnonzero(codes != ord("-"))))
    codes[offset] = other_base(codes[offset], rng)
    return codes.tobytes().decode()


def copy_molecule(molecule: Molecule, window: Window, name: str, rng: np.random.Generator) -> Iterator[ReadPair]:
    """Yield the read pairs of both strand families of a molecule."""
    bases, positions = sequence_of(molecule, window)
    left, right = draw_umi(rng), draw_umi(rng)
    serial = count(1)
    for top_strand, size in zip((True, False), draw_family(rng), strict=True):
        artefacts = draw_artefacts(bases, top_strand=top_strand, rng=rng) if size else []
        for _ in range(size):
            copied = bases.copy()
            for offset, base, share in artefacts:
                if rng.random() < share:
                    copied[offset] = base
            umi = misread_umi(f"{left}-{right}" if top_strand else f"{right}-{left}", rng)
            ends = ((copied[:READ_BP], positions[:READ_BP]), (copied[-READ_BP:], positions[-READ_BP:]))
            yield ReadPair(window.contig, f"{name}:{next(serial)}", umi, top_strand, ends)


# --------------------------------------------------------------------------------------- reads


def cigar_of(positions: Positions) -> tuple[int, list[tuple[int, int]]]:
    """Return the alignment start and the CIGAR of a read; a short piece beyond a deletion is soft-clipped."""
    length, gaps = len(positions), np.flatnonzero(np.diff(positions) > 1)
    before = int(gaps[0]) + 1 if len(gaps) else length
    after = length - before
    if not after:
        return int(positions[0]), [(0, length)]
    if before < CLIP_ANCHOR_BP:
        return int(positions[before]), [(4, before), (0, after)]
    if after < CLIP_ANCHOR_BP:
        return int(positions[0]), [(0, before), (4, after)]
    return int(positions[0]), [(0, before), (2, int(positions[before] - positions[before - 1]) - 1), (0, after)]


def sequence_errors(bases: Codes, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Return the bases as read and their qualities."""
    qualities = rng.choice(QUALITIES, len(bases), p=QUALITY_SHARES)
    read = bases.copy()
    for offset in np.flatnonzero(rng.random(len(bases)) < 10.0 ** (qualities / -10.0)):
        read[offset] = other_base(read[offset], rng)
    return read, qualities


def to_segments(
    pair: ReadPair, header: pysam.AlignmentHeader, sample: str, rng: np.random.Generator
) -> Iterator[pysam.AlignedSegment]:
    """Yield both alignments of a pair, leftmost first, with mate fields, MC, MQ, RG and RX."""
    segments = []
    for is_reverse, (bases, positions) in zip((False, True), pair.ends, strict=True):
        read, qualities = sequence_errors(bases, rng)
        segment = pysam.AlignedSegment(header)
        segment.query_name = pair.name
        segment.reference_name = pair.contig
        segment.reference_start, segment.cigartuples = cigar_of(positions)
        segment.mapping_quality = 60
        segment.query_sequence = read.tobytes().decode()
        segment.query_qualities = pysam.qualitystring_to_array((qualities + 33).tobytes().decode())
        segment.is_paired = segment.is_proper_pair = True
        segment.is_reverse, segment.mate_is_reverse = is_reverse, not is_reverse
        segment.is_read1 = is_reverse is not pair.top_strand
        segment.is_read2 = not segment.is_read1
        segments.append(segment)
    span = max(s.reference_end or 0 for s in segments) - min(s.reference_start for s in segments)
    for segment, mate, sign in zip(segments, reversed(segments), (1, -1), strict=True):
        segment.next_reference_name, segment.next_reference_start = pair.contig, mate.reference_start
        segment.template_length = sign * span
        segment.set_tags([("MC", mate.cigarstring), ("MQ", 60), ("RG", sample), ("RX", pair.umi)])
        yield segment


def make_header(genome: pysam.FastaFile, library: Library) -> pysam.AlignmentHeader:
    """Return the BAM header of one library."""
    contigs = zip(genome.references, genome.lengths, strict=True)
    return pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [{"SN": name, "LN": length} for name, length in contigs],
            "RG": [{"ID": library.sample, "SM": library.sample, "PL": "ILLUMINA"}],
        }
    )


def write_bam(path: Path, header: pysam.AlignmentHeader, segments: Iterable[pysam.AlignedSegment]) -> None:
    """Write a coordinate-sorted BAM file and its index."""
    ordered = sorted(segments, key=lambda s: (s.reference_id, s.reference_start, s.query_name, s.flag))
    with pysam.AlignmentFile(str(path), "wb", header=header, format_options=["level=9"]) as out:
        for segment in ordered:
            out.write(segment)
    pysam.index(str(path))


# ---------------------------------------------------------------------------------------- case


def make_library(
    library: Library, genome: pysam.FastaFile, windows: list[Window], out: Path, depth_share: float
) -> dict[str, tuple[int, int]]:
    """Write the BAM file of one specimen; return molecules covering and carrying each variant, by `hgvs_c`."""
    rng = np.random.default_rng([SEED, LIBRARIES.index(library)])
    truth: dict[str, tuple[int, int]] = {}
    pairs: list[ReadPair] = []
    serial = count(1)
    for window in windows:
        molecules = draw_molecules(window, library, library.depth * depth_share, rng)
        for variant in VARIANTS:
            if variant.contig == window.contig and window.target_start <= variant.start < window.target_end:
                truth[variant.hgvs_c] = plant(molecules, variant, library.specimen, rng)
        for molecule in molecules:
            pairs += copy_molecule(molecule, window, f"{library.specimen}:{next(serial)}", rng)
    header = make_header(genome, library)
    segments = [s for pair in pairs for s in to_segments(pair, header, library.sample, rng)]
    write_bam(out / f"{library.specimen}.bam", header, segments)
    return truth


def write_truth(path: Path, truth: dict[str, dict[str, tuple[int, int]]]) -> None:
    """Write one row a variant, with molecules covering and carrying it in each specimen."""
    columns = [f"{specimen}_{column}" for specimen in truth for column in ("molecules", "alt")]
    lines = ["\t".join(["gene", "hgvs_c", "hgvs_p", "role", "contig", "pos", "ref", "alt", *columns])]
    for v in VARIANTS:
        counts = [str(number) for found in truth.values() for number in found[v.hgvs_c]]
        lines.append("\t".join([v.gene, v.hgvs_c, v.hgvs_p, v.role, v.contig, str(v.start + 1), v.ref, v.alt, *counts]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_case(out: Path, depth_share: float = 1.0) -> None:
    """Write the four BAM files and `truth.tsv` into `out`."""
    with pysam.FastaFile(str(HERE / "GRCh38.masked.fa.gz")) as genome:
        windows = list(read_windows(genome, HERE / "panel.bed"))
        for variant in VARIANTS:
            if genome.fetch(variant.contig, variant.start, variant.end).upper() != variant.ref:
                raise SystemExit(f"{variant.gene} {variant.hgvs_c}: REF {variant.ref} is not in the genome")
        truth = {lib.specimen: make_library(lib, genome, windows, out, depth_share) for lib in LIBRARIES}
    write_truth(out / "truth.tsv", truth)


def main() -> None:
    """Read the options and make the case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--depth-share", type=float, default=1.0, help="share of the standard depth")
    options = parser.parse_args()
    make_case(options.out, options.depth_share)


if __name__ == "__main__":
    main()
