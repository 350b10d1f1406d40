"""Closed vocabularies: every word that an output may use for a state, a kind or a grade.

The words for what specimens say of each other are in `csfgeno.vocab.comparison`.
"""

from enum import StrEnum


class Build(StrEnum):
    """Reference genome build."""

    GRCH37 = "GRCh37"
    GRCH38 = "GRCh38"


class ContigStyle(StrEnum):
    """How a genome names its chromosomes: `chr7` or `7`."""

    CHR = "chr"
    PLAIN = "plain"


class SpecimenKind(StrEnum):
    """Compartment of a specimen, in the order of every table and VCF column."""

    CSF = "csf"
    PLASMA = "plasma"
    TISSUE = "tissue"
    NORMAL = "normal"


class Preparation(StrEnum):
    """Part of a fluid that the DNA was taken from."""

    SUPERNATANT = "supernatant"
    PELLET = "pellet"
    WHOLE = "whole"


class ReportStatus(StrEnum):
    """Standing of a report in the laboratory."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"


class EvidenceMode(StrEnum):
    """How the reads of a specimen become molecules; decides what a limit of detection may claim."""

    UMI_FAMILIES = "umi_families"
    CONSENSUS_READS = "consensus_reads"
    FRAGMENTS = "fragments"
    VCF = "vcf"


class MoleculeKind(StrEnum):
    """What stands behind one molecule: both strands, one strand, one read pair, or no UMI at all."""

    DUPLEX = "duplex"
    SIMPLEX = "simplex"
    SINGLETON = "singleton"
    RAW = "raw"


class Strand(StrEnum):
    """Strand of the original DNA that was read."""

    FORWARD = "forward"
    REVERSE = "reverse"
    BOTH = "both"


class AlleleClass(StrEnum):
    """Shape of an allele, by the lengths of its REF and ALT."""

    SNV = "SNV"
    MNV = "MNV"
    INSERTION = "INS"
    DELETION = "DEL"
    DELINS = "DELINS"


class PhaseState(StrEnum):
    """Whether two changes lie on the same DNA molecules."""

    CIS = "CIS"
    TRANS = "TRANS"
    MIXED = "MIXED"  # on the same molecules in a part of the cells
    UNDETERMINED = "UNDETERMINED"


class CallingTier(StrEnum):
    """Prior under which an allele was tested."""

    HOTSPOT = "HOTSPOT"
    KNOWN = "KNOWN"  # found in another specimen of the same case
    PANEL = "PANEL"


class CallState(StrEnum):
    """What can be said of an allele or a hotspot in one specimen; silence is never a negative."""

    DETECTED = "DETECTED"
    NOT_DETECTED = "NOT_DETECTED"
    INDETERMINATE = "INDETERMINATE"
    NOT_ASSESSABLE = "NOT_ASSESSABLE"


class FilterName(StrEnum):
    """Reasons why an allele with evidence is not reported as detected."""

    WEAK_EVIDENCE = "weak_evidence"
    FEW_MOLECULES = "few_molecules"
    STRAND_BIAS = "strand_bias"
    OXIDATION = "oxidation"
    DEAMINATION = "deamination"
    FRAGMENT_END = "fragment_end"
    LOW_MAPQ = "low_mapq"
    MISPLACED = "misplaced"
    LOW_COMPLEXITY = "low_complexity"
    PANEL_OF_NORMALS = "panel_of_normals"
    LAB_RECURRENT = "lab_recurrent"
    CONTAMINANT = "contaminant"
    CALLER_FILTERED = "caller_filtered"
    CALLER_UNFILTERED = "caller_unfiltered"


class AlleleNote(StrEnum):
    """Remarks on an allele that reject nothing."""

    GERMLINE_LIKE = "germline_like"
    CONTAMINANT_LIKE = "contaminant_like"


class Consequence(StrEnum):
    """Effect on the transcript, most specific Sequence Ontology term used by the project."""

    MISSENSE = "missense_variant"
    SYNONYMOUS = "synonymous_variant"
    STOP_GAINED = "stop_gained"
    STOP_LOST = "stop_lost"
    START_LOST = "start_lost"
    FRAMESHIFT = "frameshift_variant"
    INFRAME_DELETION = "inframe_deletion"
    INFRAME_INSERTION = "inframe_insertion"
    INFRAME_DELINS = "protein_altering_variant"
    SPLICE_DONOR = "splice_donor_variant"
    SPLICE_ACCEPTOR = "splice_acceptor_variant"
    SPLICE_REGION = "splice_region_variant"
    INTRON = "intron_variant"
    UTR_5 = "5_prime_UTR_variant"
    UTR_3 = "3_prime_UTR_variant"
    UNKNOWN = "coding_sequence_variant"


class HotspotKind(StrEnum):
    """How a hotspot is recognised."""

    PROTEIN_CHANGE = "protein_change"
    INFRAME_DELETION = "inframe_deletion"
    INFRAME_INSERTION = "inframe_insertion"
    SPLICE = "splice"
    AMPLIFICATION = "amplification"
    FUSION = "fusion"


class Direction(StrEnum):
    """What a therapy rule says about a drug."""

    SENSITIVE = "sensitive"
    RESISTANT = "resistant"
    REDUCED = "reduced"
    NO_OPTION = "no_option"
    PROGNOSTIC = "prognostic"


class Standing(StrEnum):
    """Where a therapy statement stands among the others of the case."""

    OFFERED = "offered"
    CONDITIONAL = "conditional"  # a condition of it could not be answered
    LATER = "later"  # the earlier treatment that it asks for has not been given
    OVERRIDDEN = "overridden"  # a resistance found in the case speaks against it
    RECEIVED = "received"  # the patient has had the drug; whether it failed was not said
    FAILED = "failed"  # the disease progressed on the drug
    STATED = "stated"  # it speaks against a drug, or of none


class ObjectionKind(StrEnum):
    """What a statement does to an option that it speaks against."""

    OVERRIDES = "overrides"
    WEAKENS = "weakens"  # less benefit is expected; the option keeps its place
    CROSS_RESISTANCE = "cross_resistance"  # resistance to another drug of the same class and generation


class CaveatCode(StrEnum):
    """Remarks on a therapy statement; the sentence catalogue holds the words."""

    PHASE_UNKNOWN = "phase_unknown"
    PRIOR_UNKNOWN = "prior_unknown"
    PRIOR_NOT_GIVEN = "prior_not_given"
    NAIVE_UNKNOWN = "naive_unknown"
    ABSENCE_NOT_ESTABLISHED = "absence_not_established"
    IN_NORMAL = "in_normal"
    ORIGIN_OPEN = "origin_open"
    UNRECOGNISED_TREATMENT = "unrecognised_treatment"
    SPLIT_SPECIMENS = "split_specimens"
    OUTCOME_UNKNOWN = "outcome_unknown"


class ContextKind(StrEnum):
    """What a remark that is no drug asks for or reminds of."""

    HISTOLOGY = "histology"
    GERMLINE = "germline"
    CLONAL_HAEMATOPOIESIS = "clonal_haematopoiesis"
    IDENTITY = "identity"
    PHASE = "phase"
    COMPARTMENT = "compartment"
    CO_ALTERATION = "co_alteration"
    CONFIRMATION = "confirmation"


class MatchLevel(StrEnum):
    """How closely a finding is what a match rule describes, most specific first."""

    EXACT = "exact"  # one allele or splice site by its coding name
    PROTEIN_CHANGE = "protein_change"
    CODON = "codon"
    EXON_CLASS = "exon_class"
    GENE_LOSS = "gene_loss"
    GENE_EVENT = "gene_event"  # fusion, amplification, large duplication or deletion
    COMBINATION = "combination"


class TherapyOutcome(StrEnum):
    """How an earlier treatment ended, as the requester says."""

    PROGRESSION = "progression"
    TOXICITY = "toxicity"
    COMPLETED = "completed"
    ONGOING = "ongoing"


class CnsAxis(StrEnum):
    """Place or kind of evidence that a CNS grade is of."""

    LM = "LM"  # leptomeningeal metastasis
    BM = "BM"  # parenchymal brain metastasis
    PK = "PK"  # drug measured in CSF or brain


class GradeReason(StrEnum):
    """Why a CNS grade is what it is."""

    ACTIVITY = "activity"
    POOR = "poor"
    NO_DATA = "no_data"
    NOT_APPLICABLE = "not_applicable"


class GradeChange(StrEnum):
    """What changed the letter of an evidence row, or left the row out."""

    OTHER_TUMOUR = "other_tumour"
    BORROWED = "borrowed"
    UNSELECTED = "unselected"
    TKI_NAIVE = "tki_naive"


class PkMetric(StrEnum):
    """What was measured of a drug."""

    CSF_PLASMA_TOTAL = "csf_plasma_total"
    CSF_PLASMA_UNBOUND = "csf_plasma_unbound"
    KP_UU_BRAIN = "kp_uu_brain"
    BRAIN_PLASMA_TOTAL = "brain_plasma_total"
    QUALITATIVE = "qualitative"


class Verification(StrEnum):
    """How far a knowledge row was checked against a source; only `verified` is not provisional."""

    VERIFIED = "verified"
    PARTIAL = "partial"
    SECONDARY = "secondary"
    RECALLED = "recalled"


class QcVerdict(StrEnum):
    """Overall quality of a specimen or a case."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    LIMITED = "LIMITED"
    FAIL = "FAIL"


class Side(StrEnum):
    """On which side of a breakpoint the sequence is kept, along the reference."""

    LEFT = "left"
    RIGHT = "right"


class Frame(StrEnum):
    """What a fused transcript would encode downstream of its junction."""

    IN_FRAME = "IN_FRAME"
    OUT_OF_FRAME = "OUT_OF_FRAME"
    NO_TRANSCRIPT = "NO_TRANSCRIPT"  # partners do not point the same way, a side holds no gene, start or stop is lost
    UNKNOWN = "UNKNOWN"  # a transcript is missing, or the junction lies inside an exon


class RearrangementKind(StrEnum):
    """What a junction of two places of one gene makes of what lies between them."""

    DELETION = "DELETION"
    TANDEM_DUPLICATION = "TANDEM_DUPLICATION"


class PartnerKind(StrEnum):
    """Whether two genes are known to fuse."""

    KNOWN = "KNOWN"
    NOVEL = "NOVEL"


class StructuralFilter(StrEnum):
    """Reasons why a junction or a copy number with evidence is not reported as detected."""

    WEAK_EVIDENCE = "weak_evidence"
    FEW_MOLECULES = "few_molecules"
    NO_JUNCTION_READ = "no_junction_read"
    ONE_POSITION = "one_position"
    HOMOLOGY = "homology"
    LOW_COMPLEXITY = "low_complexity"
    LOW_MAPQ = "low_mapq"
    PANEL_OF_NORMALS = "panel_of_normals"
    IN_NORMAL = "in_normal"


class CopyExtent(StrEnum):
    """How much of the chromosome shares a change of copy number, as far as the panel shows."""

    FOCAL = "FOCAL"
    ARM = "ARM"
    UNKNOWN = "UNKNOWN"


class SkippingMechanism(StrEnum):
    """Which splice signal of an exon an allele disrupts."""

    ACCEPTOR = "acceptor"
    DONOR = "donor"
    POLYPYRIMIDINE_TRACT = "polypyrimidine_tract"
    WHOLE_EXON = "whole_exon"
