"""Records of structural events, complete and small."""

from csfgeno.records import (
    Allele,
    Breakpoint,
    CopyNumber,
    ExonSkipping,
    Fusion,
    FusionCall,
    FusionPartner,
    LossOfHeterozygosity,
    Rearrangement,
    SkippingCall,
    SkippingCause,
)
from csfgeno.vocab import (
    CallState,
    CopyExtent,
    Frame,
    PartnerKind,
    RearrangementKind,
    Side,
    SkippingMechanism,
    SpecimenKind,
    StructuralFilter,
)

EML4 = FusionPartner(Breakpoint("chr2", 42298000, Side.LEFT), "EML4", "NM_019063.5", 13, "intron 13")
ALK = FusionPartner(Breakpoint("chr2", 29224000, Side.LEFT), "ALK", "NM_004304.5", 20, "intron 19")


def fusion_call(state: CallState = CallState.DETECTED, **changes: object) -> FusionCall:
    values: dict[str, object] = {
        "specimen": SpecimenKind.CSF,
        "state": state,
        "split": 5,
        "clipped": 2,
        "discordant": 1,
        "spanning": 93,
        "duplex": 3,
        "distinct_positions": 7,
        "vaf_low": 0.03,
        "vaf_high": 0.14,
        "log10_p": -12.5,
        "lod_molecules": 3,
        "lod95": 0.06,
        "filters": (StructuralFilter.HOMOLOGY,),
    }
    return FusionCall(**(values | changes))  # type: ignore[arg-type]


FUSION = Fusion(
    event_id="chr2:29224001|::chr2:42298001|",
    five_prime=EML4,
    three_prime=ALK,
    frame=Frame.IN_FRAME,
    kinase_domain_kept=True,
    partners=PartnerKind.KNOWN,
    variant_name="variant 1",
    microhomology="AG",
    inserted="",
    junction="ACGTACGTAGTTGCATGC",
    reciprocal_of=None,
    calls=(fusion_call(),),
    hotspot_ids=("ALK_fusion",),
    biomarker_ids=("ALK_FUSION",),
)
REARRANGEMENT = Rearrangement(
    event_id="chr13:48349500|::|chr13:48363001",
    kind=RearrangementKind.DELETION,
    gene="RB1",
    transcript="NM_000321.3",
    first=Breakpoint("chr13", 48349499, Side.LEFT),
    second=Breakpoint("chr13", 48363000, Side.RIGHT),
    exons=(7,),
    cut_exons=(8,),
    counts_coding_exons=True,
    is_whole_gene=False,
    frame=Frame.UNKNOWN,
    name=None,
    hgvs_g="NC_000013.11:g.48349501_48363000del",
    hgvs_c="c.607+477_861+44del",
    base_before="A",
    microhomology="AG",
    inserted="",
    junction="ACGTACGTAGTTGCATGC",
    calls=(fusion_call(filters=()),),
    biomarker_ids=("RB1_LOSS",),
)
COPY_NUMBER = CopyNumber(
    gene="MET",
    specimen=SpecimenKind.CSF,
    amplification=CallState.DETECTED,
    deep_loss=CallState.NOT_DETECTED,
    targets=2,
    molecules=2400,
    log2_ratio=1.4,
    log2_low=1.2,
    log2_high=1.6,
    z=14.0,
    log_likelihood_ratio=80.0,
    tumour_fraction=0.4,
    copies=10.2,
    copies_low=8.5,
    copies_high=12.1,
    extent=CopyExtent.FOCAL,
    amplification_limit_copies=4.4,
    amplification_limit_tumour_fraction=0.08,
    loss_limit_tumour_fraction=0.55,
    baseline="targets of the same specimen",
    reason="detected",
    hotspot_ids=("MET_amp",),
    biomarker_ids=("MET_AMP",),
)
HETEROZYGOSITY_LOSS = LossOfHeterozygosity(
    gene="TP53",
    specimen=SpecimenKind.CSF,
    state=CallState.INDETERMINATE,
    heterozygous_sites=2,
    molecules=800,
    shift=0.05,
    shift_low=0.01,
    shift_high=0.09,
    log10_p=-1.7,
    lod_tumour_fraction=0.2,
    reason="a shift was seen, but not enough to call",
)
SKIPPING = ExonSkipping(
    gene="MET",
    transcript="NM_000245.4",
    exon=14,
    causes=(SkippingCause(Allele("chr7", 116772009, "G", "A"), "c.3028+1G>A", (SkippingMechanism.DONOR,)),),
    calls=(SkippingCall(SpecimenKind.CSF, CallState.DETECTED, alt=12, depth=900, lod95=0.003),),
    hotspot_ids=("MET_ex14",),
    biomarker_ids=("MET_EX14",),
)
