"""Registry of the measures of quality: name, unit, definition and denominator, and where the value comes from.

The table of the report, the MultiQC file and the table of `docs/quality.md` are written from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from csfgeno.records import FragmentLengths, Specimen, SpecimenQc
from csfgeno.vocab import MoleculeKind

Value = float | int | None

FRACTION: Final = "fraction"


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure of a specimen.

    Attributes
    ----------
    group
        Table of the report in which it stands.
    denominator
        What a fraction or a mean is divided by, empty for a count.
    """

    group: str
    name: str
    unit: str
    definition: str
    denominator: str
    value: Callable[[Specimen, SpecimenQc], Value]


def _qc(get: Callable[[SpecimenQc], Value]) -> Callable[[Specimen, SpecimenQc], Value]:
    return lambda _, qc: get(qc)


def _length(get: Callable[[FragmentLengths], Value]) -> Callable[[Specimen, SpecimenQc], Value]:
    return lambda _, qc: get(qc.fragment_lengths) if qc.fragment_lengths else None


def _of_kind(kind: MoleculeKind, definition: str) -> Metric:
    return Metric("dna", kind.value, "molecules", definition, "", lambda _, qc: qc.molecules_by_kind.get(kind))


METRICS: Final[tuple[Metric, ...]] = (
    # METHOD: the amount of DNA leads: no method can find what was not in the tube.
    Metric("dna", "volume", "mL", "Volume of the specimen, as stated", "", lambda s, _: s.volume_ml),
    Metric("dna", "red_cells", "/µL", "Red blood cells of the specimen, as stated", "", lambda s, _: s.rbc_per_ul),
    Metric("dna", "input", "ng", "DNA put into the library, as stated", "", lambda s, _: s.input_ng),
    Metric(
        "dna",
        "genomes",
        "genomes",
        "Haploid genomes put in",
        "DNA input / `genome_mass_pg`",
        _qc(lambda q: q.input_genome_equivalents),
    ),
    Metric(
        "dna",
        "recovered",
        FRACTION,
        "Median molecules over a target",
        "haploid genomes put in",
        _qc(lambda q: q.recovered_fraction),
    ),
    Metric(
        "dna",
        "molecules",
        "molecules",
        "DNA molecules that overlap a target, each counted once",
        "",
        _qc(lambda q: q.molecules),
    ),
    _of_kind(MoleculeKind.DUPLEX, "Molecules read on both strands"),
    _of_kind(MoleculeKind.SIMPLEX, "Molecules read on one strand, from two or more read pairs"),
    _of_kind(MoleculeKind.SINGLETON, "Molecules read from one read pair"),
    _of_kind(MoleculeKind.RAW, "Molecules told apart by their ends, without UMI"),
    Metric(
        "depth",
        "depth",
        "molecules",
        "Median over targets of the median molecules per base",
        "",
        _qc(lambda q: q.median_depth),
    ),
    Metric(
        "depth",
        "least_depth",
        "molecules",
        "Least molecules per base in any target",
        "",
        _qc(lambda q: min((target.min_depth for target in q.targets), default=None)),
    ),
    Metric(
        "depth",
        "evenness",
        FRACTION,
        "Bases with at least `evenness_depth_share` of the mean molecules per base",
        "target bases",
        _qc(lambda q: q.depth.evenness if q.depth else None),
    ),
    Metric(
        "library",
        "family_size",
        "mean read pairs",
        "Read pairs behind a strand of a molecule",
        "strand families of known size",
        _qc(lambda q: q.mean_family_size),
    ),
    Metric(
        "library",
        "duplex_share",
        FRACTION,
        "Duplex yield: molecules read on both strands",
        "molecules",
        _qc(lambda q: q.duplex_share),
    ),
    Metric(
        "library",
        "duplex_share_expected",
        FRACTION,
        "Duplex yield if both strands of every molecule had entered amplification, from the family sizes",
        "molecules",
        _qc(lambda q: q.family_sizes.duplex_share_expected if q.family_sizes and q.duplex_share else None),
    ),
    Metric(
        "library",
        "strand_a_share",
        FRACTION,
        "Molecules read on strand A (F1R2) alone",
        "molecules read on one strand alone",
        _qc(lambda q: q.strand_a_share),
    ),
    Metric(
        "library",
        "discordant_rate",
        FRACTION,
        "Positions at which mates, copies or strands of a molecule disagree",
        "positions of molecules, stated or discordant",
        _qc(lambda q: q.discordant_rate),
    ),
    Metric(
        "fragment",
        "modal_length",
        "bp",
        "Most frequent length of the DNA fragments, under a triangular kernel 11 bp wide",
        "",
        _length(lambda f: f.modal_bp),
    ),
    Metric(
        "fragment",
        "mononucleosomal",
        FRACTION,
        "Fragments of `mononucleosome_min_bp` to `mononucleosome_max_bp`",
        "molecules with two known ends, at most `max_fragment_bp` apart",
        _length(lambda f: f.mononucleosomal_share),
    ),
    Metric(
        "fragment",
        "long",
        FRACTION,
        "Fragments of at least `long_fragment_bp`",
        "molecules with two known ends, at most `max_fragment_bp` apart",
        _length(lambda f: f.long_share),
    ),
    Metric(
        "reads",
        "duplicates",
        FRACTION,
        "Read pairs beyond the first of each molecule; both strands are one molecule",
        "read pairs behind the molecules",
        _qc(lambda q: q.duplicate_rate),
    ),
    Metric(
        "reads",
        "optical",
        FRACTION,
        "Copies within `optical_distance_px` of another one on the flow cell",
        "further copies of a strand among the first 25,000 read pairs",
        _qc(lambda q: q.duplicate_sample.optical_share if q.duplicate_sample else None),
    ),
    Metric("reads", "fragments", "read pairs", "Read pairs behind the molecules", "", _qc(lambda q: q.fragments)),
    Metric(
        "reads",
        "on_target",
        FRACTION,
        "Mapped alignments with a base in a target",
        "mapped alignments of the file, duplicates, secondary and supplementary ones included",
        _qc(lambda q: q.on_target_rate),
    ),
    Metric(
        "reads",
        "mapped",
        "alignments",
        "Mapped alignments of the file, from its index",
        "",
        _qc(lambda q: q.alignments_mapped),
    ),
    Metric(
        "reads",
        "reads_total",
        "alignments",
        "Alignments met while targets and their surroundings were read",
        "",
        _qc(lambda q: q.reads_total),
    ),
    Metric(
        "reads", "reads_used", "reads", "Reads that passed the read filters and count", "", _qc(lambda q: q.reads_used)
    ),
    Metric(
        "reads",
        "without_umi",
        FRACTION,
        "Reads left out because they carry no UMI",
        "reads that passed the read filters",
        _qc(lambda q: q.without_umi_share),
    ),
)

GROUPS: Final = tuple(dict.fromkeys(metric.group for metric in METRICS))
