"""Fusions as pairs of VCF breakends (VCF 4.2, section 5.4)."""

from collections.abc import Iterator, Sequence
from typing import Final

from csfgeno.genome.sequence import reverse_complement
from csfgeno.records import CaseReport, Fusion, FusionCall
from csfgeno.report.vcf_text import MISSING, NONE_DETECTED, float_text, genotype
from csfgeno.vocab import CallState, Side, SpecimenKind, StructuralFilter

FILTERS: Final = {
    StructuralFilter.WEAK_EVIDENCE: "Chance chimeras explain the molecules of the junction",
    StructuralFilter.FEW_MOLECULES: "Fewer molecules than fusion_min_molecules",
    StructuralFilter.NO_JUNCTION_READ: "No read shows the junction itself, only mates on either side",
    StructuralFilter.ONE_POSITION: "All molecules share both ends",
    StructuralFilter.HOMOLOGY: "The two places share a stretch of junction_min_homology_bp",
    StructuralFilter.LOW_COMPLEXITY: "Sequence beside the junction is below junction_min_complexity",
    StructuralFilter.LOW_MAPQ: "Mean mapping quality of the junction is below min_mapq",
    StructuralFilter.PANEL_OF_NORMALS: "Normals of the laboratory show the junction too, see junction_min_normals",
    StructuralFilter.IN_NORMAL: "The junction occurs in the normal of the patient",
}
"""What each filter of a junction means; every `StructuralFilter` is here."""

INFO: Final = (
    ("MATEID", "1", "String", "The other end of the junction"),
    ("EVENT", "1", "String", "Junction that both ends belong to"),
    ("FUSION", "1", "String", "Genes, 5' partner first"),
    ("EXONS", "1", "String", "Genes with the exons that the junction leaves side by side"),
    ("FRAME", "1", "String", "IN_FRAME, OUT_OF_FRAME, NO_TRANSCRIPT or UNKNOWN"),
    ("HOMLEN", "1", "Integer", "Bases of microhomology at the junction"),
    ("HOMSEQ", "1", "String", "Microhomology at the junction"),
)

FLANK_BP: Final = 40
"""Bases of either side in `Fusion.junction`."""


def breakend_lines(
    report: CaseReport, kinds: tuple[SpecimenKind, ...], fields: tuple[str, ...]
) -> Iterator[tuple[str, int, str]]:
    """Yield contig, 0-based position and line of both ends of each fusion.

    Parameters
    ----------
    kinds
        Specimens in the order of the columns.
    fields
        Keys of FORMAT.
    """
    for number, fusion in enumerate(report.fusions, 1):
        names = (f"bnd_{number}_1", f"bnd_{number}_2")
        for own, mate in ((0, 1), (1, 0)):
            place = (fusion.five_prime, fusion.three_prime)[own].breakpoint
            site = [place.contig, str(place.pos + 1), names[own], *_alleles(fusion, own)]
            columns = (junction_sample(fusion.call(kind), fields) for kind in kinds)
            info = _info(fusion, names[mate], f"event_{number}")
            line = "\t".join([*site, ".", junction_filter(fusion.calls), info, ":".join(fields), *columns])
            yield place.contig, place.pos, line


def _alleles(fusion: Fusion, own: int) -> tuple[str, str]:
    """Return REF and ALT of one end: the last kept base, and what follows it."""
    sides = fusion.five_prime.breakpoint, fusion.three_prime.breakpoint
    here, there = sides[own], sides[1 - own]
    between = fusion.junction[len(fusion.junction) - FLANK_BP - len(fusion.inserted) : -FLANK_BP]
    at = len(fusion.junction) - FLANK_BP - (len(fusion.inserted) + 1 if own == 0 else 0)
    base = fusion.junction[at]
    # The junction runs forward through a 5' side that keeps its left, and through a 3' side that keeps its right.
    is_forward = here.keeps is (Side.LEFT if own == 0 else Side.RIGHT)
    base, between = (base, between) if is_forward else (reverse_complement(base), reverse_complement(between))
    bracket = "]" if there.keeps is Side.LEFT else "["
    mate = f"{bracket}{there.contig}:{there.pos + 1}{bracket}"
    return base, base + between + mate if here.keeps is Side.LEFT else mate + between + base


def junction_filter(calls: Sequence[FusionCall]) -> str:
    """Return the FILTER of a junction."""
    if any(call.state is CallState.DETECTED for call in calls):
        return "PASS"
    named = {name for call in calls for name in call.filters}
    return ";".join([NONE_DETECTED, *(name for name in StructuralFilter if name in named)])


def _info(fusion: Fusion, mate: str, event: str) -> str:
    values = {
        "SVTYPE": "BND",
        "MATEID": mate,
        "EVENT": event,
        "FUSION": fusion.name,
        "EXONS": fusion.exon_name.replace(" ", "_"),
        "FRAME": fusion.frame,
        "HOMLEN": str(len(fusion.microhomology)),
        "HOMSEQ": fusion.microhomology,
        "HOTSPOT": ",".join(fusion.hotspot_ids),
        "BIOMARKER": ",".join(fusion.biomarker_ids),
    }
    return ";".join(f"{name}={value}" for name, value in values.items() if value)


def junction_sample(call: FusionCall | None, fields: tuple[str, ...]) -> str:
    """Return the column of one specimen."""
    if call is None:
        return ":".join(genotype(None) if name == "GT" else MISSING for name in fields)
    shown = call.split + call.clipped
    values = {
        "GT": genotype(call.state),
        "DP": str(shown + call.spanning),
        "AD": f"{call.spanning},{shown}",
        "AF": float_text(call.vaf),
        "AFL": float_text(call.vaf_low),
        "AFH": float_text(call.vaf_high),
        "DX": str(call.duplex),
        "LOD95": float_text(call.lod95),
        "LP": float_text(None if call.log10_p is None else abs(call.log10_p)),
        "ST": call.state,
        "FT": ";".join(call.filters) or "PASS",
    }
    return ":".join(values.get(name, MISSING) for name in fields)
