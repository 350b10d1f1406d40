"""Words for what specimens say of each other: where an allele is, whose it is, and how sure that is."""

from enum import StrEnum


class CompartmentVerdict(StrEnum):
    """Where an allele is, as far as the specimens had the power to show it."""

    SHARED = "SHARED"  # detected in two or more compartments
    CSF_ONLY = "CSF_ONLY"
    PLASMA_ONLY = "PLASMA_ONLY"
    TISSUE_ONLY = "TISSUE_ONLY"
    NOT_INFORMATIVE = "NOT_INFORMATIVE"  # the other specimen could have missed it
    NOT_COMPARED = "NOT_COMPARED"  # no second specimen of the tumour, or none that shows the allele


class Origin(StrEnum):
    """Cells that an allele comes from."""

    TUMOUR = "TUMOUR"
    GERMLINE = "GERMLINE"
    CLONAL_HAEMATOPOIESIS = "CLONAL_HAEMATOPOIESIS"
    UNKNOWN = "UNKNOWN"


class Certainty(StrEnum):
    """What an origin rests on: a normal specimen that shows or lacks the allele, fractions and genes, or neither."""

    SHOWN = "SHOWN"
    PROBABLE = "PROBABLE"
    POSSIBLE = "POSSIBLE"


class OriginCaveat(StrEnum):
    """What a reader must be told with an origin."""

    GERMLINE_COUNSELLING = "germline_counselling"
    GERMLINE_NOT_EXCLUDED = "germline_not_excluded"
    CH_NOT_EXCLUDED = "ch_not_excluded"


class CopyState(StrEnum):
    """Copies of the mutated and of the other allele in a tumour cell."""

    HETEROZYGOUS = "HETEROZYGOUS"  # one of two
    LOSS_OF_OTHER = "LOSS_OF_OTHER"  # the only copy
    COPY_NEUTRAL_LOH = "COPY_NEUTRAL_LOH"  # both copies
    GAIN = "GAIN"  # two of three
    OTHER_GAINED = "OTHER_GAINED"  # one of three
    SUBCLONAL = "SUBCLONAL"


class TumourFractionState(StrEnum):
    """Whether the share of tumour DNA in a specimen could be told."""

    ESTIMATED = "ESTIMATED"
    BELOW_LIMIT = "BELOW_LIMIT"  # no tumour allele is detected; only an upper bound is known
    NOT_ASSESSABLE = "NOT_ASSESSABLE"


class IdentityResult(StrEnum):
    """Whether two specimens are of one person."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NOT_ASSESSABLE = "NOT_ASSESSABLE"


class ContaminationState(StrEnum):
    """Whether DNA of another person was seen in a specimen."""

    CONTAMINATED = "CONTAMINATED"
    NOT_FOUND = "NOT_FOUND"
    NOT_ASSESSABLE = "NOT_ASSESSABLE"


class ReasonCode(StrEnum):
    """What a verdict, an origin or an identity rests on; the sentences are in the catalogue of the report."""

    # --------------------------------------------------------------------------- compartments
    DETECTED_IN_BOTH = "detected_in_both"
    POWER_SUFFICES = "power_suffices"
    POWER_LACKING = "power_lacking"
    OTHER_DOUBTFUL = "other_doubtful"
    OTHER_NOT_ASSESSABLE = "other_not_assessable"
    OTHER_FROM_VCF = "other_from_vcf"
    NO_ANCHOR = "no_anchor"
    ANCHORS_PRESENT = "anchors_present"
    ANCHORS_ABSENT = "anchors_absent"
    NOT_TUMOUR = "not_tumour"
    # ------------------------------------------------------------------------- tumour fraction
    DRIVER_CLUSTER = "driver_cluster"
    COPY_STATE_ASSUMED = "copy_state_assumed"
    COPY_STATE_FROM_SNPS = "copy_state_from_snps"
    NO_TUMOUR_ALLELE = "no_tumour_allele"
    # ---------------------------------------------------------------------------------- origin
    IN_NORMAL_HALF = "in_normal_half"
    IN_NORMAL_WHOLE = "in_normal_whole"
    IN_NORMAL_LOW = "in_normal_low"
    IN_NORMAL_AS_ADMIXTURE = "in_normal_as_admixture"
    NOT_IN_NORMAL = "not_in_normal"
    NORMAL_NOT_INFORMATIVE = "normal_not_informative"
    NO_NORMAL = "no_normal"
    GERMLINE_FRACTION = "germline_fraction"
    FRACTION_FITS_LOH = "fraction_fits_loh"
    FRACTIONS_DIFFER = "fractions_differ"
    CH_GENE = "ch_gene"
    CH_FRACTION = "ch_fraction"
    BLOOD_IN_CSF = "blood_in_csf"
    TUMOUR_HOTSPOT = "tumour_hotspot"
    # -------------------------------------------------------------------------------- identity
    SITES_AGREE = "sites_agree"
    SITES_DIFFER = "sites_differ"
    TOO_FEW_SITES = "too_few_sites"
    MINOR_ALLELES = "minor_alleles"
    NO_MINOR_ALLELES = "no_minor_alleles"
    NO_SITES_IN_VCF = "no_sites_in_vcf"
