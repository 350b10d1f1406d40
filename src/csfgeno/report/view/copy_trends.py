"""The drawing of copies in serial samples: log2 ratios of genes by date on one scale."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from csfgeno.records import Serial, SerialCopies, SerialCopyPoint
from csfgeno.report.numerals import signed
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing, Label, Stroke
from csfgeno.report.view.parts import in_specimen
from csfgeno.report.view.timeline import LEFT, MAX_COURSES, SHAPES, WIDTH, Timeline, given_between
from csfgeno.vocab import CallState, SpecimenKind


def build_copy_trend(serial: Serial, kind: SpecimenKind, names: dict[str, str], say: Sentences) -> Drawing | None:
    """Return the drawing of one kind of specimen, `None` without a gene; `names` are those of the drugs by id."""
    traces = [trace for trace in serial.copies if trace.specimen is kind]
    if not traces:
        return None
    shown, rest = traces[:MAX_COURSES], len(traces) - MAX_COURSES
    days = [point.collected for point in shown[0].points]
    canvas = _Canvas(Timeline(days, given_between(serial.therapies, days)), shown)
    more = say("serial.plot_rest", n=rest) if rest > 0 else ""
    named = ", ".join(trace.gene for trace in shown)
    return Drawing(
        key=f"serial-copies-{kind}",
        title=say("serial.copy_plot", specimen=in_specimen(kind, say)),
        description=f"{say('serial.copy_plot_description', names=named)} {more}".strip(),
        width=WIDTH,
        height=canvas.time.height,
        strokes=(*canvas.frame(), *canvas.time.treatments(), *canvas.marks()),
        labels=(*canvas.ticks(), *canvas.time.drugs(names, say), *canvas.names()),
    )


@dataclass(frozen=True)
class _Canvas:
    time: Timeline
    traces: Sequence[SerialCopies]

    @cached_property
    def span(self) -> tuple[int, int]:
        """Whole log2 ratios between which all intervals lie; always with -1 to 1."""
        points = [point for trace in self.traces for point in trace.points]
        ends = [end for p in points for end in (p.log2_low, p.log2_high) if end is not None]
        return math.floor(min([-1.0, *ends])), math.ceil(max([1.0, *ends]))

    def y(self, ratio: float) -> float:
        low, high = self.span
        return round(self.time.floor - (self.time.floor - self.time.top) * (ratio - low) / (high - low), 1)

    def frame(self) -> Iterator[Stroke]:
        low, high = self.span
        yield from self.time.grid(self.y(at) for at in range(low, high + 1))
        yield Stroke("axis", f"M{LEFT} {self.y(0)}H{self.time.x(self.time.days[-1]) + 20}")

    def ticks(self) -> Iterator[Label]:
        low, high = self.span
        for at in range(low, high + 1):
            yield Label("tick end", LEFT - 6, self.y(at) + 4, signed(at, 0))
        yield from self.time.dates()

    def marks(self) -> Iterator[Stroke]:
        for index, trace in enumerate(self.traces):
            known = [point for point in trace.points if point.log2_ratio is not None]
            spots = [(self.time.beside(point.collected, index, len(self.traces)), point) for point in known]
            for (left, before), (right, after) in pairwise(spots):
                ends = self.y(before.log2_ratio or 0.0), self.y(after.log2_ratio or 0.0)
                yield Stroke("course", f"M{left} {ends[0]}L{right} {ends[1]}")
            for x, point in spots:
                yield from self._mark(x, point, SHAPES[index])

    def _mark(self, x: float, point: SerialCopyPoint, shape: str) -> Iterator[Stroke]:
        ratio = point.log2_ratio or 0.0
        low, high = (self.y(ratio if end is None else end) for end in (point.log2_low, point.log2_high))
        yield Stroke("interval", f"M{x} {low}V{high}M{x - 3} {low}h6M{x - 3} {high}h6")
        yield Stroke("point" if point.state is CallState.DETECTED else "point open", f"M{x} {self.y(ratio)}{shape}")

    def names(self) -> Iterator[Label]:
        ends = ((self.y(trace.points[-1].log2_ratio or 0.0), trace.gene) for trace in self.traces)
        return self.time.names(ends)
