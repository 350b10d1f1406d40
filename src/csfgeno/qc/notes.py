"""Verdicts on quality, each with the sentence that explains it."""

from collections.abc import Iterable, Iterator, Sequence

from csfgeno.calling.hotspots import MASKED, NOT_IN_THIS_VERSION, NOT_TARGETED, UNDERPOWERED
from csfgeno.records import HotspotResult, QcNote, Specimen, SpecimenQc
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import QcVerdict, SpecimenKind

_BEST_FIRST = (QcVerdict.PASS, QcVerdict.LIMITED, QcVerdict.FAIL)


def worst(notes: Iterable[QcNote]) -> QcVerdict:
    """Return the worst verdict among `notes`, PASS if there is none."""
    return max((note.verdict for note in notes), key=_BEST_FIRST.index, default=QcVerdict.PASS)


def judge_case(specimens: Sequence[SpecimenQc]) -> QcVerdict:
    """Return the verdict on a case: that of its CSF (or first specimen), LIMITED if another is not PASS."""
    leading = next((s for s in specimens if s.specimen is SpecimenKind.CSF), specimens[0])
    others = [QcVerdict.LIMITED for s in specimens if s is not leading and s.verdict is not QcVerdict.PASS]
    return max(leading.verdict, *others, key=_BEST_FIRST.index) if others else leading.verdict


def note_on_specimen(
    specimen: Specimen,
    molecules: int,
    median_depth: float,
    genomes: float | None,
    hotspots: Sequence[HotspotResult],
    thresholds: Thresholds,
    warnings: Iterable[str],
) -> tuple[QcNote, ...]:
    """Return what limits a specimen, in a fixed order."""
    return (
        *_on_molecules(molecules),
        *_on_volume(specimen, thresholds),
        *_on_input(specimen, median_depth, genomes),
        *_on_hotspots(hotspots, thresholds),
        *(QcNote(QcVerdict.PASS, "file", warning) for warning in warnings),
    )


def _on_molecules(molecules: int) -> Iterator[QcNote]:
    if molecules == 0:
        yield QcNote(QcVerdict.FAIL, "no_molecules", "No molecule was seen in any target.")


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


def _on_input(specimen: Specimen, median_depth: float, genomes: float | None) -> Iterator[QcNote]:
    if genomes is None:
        text = "The DNA input is not given, so recovery cannot be computed."
        yield QcNote(QcVerdict.PASS, "input_unknown", text)
    elif median_depth > genomes:
        text = (
            f"More unique molecules ({median_depth:,.0f}) than haploid genomes put in ({genomes:,.0f}): the stated "
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
