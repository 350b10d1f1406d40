"""Checks before any read is counted: one genome for FASTA, panel and alignments, and files that are whole.

A file of another build shifts every call without a sign of it, so a doubt ends the run with one sentence.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from csfgeno.errors import InputError
from csfgeno.genome.contigs import detect_style, rename_contig
from csfgeno.inputs.case import LoadedCase
from csfgeno.io.headers import (
    PRIMARY_LENGTHS,
    AlignmentHeader,
    can_decode,
    find_index,
    has_placed_read,
    is_index_usable,
    is_older,
    read_header,
)
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Panel
from csfgeno.vocab import Build, ContigStyle, SpecimenKind


@dataclass(frozen=True, slots=True)
class AlignmentInfo:
    """An alignment file that passed every check; its index is there and loads.

    Attributes
    ----------
    sample
        SM of its read groups, `None` without one.
    warnings
        Sentences about what is odd but does not stop the run.
    """

    name: str
    sample: str | None
    sort_order: str | None
    contigs: Mapping[str, int]
    style: ContigStyle
    is_cram: bool
    warnings: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------ genome


def detect_build(contigs: Mapping[str, int]) -> Build | None:
    """Return the build whose chromosome lengths `contigs` has, or `None` if it has those of none or of both."""
    plain = {rename_contig(name, ContigStyle.PLAIN): length for name, length in contigs.items()}
    builds = [b for b, lengths in PRIMARY_LENGTHS.items() if any(plain.get(c) == n for c, n in lengths.items())]
    return builds[0] if len(builds) == 1 else None


def check_build(declared: Build | None, contigs: Mapping[str, int], name: str) -> Build:
    """Return the build of a genome after comparing all its chromosomes with the known lengths.

    Parameters
    ----------
    declared
        What the case says, `None` if it leaves it to the lengths.
    contigs
        Length in bp by contig of the FASTA.
    name
        Base name of the FASTA, for messages.

    Raises
    ------
    InputError
        If the lengths are of no known build, of two builds, or of another build than declared.
    """
    found = detect_build(contigs)
    if declared and found and found is not declared:
        raise InputError(
            f"{name} is {found} by its chromosome lengths, the case says {declared}; "
            f"give the {declared} FASTA or set build to {found}"
        )
    if found is None:
        raise InputError(
            f"{name} has the chromosome lengths of neither GRCh37 nor GRCh38 alone; "
            "give a whole-genome FASTA of one of them (masked is fine, cut is not)"
        )
    for contig, length in contigs.items():
        expected = PRIMARY_LENGTHS[found].get(rename_contig(contig, ContigStyle.PLAIN), length)
        if length != expected:
            raise InputError(f"{name} is {found}, but its {contig} has {length:,} bp; expected {expected:,} bp")
    return found


def within_genome(panel: Panel, contigs: Mapping[str, int], name: str) -> Panel:
    """Return the panel without the targets on contigs that a genome lacks: nothing can be read there.

    Raises
    ------
    InputError
        If the genome lacks every contig of the panel, or a target ends beyond its contig.
    """
    present = tuple(target for target in panel.targets if target.interval.contig in contigs)
    if not present:
        first = panel.targets[0]
        raise InputError(
            f"panel {panel.name} needs contig '{first.interval.contig}' for {first.name}, which {name} does not have, "
            "nor any other contig of the panel; give a FASTA with the contigs of the panel"
        )
    for target in present:
        interval = target.interval
        if interval.end > contigs[interval.contig]:
            raise InputError(
                f"panel {panel.name}: target {target.name} at {interval} ends beyond {interval.contig} of {name} "
                f"({contigs[interval.contig]:,} bp); is the panel of build {panel.build}?"
            )
    return replace(panel, targets=present)


def panel_contigs(panel: Panel, contigs: Iterable[str]) -> tuple[str, ...]:
    """Return the contigs that a panel needs, in the order of the genome."""
    needed = {target.interval.contig for target in panel.targets}
    return tuple(contig for contig in contigs if contig in needed)


# -------------------------------------------------------------------------------------- alignments


def check_case(loaded: LoadedCase, reference: ReferenceFasta, panel: Panel) -> dict[SpecimenKind, AlignmentInfo]:
    """Return what every specimen's file is, after all its checks.

    Parameters
    ----------
    panel
        Its targets lie within `reference`.

    Raises
    ------
    InputError
        At the first file that cannot be used.
    """
    contigs = panel_contigs(panel, reference.contigs)
    return {
        specimen.kind: check_alignment(loaded.paths[specimen.kind], reference, contigs, sample=specimen.sample)
        for specimen in loaded.case.specimens
        if specimen.kind in loaded.paths
    }


def check_alignment(
    path: Path, reference: ReferenceFasta, contigs: Collection[str], *, sample: str | None = None
) -> AlignmentInfo:
    """Return what an alignment file is, once it is known to be usable.

    Parameters
    ----------
    path
        BAM or CRAM.
    reference
        The genome its reads were aligned to.
    contigs
        Contigs of `reference` that the panel needs; only these must agree, a masked FASTA may lack others.
    sample
        Name that the case gives the specimen, compared with the read groups.

    Raises
    ------
    InputError
        If the file is missing, truncated, not BAM or CRAM, not sorted, of another genome, not indexed, without reads
        at a position, of more than one sample, or a CRAM that `reference` does not decode.
    """
    header = read_header(path)
    _check_sort_order(header)
    _check_one_sample(header)
    for contig in contigs:
        _check_contig(header, reference, contig)
    warnings = _check_index(path, header)
    _check_reads(path, header, reference, contigs)
    name = header.samples[0] if header.samples else None
    if sample and name and sample != name:
        warnings.append(f"{header.name}: its read groups name the sample '{name}', the case says '{sample}'")
    return AlignmentInfo(
        name=header.name,
        sample=name,
        sort_order=header.sort_order,
        contigs=header.contigs,
        style=detect_style(header.contigs),
        is_cram=header.is_cram,
        warnings=tuple(warnings),
    )


def _check_sort_order(header: AlignmentHeader) -> None:
    # Without SO the index decides: none can be built for an unsorted file.
    if header.sort_order not in (None, "unknown", "coordinate"):
        raise InputError(
            f"{header.name} is not sorted by coordinate (its header says SO:{header.sort_order}); "
            f"run `samtools sort` and `samtools index`"
        )


def _check_one_sample(header: AlignmentHeader) -> None:
    if len(header.samples) > 1:
        raise InputError(
            f"{header.name} has reads of {len(header.samples)} samples ({', '.join(header.samples[:3])}) in its read "
            "groups; give one file per specimen (`samtools split`) or give its read groups one SM"
        )


def _check_contig(header: AlignmentHeader, reference: ReferenceFasta, contig: str) -> None:
    if contig not in header.contigs:
        raise InputError(_missing_contig(header, reference, contig))
    found, expected = header.contigs[contig], reference.contigs[contig]
    if found != expected:
        raise InputError(
            f"{header.name} was aligned to {_genome(header.contigs)}: its {contig} has {found:,} bp; {reference.name} "
            f"is {_genome(reference.contigs)} with {expected:,} bp; give the FASTA the reads were aligned to"
        )
    md5 = header.md5s.get(contig)
    if md5 and md5 != reference.md5(contig):
        raise InputError(
            f"{header.name} was aligned to another sequence of {contig} than that of {reference.name}: M5 is {md5} in "
            f"its header, {reference.md5(contig)} in the FASTA; give the FASTA the reads were aligned to"
        )


def _missing_contig(header: AlignmentHeader, reference: ReferenceFasta, contig: str) -> str:
    other = next((rename_contig(contig, s) for s in ContigStyle if rename_contig(contig, s) in header.contigs), None)
    if other is None:
        return (
            f"{header.name} has no contig '{contig}', which the panel needs; "
            f"align the reads to the whole genome of {reference.name}"
        )
    return (
        f"{header.name} ({_genome(header.contigs)}) names its contigs like '{other}', {reference.name} "
        f"({_genome(reference.contigs)}) like '{contig}'; give the FASTA the reads were aligned to, or rename the "
        "contigs with `samtools reheader`"
    )


def _genome(contigs: Mapping[str, int]) -> str:
    return detect_build(contigs) or "an unknown build"


def _check_index(path: Path, header: AlignmentHeader) -> list[str]:
    index = find_index(path, is_cram=header.is_cram)
    if index is None:
        raise InputError(f"{header.name} has no index; run `samtools index {header.name}`")
    if not is_index_usable(path):
        raise InputError(f"{index.name} cannot be read as an index; run `samtools index {header.name}` again")
    if is_older(index, path):
        return [f"{index.name} is older than {header.name}; if the file has changed, run `samtools index` again"]
    return []


def _check_reads(path: Path, header: AlignmentHeader, reference: ReferenceFasta, contigs: Collection[str]) -> None:
    if not has_placed_read(path):
        raise InputError(f"{header.name} has no aligned read; an empty file is not a negative result")
    if header.is_cram and not can_decode(path, reference.path, contigs):
        raise InputError(
            f"{header.name} cannot be decoded with {reference.name}: it was written with another FASTA or is damaged; "
            "give the FASTA that the CRAM was written with"
        )
