"""Reads to molecules and haplotypes."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class MoleculeThresholds:
    """Reads to molecules and haplotypes."""

    # ------------------------------------------------------------------------------------- reads
    min_mapq: int = threshold(
        20,
        unit="Phred",
        low=0,
        high=60,
        meaning="a read counts if its mapping quality is at least this",
        source="project choice; bwa mem gives 60 to unique placements and below 20 to ambiguous ones",
    )
    min_baseq: int = threshold(
        20,
        unit="Phred",
        low=0,
        high=60,
        meaning="a base counts if its quality is at least this; below it the position is not observed",
        source="project choice; 1% nominal error",
    )
    # --------------------------------------------------------------------------------- molecules
    umi_max_mismatches: int = threshold(
        1,
        unit="bases",
        low=0,
        high=2,
        meaning="a UMI joins a more abundant one at the same place if it differs by at most this",
        source="Smith 2017, doi:10.1101/gr.209601.116",
    )
    optical_distance_px: int = threshold(
        100,
        unit="pixels",
        low=0,
        high=10_000,
        meaning="copies of a molecule within this distance in x and y on one tile are one cluster read twice",
        source="default of Picard MarkDuplicates; 2,500 is advised there for patterned flow cells",
    )
    min_family_agreement: float = threshold(
        0.66,
        unit="fraction of reads",
        low=0.5,
        high=1.0,
        meaning="a strand family states an allele if at least this share of its reads shows it",
        source="project choice; two of three reads must agree",
    )
    error_rate_pre_umi: int = threshold(
        45,
        unit="Phred",
        low=1,
        high=93,
        meaning="errors in a DNA molecule before it got its UMI, which no copy can tell; bounds a consensus quality",
        source="default of fgbio CallMolecularConsensusReads, --error-rate-pre-umi",
    )
    error_rate_post_umi: int = threshold(
        40,
        unit="Phred",
        low=1,
        high=93,
        meaning="errors in a copy after the UMI and before sequencing, added to those its base qualities state",
        source="default of fgbio CallMolecularConsensusReads, --error-rate-post-umi",
    )
    # -------------------------------------------------------------------------------- haplotypes
    realign_gain: int = threshold(
        3,
        unit="bases",
        low=1,
        high=20,
        meaning="a read is given to an indel, or against it, only if the two differ by at least this many of its bases",
        source="project choice; three coinciding errors in one read are rarer than one in a million at Q20",
    )
    min_haplotype_fragments: int = threshold(
        2,
        unit="read pairs",
        low=1,
        high=100,
        meaning="other reads are compared with an indel that at least this many read pairs show or hint at by clips",
        source="project choice; one read pair alone is as likely an error",
    )
    complex_gap_bp: int = threshold(
        10,
        unit="bp",
        low=0,
        high=50,
        meaning="an indel and other changes of the same reads closer than this are one complex allele",
        source="project choice; above the gaps that aligners open inside EGFR exon 19 deletion-insertions",
    )
    min_cis_share: float = threshold(
        0.5,
        unit="fraction of molecules",
        low=0.0,
        high=1.0,
        meaning="neighbouring substitutions are one allele if a larger share of the rarer one's molecules shows both",
        source="project choice; most molecules with one also have the other",
    )
    min_cis_share_of_common: float = threshold(
        0.05,
        unit="fraction of molecules",
        low=0.0,
        high=1.0,
        meaning="and at least this share of the commoner one's molecules, so that an error beside it stays on its own",
        source="project choice; far above the error rate of a molecule",
    )
    phase_min_molecules: int = threshold(
        5,
        unit="molecules",
        low=1,
        high=100,
        meaning="phase is stated if at least this many molecules show the rarer of two changes and cover both places",
        source="project choice; half and half looks pure in 1 of 16 sets of five",
    )
    phase_share: float = threshold(
        0.9,
        unit="fraction of molecules",
        low=0.6,
        high=1.0,
        meaning="mixed means that at most this share of the rarer change's molecules shows both, and at least the rest",
        source="project choice; template switching joins or parts about 1% of molecules",
    )
    phase_mixed_prior: float = threshold(
        0.1,
        unit="probability",
        low=0.01,
        high=0.9,
        meaning="pairs of changes that are mixed, before molecules are seen; cis and trans share the rest",
        source="project choice",
    )
    phase_certainty: float = threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.9999,
        meaning="a phase is stated if its posterior probability is at least this",
        source="project choice",
    )
    template_switching: float = threshold(
        0.01,
        unit="fraction of molecules",
        low=0.0001,
        high=0.1,
        meaning="molecules that amplification joins or parts, so that cis and trans are never seen pure",
        source="project choice; see phase_share",
    )
