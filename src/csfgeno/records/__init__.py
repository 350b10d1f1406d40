"""The frozen records that pass between stages.

Coordinates are 0-based half-open. Counts are stored, fractions are derived. Unknown is `None`.
"""

from csfgeno.records.calls import (
    AlleleCounts,
    FilterRemark,
    Finding,
    HotspotResult,
    SpecimenCall,
    StratumCounts,
    SuppliedCall,
    TranscriptChange,
)
from csfgeno.records.case import Amendment, Case, Clinical, PriorTherapy, Request, SignOff, Specimen
from csfgeno.records.compartments import AlleleOrigin, Comparison, Reason, TumourFraction
from csfgeno.records.genome import Allele, Interval
from csfgeno.records.identity import Contamination, Identity, IdentityMatch
from csfgeno.records.molecules import MoleculeStack, MoleculeView
from csfgeno.records.panel import Hotspot, HotspotSite, Panel, Target
from csfgeno.records.phase import Phase, PhaseCounts
from csfgeno.records.quality import FamilySizes, FragmentLengths, PanelDepth, QcNote, SpecimenQc, TargetDepth
from csfgeno.records.recurrence import Recurrence
from csfgeno.records.report import CaseReport, Provenance, Setting
from csfgeno.records.structural import (
    Breakpoint,
    CopyNumber,
    ExonSkipping,
    Fusion,
    FusionCall,
    FusionPartner,
    LossOfHeterozygosity,
    SkippingCall,
    SkippingCause,
)
from csfgeno.records.therapy import (
    SHIPPED,
    Basis,
    Caveat,
    CnsExposure,
    CnsGrade,
    ContextFact,
    ContextItem,
    DrugLevel,
    EvidenceRow,
    GradeStep,
    LabelStatus,
    Objection,
    PriorUse,
    Schedule,
    TherapyMatch,
)

__all__ = [
    "SHIPPED",
    "Allele",
    "AlleleCounts",
    "AlleleOrigin",
    "Amendment",
    "Basis",
    "Breakpoint",
    "Case",
    "CaseReport",
    "Caveat",
    "Clinical",
    "CnsExposure",
    "CnsGrade",
    "Comparison",
    "Contamination",
    "ContextFact",
    "ContextItem",
    "CopyNumber",
    "DrugLevel",
    "EvidenceRow",
    "ExonSkipping",
    "FamilySizes",
    "FilterRemark",
    "Finding",
    "FragmentLengths",
    "Fusion",
    "FusionCall",
    "FusionPartner",
    "GradeStep",
    "Hotspot",
    "HotspotResult",
    "HotspotSite",
    "Identity",
    "IdentityMatch",
    "Interval",
    "LabelStatus",
    "LossOfHeterozygosity",
    "MoleculeStack",
    "MoleculeView",
    "Objection",
    "Panel",
    "PanelDepth",
    "Phase",
    "PhaseCounts",
    "PriorTherapy",
    "PriorUse",
    "Provenance",
    "QcNote",
    "Reason",
    "Recurrence",
    "Request",
    "Schedule",
    "Setting",
    "SignOff",
    "SkippingCall",
    "SkippingCause",
    "Specimen",
    "SpecimenCall",
    "SpecimenQc",
    "StratumCounts",
    "SuppliedCall",
    "Target",
    "TargetDepth",
    "TherapyMatch",
    "TranscriptChange",
    "TumourFraction",
]
