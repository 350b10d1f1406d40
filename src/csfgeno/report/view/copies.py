"""The drawing of copy number: the log2 ratio of every gene in every specimen, with its interval, on one scale."""

from collections.abc import Iterator, Sequence
from typing import Final

from csfgeno.records import CaseReport, CopyNumber
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing, Label, Stroke
from csfgeno.report.view.parts import in_specimen, specimen_word
from csfgeno.vocab import CallState

WIDTH: Final = 440.0
LEFT: Final = 130.0
RIGHT: Final = 16.0
TOP: Final = 22.0
STEP: Final = 15.0
REACH: Final = 3.0
"""Log2 ratio at either edge; anything beyond stands on it."""


def build_copy_plot(report: CaseReport, say: Sentences) -> Drawing | None:
    """Return the drawing, `None` if no copy number is known."""
    known = [record for record in report.copy_numbers if record.log2_ratio is not None]
    if not known:
        return None
    specimens = ", ".join(dict.fromkeys(in_specimen(record.specimen, say) for record in known))
    floor = TOP + STEP * len(known)
    return Drawing(
        key="copies",
        title=say("structural.plot"),
        description=say("structural.plot_description", names=specimens),
        width=WIDTH,
        height=floor + 8,
        strokes=(*_grid(floor), *_marks(known)),
        labels=(*_ticks(), *_names(known, say)),
    )


def _x(ratio: float) -> float:
    share = (max(-REACH, min(REACH, ratio)) + REACH) / (2 * REACH)
    return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)


def _grid(floor: float) -> Iterator[Stroke]:
    yield Stroke("grid", "".join(f"M{_x(at)} {TOP}V{floor}" for at in range(-3, 4) if at))
    yield Stroke("axis", f"M{_x(0)} {TOP}V{floor}")


def _ticks() -> Iterator[Label]:
    for at in range(-3, 4):
        yield Label("tick", _x(at), TOP - 8, f"{at:+d}".replace("-", "−") if at else "0")


def _names(known: Sequence[CopyNumber], say: Sentences) -> Iterator[Label]:
    for index, record in enumerate(known):
        text = f"{record.gene}, {specimen_word(record.specimen, say)}"
        yield Label("specimen", 0, round(TOP + STEP * (index + 0.5) + 4, 1), text)


def _marks(known: Sequence[CopyNumber]) -> Iterator[Stroke]:
    for index, record in enumerate(known):
        y = round(TOP + STEP * (index + 0.5), 1)
        ratio = record.log2_ratio or 0.0
        low = ratio if record.log2_low is None else record.log2_low
        high = ratio if record.log2_high is None else record.log2_high
        is_found = CallState.DETECTED in (record.amplification, record.deep_loss)
        yield Stroke("interval", f"M{_x(low)} {y}H{_x(high)}")
        yield Stroke("point" if is_found else "point open", f"M{_x(ratio) - 4} {y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z")
