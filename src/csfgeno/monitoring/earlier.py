"""An earlier case of the patient, told in the contig names of the present genome."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from csfgeno.errors import InputError
from csfgeno.genome.contigs import detect_style, rename_contig
from csfgeno.records import Allele, CaseReport, Fusion, FusionPartner
from csfgeno.vocab import Build


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """The report of an earlier case and the SHA-256 of the JSON that it was read from."""

    report: CaseReport
    sha256: str


def check_build(then: CaseReport, build: Build) -> None:
    """Refuse a case of another build.

    Raises
    ------
    InputError
        If it is of one.
    """
    if then.provenance.build is not build:
        raise InputError(
            f"case {then.case.case_id} is of {then.provenance.build}, this one of {build}; builds are never mixed"
        )


def aligned(then: CaseReport, now: CaseReport) -> CaseReport:
    """Return the alleles and fusions of an earlier report in the contig names of the present one.

    Raises
    ------
    InputError
        If it is of another build.
    """
    check_build(then, now.provenance.build)
    contigs = list(now.contigs)
    return replace(
        then,
        findings=tuple(replace(f, allele=renamed_allele(f.allele, contigs)) for f in then.findings),
        fusions=tuple(renamed_fusion(fusion, contigs) for fusion in then.fusions),
    )


def renamed_allele(allele: Allele, contigs: Sequence[str]) -> Allele:
    """Return an allele in the contig names of a genome."""
    return replace(allele, contig=renamed(allele.contig, contigs))


def renamed_fusion(fusion: Fusion, contigs: Sequence[str]) -> Fusion:
    """Return a fusion with both breakpoints in the contig names of a genome."""
    five_prime, three_prime = (_renamed_partner(side, contigs) for side in (fusion.five_prime, fusion.three_prime))
    return replace(fusion, five_prime=five_prime, three_prime=three_prime)


def renamed(contig: str, contigs: Sequence[str]) -> str:
    """Return the name of a contig in the style of a genome."""
    return rename_contig(contig, detect_style(contigs))


def _renamed_partner(side: FusionPartner, contigs: Sequence[str]) -> FusionPartner:
    place = side.breakpoint
    return replace(side, breakpoint=replace(place, contig=renamed(place.contig, contigs)))
