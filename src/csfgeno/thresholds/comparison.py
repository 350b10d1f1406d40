"""Comparison of specimens, origin of alleles, identity and contamination."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class ComparisonThresholds:
    """Comparison of specimens, origin of alleles, identity and contamination."""

    # ------------------------------------------------------------------------------ compartments
    max_miss_probability: float = threshold(
        0.05,
        unit="probability",
        low=0.0,
        high=0.5,
        meaning="an allele is of one compartment only if the other one would have missed it with less than this",
        source="project choice; the complement of lod_power",
    )
    private_share: float = threshold(
        0.2,
        unit="fraction of alleles",
        low=0.0,
        high=0.9,
        meaning="tumour alleles of one specimen that the tumour DNA of another is expected to lack",
        source="project choice; CSF and tissue share 43% of alleles and 77% of actionable ones: PMID 39289779",
    )
    compartment_spread: float = threshold(
        0.25,
        unit="natural log",
        low=0.0,
        high=2.0,
        meaning="SD by which the ratio of an allele's fractions in two specimens varies around that of the clone",
        source="project choice; one copy more or less of three changes a fraction by a third",
    )
    # ------------------------------------------------------------------------------------ origin
    origin_probability: float = threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.9999,
        meaning="an origin is stated if it has at least this probability given the counts of all specimens",
        source="project choice",
    )
    origin_exclusion: float = threshold(
        0.001,
        unit="probability",
        low=0.0,
        high=0.2,
        meaning="an origin with at least this probability is not excluded",
        source="project choice",
    )
    # ---------------------------------------------------------------------------------- identity
    identity_match: float = threshold(
        2.0,
        unit="log10",
        low=0.0,
        high=20.0,
        meaning="two specimens are of one person from this likelihood ratio over unrelated persons on",
        source="project choice; one in a hundred unrelated persons at most",
    )
    identity_mismatch: float = threshold(
        -1.0,
        unit="log10",
        low=-20.0,
        high=0.0,
        meaning="two specimens are of different persons if the likelihood ratio is at most this",
        source="project choice; one clear discordance decides, since a needless stop can be overridden",
    )
    allele_drop_out: float = threshold(
        0.0001,
        unit="probability",
        low=1e-9,
        high=0.1,
        meaning="probability that a specimen shows a wrong genotype at a common SNP for any unforeseen reason",
        source="project choice; capture of one allele alone, a variant under a primer, a transplant of marrow",
    )
    identity_min_depth: int = threshold(
        20,
        unit="molecules",
        low=5,
        high=10_000,
        meaning="a common SNP is used in a specimen with at least this many molecules",
        source="project choice; a heterozygote of 20 molecules shows one allele alone once in 500,000",
    )
    # ----------------------------------------------------------------------------- contamination
    contamination_evidence: float = threshold(
        3.0,
        unit="log10",
        low=0.5,
        high=20.0,
        meaning="a specimen is contaminated if a contaminant is this much likelier than none",
        source="project choice; at most one clean specimen in a thousand (Markov's inequality)",
    )
    contamination_power: float = threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.999,
        meaning="probability of detection behind the limit of contamination",
        source="convention, as lod_power",
    )
    max_contamination: float = threshold(
        0.02,
        unit="fraction",
        low=0.0,
        high=1.0,
        meaning="a specimen with a larger share of another person's DNA is LIMITED",
        source="project choice; a heterozygous variant of the other person then stands at 1%",
    )
