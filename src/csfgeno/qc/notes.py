"""Verdicts on quality, each with the sentence that explains it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from csfgeno.calling.hotspots import MASKED, NOT_IN_THIS_VERSION, NOT_TARGETED, UNDERPOWERED
from csfgeno.molecules.pairing.coincidence import StrandPairing
from csfgeno.records import FragmentLengths, HotspotResult, QcNote, Specimen, SpecimenQc
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, QcVerdict, SpecimenKind

_BEST_FIRST = (QcVerdict.PASS, QcVerdict.LIMITED, QcVerdict.FAIL)

_NAMED: Final = 5
"""Targets that a sentence names one by one."""

CELL_FREE: Final = (SpecimenKind.CSF, SpecimenKind.PLASMA)
"""Specimens whose DNA should come from outside of cells."""


def worst(notes: Iterable[QcNote]) -> QcVerdict:
    """Return the worst verdict among `notes`, PASS if there is none."""
    return max((note.verdict for note in notes), key=_BEST_FIRST.index, default=QcVerdict.PASS)


def add_notes(specimens: Sequence[SpecimenQc], more: Iterable[tuple[SpecimenKind, QcNote]]) -> tuple[SpecimenQc, ...]:
    """Return quality records with further notes, and the verdicts that follow."""
    added = list(more)
    notes = {qc.specimen: (*qc.notes, *(note for kind, note in added if kind is qc.specimen)) for qc in specimens}
    return tuple(replace(qc, notes=notes[qc.specimen], verdict=worst(notes[qc.specimen])) for qc in specimens)


def judge_case(specimens: Sequence[SpecimenQc]) -> QcVerdict:
    """Return the verdict on a case: that of its CSF (or first specimen), LIMITED if another is not PASS."""
    leading = next((s for s in specimens if s.specimen is SpecimenKind.CSF), specimens[0])
    others = [QcVerdict.LIMITED for s in specimens if s is not leading and s.verdict is not QcVerdict.PASS]
    return max(leading.verdict, *others, key=_BEST_FIRST.index) if others else leading.verdict


def note_on_specimen(
    specimen: Specimen,
    measured: SpecimenQc,
    hotspots: Sequence[HotspotResult],
    thresholds: Thresholds,
    warnings: Iterable[str],
    pairing: StrandPairing | None = None,
) -> tuple[QcNote, ...]:
    """Return what limits a specimen, or a reader should know of it, in a fixed order."""
    return (
        *_on_molecules(measured),
        *_on_blind_targets(measured),
        *_on_copies(measured, thresholds),
        *_on_volume(specimen, thresholds),
        *_on_blood(specimen, thresholds),
        *_on_lengths(specimen, measured.fragment_lengths, thresholds),
        *_on_input(specimen, measured),
        *_on_hotspots(hotspots, thresholds),
        *_on_strands(measured, thresholds),
        *_on_targeting(measured, thresholds),
        *_on_umis(measured),
        *_on_pairing(pairing),
        *(QcNote(QcVerdict.PASS, "file", warning) for warning in warnings),
    )


def _on_molecules(measured: SpecimenQc) -> Iterator[QcNote]:
    if measured.molecules == 0:
        yield QcNote(QcVerdict.FAIL, "no_molecules", "No molecule was seen in any target.")


def _on_blind_targets(measured: SpecimenQc) -> Iterator[QcNote]:
    """Name targets without a usable molecule, such as those whose reads all have too low a mapping quality."""
    blind = [target.name for target in measured.targets if target.median_depth == 0]
    if not blind or not measured.molecules:
        return
    named = ", ".join(blind[:_NAMED]) + (f" and {len(blind) - _NAMED} more" if len(blind) > _NAMED else "")
    text = (
        f"Most bases of {len(blind)} of {len(measured.targets)} targets have no usable molecule ({named}): their reads "
        "are missing, or all were left out, as for low mapping quality. Nothing is said of them; that is no negative."
    )
    yield QcNote(QcVerdict.LIMITED, "blind_targets", text)


def _on_copies(measured: SpecimenQc, thresholds: Thresholds) -> Iterator[QcNote]:
    pairs, molecules = measured.fragments or 0, measured.molecules or 0
    if measured.evidence_mode is not EvidenceMode.FRAGMENTS or pairs <= thresholds.max_copies_without_umi * molecules:
        return
    text = (
        f"{pairs:,} read pairs without UMIs have only {molecules:,} different pairs of ends, as of an amplicon "
        "library: molecules with the same ends cannot be told apart, so they count as one. Fractions and limits need "
        "reads with UMIs, or a captured library."
    )
    yield QcNote(QcVerdict.LIMITED, "equal_ends", text)


def _on_volume(specimen: Specimen, thresholds: Thresholds) -> Iterator[QcNote]:
    volume = specimen.volume_ml
    if specimen.kind is not SpecimenKind.CSF or volume is None:
        return
    if volume < thresholds.csf_volume_very_low_ml:
        text = (
            f"CSF volume is {volume:g} mL, very low: most samples below {thresholds.csf_volume_very_low_ml:g} mL miss"
        )
        yield QcNote(QcVerdict.LIMITED, "csf_volume", f"{text} the tumour; a new sample of 10 mL, if safe, is better.")
    elif volume < thresholds.csf_volume_low_ml:
        text = (
            f"CSF volume is {volume:g} mL; at least {thresholds.csf_volume_low_ml:g} mL and ideally 10 mL are advised."
        )
        yield QcNote(QcVerdict.LIMITED, "csf_volume", text)


def _on_blood(specimen: Specimen, thresholds: Thresholds) -> Iterator[QcNote]:
    cells = specimen.rbc_per_ul
    if specimen.kind is not SpecimenKind.CSF or cells is None or cells <= thresholds.csf_rbc_per_ul:
        return
    text = (
        f"The CSF holds {cells:,.0f} red cells per µL (limit {thresholds.csf_rbc_per_ul:,.0f}): blood was mixed into "
        "it, as by a traumatic tap. DNA of plasma and white cells dilutes the allele fractions of the CSF and may "
        "bring in variants of blood cells."
    )
    yield QcNote(QcVerdict.LIMITED, "csf_blood", text)


def _on_lengths(specimen: Specimen, lengths: FragmentLengths | None, thresholds: Thresholds) -> Iterator[QcNote]:
    if specimen.kind not in CELL_FREE or lengths is None or lengths.measured < thresholds.min_molecules_for_share:
        return
    share = lengths.long_share or 0.0
    if share <= thresholds.max_long_fragment_share:
        return
    text = (
        f"{share:.0%} of the DNA fragments have {thresholds.long_fragment_bp:g} bp or more (limit "
        f"{thresholds.max_long_fragment_share:.0%}): DNA of lysed cells, such as white cells, is mixed into the "
        "cell-free DNA. It dilutes the allele fractions, so a negative excludes less of the cell-free DNA than its "
        "limit says."
    )
    yield QcNote(QcVerdict.LIMITED, "long_fragments", text)


def _on_input(specimen: Specimen, measured: SpecimenQc) -> Iterator[QcNote]:
    genomes, depth = measured.input_genome_equivalents, measured.median_depth or 0.0
    if genomes is None:
        text = "The DNA input is not given, so recovery cannot be computed."
        yield QcNote(QcVerdict.PASS, "input_unknown", text)
    elif depth > genomes:
        text = (
            f"More unique molecules ({depth:,.0f}) than haploid genomes put in ({genomes:,.0f}): the stated "
            f"input of {specimen.input_ng:g} ng or the UMIs cannot be right."
        )
        yield QcNote(QcVerdict.LIMITED, "input_too_low", text)


def _on_hotspots(hotspots: Sequence[HotspotResult], thresholds: Thresholds) -> Iterator[QcNote]:
    covered = [h for h in hotspots if h.reason not in (NOT_IN_THIS_VERSION, NOT_TARGETED, MASKED)]
    blind = [h for h in covered if h.reason == UNDERPOWERED]
    assessable_share = 1.0 - len(blind) / len(covered) if covered else 1.0
    if assessable_share >= thresholds.min_assessable_share:
        return
    text = (
        f"{len(blind)} of {len(covered)} covered hotspots have too few molecules for a negative at "
        f"{thresholds.max_lod95:.1%} or below."
    )
    fails = assessable_share < thresholds.fail_assessable_share
    yield QcNote(QcVerdict.FAIL if fails else QcVerdict.LIMITED, "few_molecules", text)


def _on_strands(measured: SpecimenQc, thresholds: Thresholds) -> Iterator[QcNote]:
    """Remark on lost strands; molecules are not lost by it, but an error of one strand has no other to deny it."""
    share = measured.strand_a_share
    single = (measured.single_strand_a or 0) + (measured.single_strand_b or 0)
    if share is None or single < thresholds.min_molecules_for_share:
        return
    larger = max(share, 1.0 - share)
    if larger > thresholds.max_single_strand_share:
        strand = "A" if share > 0.5 else "B"
        text = (
            f"Of the molecules read on one strand alone, {larger:.0%} show strand {strand}; half is expected. One "
            "strand was lost in the library, so fewer errors are denied by the other one."
        )
        yield QcNote(QcVerdict.PASS, "strand_imbalance", text)


def _on_targeting(measured: SpecimenQc, thresholds: Thresholds) -> Iterator[QcNote]:
    rate = measured.on_target_rate
    if rate is not None and rate < thresholds.min_on_target_rate:
        text = (
            f"Only {rate:.0%} of the mapped alignments overlap a target (usual: "
            f"{thresholds.min_on_target_rate:.0%} or more); sequencing was spent elsewhere, or the panel is "
            "another one."
        )
        yield QcNote(QcVerdict.PASS, "off_target", text)


def _on_umis(measured: SpecimenQc) -> Iterator[QcNote]:
    if measured.reads_without_umi:
        text = (
            f"{measured.reads_without_umi:,} reads ({measured.without_umi_share or 0.0:.1%}) carry no UMI and were "
            "left out; molecules of which no other read exists are missing."
        )
        yield QcNote(QcVerdict.PASS, "reads_without_umi", text)


def _on_pairing(pairing: StrandPairing | None) -> Iterator[QcNote]:
    """Say how the strands of molecules with one UMI were told, or that they could not be."""
    if pairing is None:
        return
    if pairing.shares_umi:
        text = (
            "Both strands of a molecule carry the same UMI in this library, so families of opposite strands with the "
            "same ends and UMI are one molecule."
        )
        yield QcNote(QcVerdict.PASS, "strands_by_umi", text)
    elif pairing.is_told:
        text = (
            "The one UMI of a read pair does not tie the two strands of a molecule. By how often families of opposite "
            f"strands share both ends beyond chance, {pairing.share:.0%} of the molecules (standard error "
            f"{pairing.error:.1%}) were read on both strands; as many families that state the same were counted as one."
        )
        yield QcNote(QcVerdict.PASS, "strands_by_ends", text)
    else:
        text = (
            "The one UMI of a read pair does not tie the two strands of a molecule, and too few molecules, or too many "
            "with the same ends, were seen to tell how many were read on both strands "
            f"({pairing.share:.0%}, at most {pairing.highest_share:.0%}). Both strands count as two molecules; limits "
            f"of detection and intervals allow for up to {pairing.families_per_molecule:.2g} counts of one molecule."
        )
        yield QcNote(QcVerdict.LIMITED, "strands_untold", text)
