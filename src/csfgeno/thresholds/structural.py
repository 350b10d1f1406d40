"""Fusions, copy number and loss of heterozygosity."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class StructuralThresholds:
    """Fusions, copy number and loss of heterozygosity."""

    fusion_min_molecules: int = threshold(
        2,
        unit="molecules",
        low=1,
        high=100,
        meaning="a fusion is detected with at least this many supporting molecules",
        source="project choice; a chimera made once is one molecule",
    )
    fusion_false_calls: float = threshold(
        0.01,
        unit="calls per specimen",
        low=1e-9,
        high=1.0,
        meaning="false fusions allowed by chance chimeras, over all pairs of places of one class of partners",
        source="project choice",
    )
    chimera_shape: float = threshold(
        0.1,
        unit="gamma shape",
        low=1e-3,
        high=100.0,
        meaning="spread of the chimera rate between pairs of places; the smaller, the more chimeras recur",
        source="project choice; a laboratory measures it on its normals",
    )
    breakpoint_tolerance_bp: int = threshold(
        10,
        unit="bp",
        low=0,
        high=100,
        meaning="junctions whose two places differ by at most this are one event",
        source="project choice; above the microhomology at which aligners place a junction differently",
    )
    junction_min_homology_bp: int = threshold(
        30,
        unit="bp",
        low=10,
        high=500,
        meaning="places whose sequences share a stretch of this length are joined by the aligner, not by a fusion",
        source="project choice; longer than any microhomology of end joining",
    )
    junction_min_complexity: float = threshold(
        1.0,
        unit="bits per base",
        low=0.0,
        high=2.0,
        meaning="the sequence on either side of a junction must have at least this entropy of dinucleotides, halved",
        source="project choice; (CA)n has 0.5 bits, random sequence about 1.9",
    )
    fusion_anchor_bp: int = threshold(
        10,
        unit="bp",
        low=1,
        high=100,
        meaning="a molecule crosses a breakpoint unbroken if it shows at least this much on either side",
        source="project choice; the shortest clipped end that is compared, with two bases to spare",
    )
    fusion_limit_anchor_bp: int = threshold(
        20,
        unit="bp",
        low=0,
        high=100,
        meaning="limit of a fusion that was not found: molecules that would show at least this much of either side",
        source="project choice; aligners split a read from about 30 bases on, known junctions are seen from 10 on",
    )
    fusion_min_share: float = threshold(
        0.5,
        unit="fraction of bases",
        low=0.0,
        high=1.0,
        meaning="no fusion is stated only if the panel reads this share of the introns in which a gene usually breaks",
        source="project choice; below it most breaks would be missed however deep the rest was read",
    )
    amplification_copies: float = threshold(
        5.0,
        unit="copies per tumour cell",
        low=2.5,
        high=100.0,
        meaning="a gene is amplified if its copies, at the lower end of their interval, reach this",
        source="lowest copy number of an amplification in the knowledge tables (MET)",
    )
    amplification_max_limit_copies: float = threshold(
        10.0,
        unit="copies per tumour cell",
        low=3.0,
        high=1000.0,
        meaning="no amplification is stated only if this many copies would have been found",
        source="high-level amplification in the knowledge tables (MET)",
    )
    deep_loss_copies: float = threshold(
        0.5,
        unit="copies per tumour cell",
        low=0.0,
        high=1.0,
        meaning="both copies are lost if the copies, at the upper end of their interval, are below this",
        source="project choice; half-way between no copy and one",
    )
    copy_number_z: float = threshold(
        4.0,
        unit="standard errors",
        low=1.0,
        high=20.0,
        meaning="a change of copy number is called if the gene differs from the rest of the panel by at least this",
        source="project choice; 6e-5 two-sided, over about 60 genes of a panel",
    )
    copy_number_min_sd: float = threshold(
        0.08,
        unit="log2 ratio",
        low=0.0,
        high=1.0,
        meaning="least spread of a target's log2 ratio between specimens, however many molecules it has",
        source="project choice; a laboratory measures it on its normals",
    )
    depth_min_normals: int = threshold(
        3,
        unit="normals",
        low=2,
        high=10_000,
        meaning="copy number is compared with the normals of the model at targets that at least this many of them show",
        source="project choice; the fewest of which one odd normal is outvoted",
    )
    junction_min_normals: int = threshold(
        2,
        unit="normals",
        low=1,
        high=10_000,
        meaning="panel_of_normals of fusions: at least this many normals of the model show the junction",
        source="project choice, as pon_min_normals; a chance chimera hardly ever comes twice",
    )
    copy_number_min_molecules: int = threshold(
        100,
        unit="molecules",
        low=10,
        high=100_000,
        meaning="copy number of a gene is stated if its targets have, or without a loss would have, this mean depth",
        source="project choice; 10% counting error",
    )
    heterozygous_low: float = threshold(
        0.35,
        unit="fraction",
        low=0.1,
        high=0.5,
        meaning="a variant is heterozygous in the normal if its VAF is from this to its complement",
        source="project choice",
    )
    heterozygous_spread: float = threshold(
        0.01,
        unit="fraction",
        low=0.0,
        high=0.2,
        meaning="SD by which library and capture move the VAF of a heterozygous variant between two specimens",
        source="project choice; a laboratory measures it on two libraries of one person",
    )
    loss_of_heterozygosity_p: float = threshold(
        1e-3,
        unit="probability",
        low=1e-12,
        high=0.05,
        meaning="loss of heterozygosity is called if allele fractions as far from balance are less probable than this",
        source="project choice",
    )
    heterozygosity_max_limit: float = threshold(
        0.5,
        unit="tumour fraction",
        low=0.01,
        high=1.0,
        meaning="alleles are stated to be in balance only if the loss at this tumour fraction would have been found",
        source="project choice; about the median tumour fraction of positive CSF",
    )
