"""Background, test, states and filters."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class CallingThresholds:
    """Background, test, states and filters."""

    # ------------------------------------------------------------------------------- error model
    background_max_vaf: float = threshold(
        0.02,
        unit="fraction",
        low=0.0,
        high=0.5,
        meaning="a position with a larger alternate fraction is taken for a variant and left out of the background",
        source="project choice; above any observed background of a cfDNA assay",
    )
    background_max_fold: float = threshold(
        20.0,
        unit="ratio",
        low=1.0,
        high=1000.0,
        meaning="or, if larger, than this times the median fraction of its substitution or indel class in the specimen",
        source="project choice; 1 in 10 million sites if sites vary with a gamma shape of 1.5",
    )
    default_error_duplex: float = threshold(
        1e-6,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a duplex molecule before any error of the specimen was seen",
        source="assay parameters: 1e-7 to 1e-6 per base, from memory; weighs as one error",
    )
    default_error_simplex: float = threshold(
        3e-5,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a simplex molecule before any error of the specimen was seen",
        source="assay parameters: 1e-5 to 1e-4 per base; weighs as one error",
    )
    default_error_singleton: float = threshold(
        5e-4,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a molecule read once before any error of the specimen was seen",
        source="assay parameters: 5e-4 to 5e-3 per base for raw reads, from memory; weighs as one error",
    )
    default_error_raw: float = threshold(
        5e-4,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a molecule without UMI before any error of the specimen was seen",
        source="assay parameters: 5e-4 to 5e-3 per base, from memory; weighs as one error",
    )
    indel_to_base_errors: float = threshold(
        0.1,
        unit="ratio",
        low=1e-4,
        high=10.0,
        meaning="indel errors outside repeats per wrong base, before any error of the specimen was seen",
        source="project choice",
    )
    design_vaf: float = threshold(
        0.002,
        unit="fraction",
        low=1e-5,
        high=0.5,
        meaning="allele fraction at which the weights of duplex, simplex and raw molecules are optimal",
        source="project choice; the fraction the test is designed for",
    )
    # ----------------------------------------------------------------------------------- calling
    min_alt_molecules: int = threshold(
        2,
        unit="molecules",
        low=1,
        high=100,
        meaning="an allele is detected only with at least this many mutant molecules",
        source="project choice; a single molecule can be a chimera or a contaminant whatever its quality",
    )
    hotspot_false_calls: float = threshold(
        0.01,
        unit="calls per specimen",
        low=1e-9,
        high=1.0,
        meaning="expected number of false hotspot calls in a blank specimen, shared by all hotspot alleles",
        source="validation goal: at most 1 false hotspot call per 100 specimens",
    )
    panel_false_calls: float = threshold(
        0.05,
        unit="calls per specimen",
        low=1e-9,
        high=10.0,
        meaning="expected number of false calls outside hotspots in a blank specimen",
        source="validation goal: at most 0.1 false panel calls per specimen",
    )
    indeterminate_p: float = threshold(
        0.001,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="a hotspot with a smaller p-value that is not detected is INDETERMINATE",
        source="project choice",
    )
    max_lod95: float = threshold(
        0.05,
        unit="fraction",
        low=0.0001,
        high=1.0,
        meaning="a negative is assessable only if its LoD95 is at most this, otherwise it is NOT_ASSESSABLE",
        source="project choice; far below the lower quartile (23%) of positive CSF samples",
    )
    lod_power: float = threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.999,
        meaning="detection probability that defines the limit of detection",
        source="CLSI EP17-A2",
    )
    interval_level: float = threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.999,
        meaning="coverage of the interval of the allele fraction",
        source="convention",
    )
    # ----------------------------------------------------------------------------------- filters
    strand_bias_p: float = threshold(
        1e-4,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="strand_bias: two-sided Fisher p of alt against ref molecules by strand below this",
        source="project choice",
    )
    strand_bias_share: float = threshold(
        0.1,
        unit="fraction of molecules",
        low=0.0,
        high=0.5,
        meaning="strand_bias, oxidation: and at most this share of the mutant molecules is on their rarer strand",
        source="project choice; an artefact is one-sided, an uneven variant is not",
    )
    damage_p: float = threshold(
        1e-3,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="oxidation, deamination: one-sided Fisher p of the pattern, no mutant on both strands, below this",
        source="project choice; at most one true variant in 1,000 of these two kinds is doubted",
    )
    deamination_end_bp: float = threshold(
        10.0,
        unit="bp",
        low=0.0,
        high=50.0,
        meaning="deamination: half of the mutant molecules or more end closer than this to the allele",
        source="project choice; the overhangs that end repair fills in are a few bases long",
    )
    fragment_end_bp: float = threshold(
        3.0,
        unit="bp",
        low=0.0,
        high=50.0,
        meaning="fragment_end: half of the mutant molecules or more end closer than this to the allele",
        source="project choice; end repair acts on the last bases",
    )
    fragment_end_p: float = threshold(
        0.01,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="fragment_end: and the one-sided Fisher p against the other molecules of the site is below this",
        source="project choice; spares sites where every molecule ends",
    )
    min_alt_mapq: float = threshold(
        30.0,
        unit="Phred",
        low=0.0,
        high=60.0,
        meaning="low_mapq: mean mapping quality of the mutant molecules below this",
        source="project choice",
    )
    low_mapq_p: float = threshold(
        1e-3,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="low_mapq: or half of the mutant molecules have less, with a one-sided Fisher p below this",
        source="project choice; two places of a genome show as a mixture of good and bad mapping qualities",
    )
    misplaced_mismatches: int = threshold(
        3,
        unit="bases",
        low=1,
        high=100,
        meaning="misplaced: the median mutant molecule differs from the reference at this many other bases or more",
        source="project choice; more than inherited variants and errors put on one molecule of the same locus",
    )
    low_complexity_bp: int = threshold(
        10,
        unit="bp",
        low=2,
        high=1000,
        meaning="low_complexity: an insertion or deletion that changes a repeat of units up to 4 bp of at least this",
        source="project choice; the longest class of homopolymers that the error model tells apart",
    )
    pon_min_normals: int = threshold(
        2,
        unit="normals",
        low=1,
        high=10_000,
        meaning="panel_of_normals: at least this many normals of the model show the allele above background_max_vaf",
        source="project choice; one normal alone may have a variant of its own",
    )
    pon_max_fold: float = threshold(
        3.0,
        unit="ratio",
        low=1.0,
        high=1000.0,
        meaning="panel_of_normals: and the allele is at most this many times as frequent as in them",
        source="project choice; a variant far above what normals show is no artefact of the assay",
    )
    recurrence_max_vaf: float = threshold(
        0.02,
        unit="fraction",
        low=0.0,
        high=0.5,
        meaning="lab_recurrent: a patient in whom no specimen shows the allele above this is a low-level one",
        source="project choice; the fraction up to which background is looked for, see background_max_vaf",
    )
    recurrence_share: float = threshold(
        0.05,
        unit="fraction of patients",
        low=0.0,
        high=1.0,
        meaning="lab_recurrent: the 95% interval of the share of low-level patients begins at this or above",
        source="project choice; outside hotspots no single somatic allele is as common in lung cancer",
    )
    recurrence_min_patients: int = threshold(
        5,
        unit="patients",
        low=1,
        high=10_000,
        meaning="lab_recurrent: and there are at least this many low-level patients",
        source="project choice; fewer may be one contaminated run",
    )
    germline_spread: float = threshold(
        0.05,
        unit="fraction",
        low=0.0,
        high=0.4,
        meaning="germline_like: the interval of the VAF comes within this of 0.5 or 1",
        source="project choice; capture favours one allele by a few percent",
    )
    germline_min_depth: int = threshold(
        20,
        unit="molecules",
        low=1,
        high=10_000,
        meaning="germline_like: a specimen with fewer molecules is not asked",
        source="project choice; below it the interval of any fraction is wide",
    )
