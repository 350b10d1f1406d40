"""The drawing of serial samples: allele fractions by date on one logarithmic scale, treatments above."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Final

from csfgeno.records import PriorTherapy, Serial, SerialPoint, SerialTrace
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing, Label, LogScale, Stroke, lowest_decade
from csfgeno.report.view.parts import in_specimen
from csfgeno.vocab import CallState, SpecimenKind

WIDTH: Final = 580.0
LEFT: Final = 44.0
RIGHT: Final = 160.0
TOP: Final = 16.0
TREATMENT_STEP: Final = 17.0
PLOT_HEIGHT: Final = 170.0
DATES: Final = 36.0
ASIDE: Final = 6.0
"""How far the marks of two alleles of one date stand apart."""
LABEL_GAP: Final = 13.0
DATE_WIDTH: Final = 66.0
LETTER: Final = 7.2
MAX_TRACES: Final = 5
SHAPES: Final = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "m-3.6 -3.6h7.2v7.2h-7.2z",
    "m0 -5l5 5l-5 5l-5 -5z",
    "m0 -4.6l4.6 8h-9.2z",
    "m0 4.6l4.6 -8h-9.2z",
)
"""One shape an allele: circle, square, diamond, and triangles on their base and on their tip."""
TUMOUR_SHAPE: Final = "m-4.5 0h9m-4.5 -4.5v9"
"""A cross marks the share of tumour DNA."""


def build_trend(serial: Serial, kind: SpecimenKind, names: dict[str, str], say: Sentences) -> Drawing | None:
    """Return the drawing of one kind of specimen, `None` without alleles; `names` are those of the drugs by id."""
    traces = [trace for trace in serial.traces if trace.specimen is kind]
    if not traces:
        return None
    shown = traces[:MAX_TRACES]
    days = [point.collected for point in shown[0].points]
    canvas = _Canvas(days, _courses(shown, serial, say), _given(serial.therapies, days))
    rest = say("serial.plot_rest", n=len(traces) - len(shown)) if len(traces) > len(shown) else ""
    named = ", ".join(trace.name for trace in shown)
    return Drawing(
        key=f"serial-{kind}",
        title=say("serial.plot", specimen=in_specimen(kind, say)),
        description=f"{say('serial.plot_description', names=named)} {rest}".strip(),
        width=WIDTH,
        height=canvas.floor + DATES,
        strokes=(*canvas.frame(), *canvas.treatments(), *canvas.marks()),
        labels=(*canvas.ticks(), *canvas.drugs(names, say), *canvas.names()),
    )


def _given(therapies: Sequence[PriorTherapy], days: Sequence[date]) -> list[PriorTherapy]:
    """Return the treatments whose days are known and that meet the days of the samples."""
    return [
        t
        for t in therapies
        if (t.started or t.stopped) and (t.started or days[0]) <= days[-1] and (t.stopped or days[-1]) >= days[0]
    ]


@dataclass(frozen=True, slots=True)
class _Course:
    """One line of the drawing: an allele, or the share of tumour DNA."""

    name: str
    points: Sequence[SerialPoint]
    shape: str


def _courses(traces: Sequence[SerialTrace], serial: Serial, say: Sentences) -> list[_Course]:
    alleles = [_Course(trace.name, trace.points, shape) for trace, shape in zip(traces, SHAPES, strict=False)]
    shares = [
        SerialPoint(
            s.case_id, s.collected, CallState.DETECTED,
            vaf=s.tumour_fraction, vaf_low=s.tumour_low, vaf_high=s.tumour_high,
        )
        for s in serial.samples
        if s.specimen is traces[0].specimen and s.tumour_fraction is not None
    ]  # fmt: skip
    return [*alleles, _Course(say("tumour_fraction.share"), shares, TUMOUR_SHAPE)] if shares else alleles


@dataclass(frozen=True)
class _Canvas:
    days: Sequence[date]
    courses: Sequence[_Course]
    given: Sequence[PriorTherapy]

    @property
    def top(self) -> float:
        return TOP + TREATMENT_STEP * len(self.given)

    @property
    def floor(self) -> float:
        return self.top + PLOT_HEIGHT

    @cached_property
    def y(self) -> LogScale:
        points = [point for course in self.courses for point in course.points]
        return LogScale(lowest_decade(v for p in points for v in (p.vaf, p.vaf_low, p.lod95)), self.floor, self.top)

    def x(self, day: date) -> float:
        inside = min(max(day, self.days[0]), self.days[-1])
        share = (inside - self.days[0]).days / (self.days[-1] - self.days[0]).days
        return round(LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * share, 1)

    def frame(self) -> Iterator[Stroke]:
        lines = "".join(f"M{LEFT} {y}H{WIDTH - RIGHT}" for y, _ in self.y.decades())
        yield Stroke("grid", lines)
        yield Stroke("axis", f"M{LEFT} {self.floor}H{WIDTH - RIGHT}")

    def ticks(self) -> Iterator[Label]:
        for y, power in self.y.decades():
            yield Label("tick end", LEFT - 6, y + 4, f"{100 * 10.0**power:g}%")
        is_crowded = any(self.x(b) - self.x(a) < DATE_WIDTH for a, b in pairwise(self.days))
        for index, day in enumerate(self.days):
            lower = 13.0 if is_crowded and index % 2 else 0.0
            yield Label("tick", self.x(day), self.floor + 16 + lower, day.isoformat())

    def treatments(self) -> Iterator[Stroke]:
        for index, therapy in enumerate(self.given):
            y = TOP + TREATMENT_STEP * index
            left = self.x(therapy.started) if therapy.started and therapy.started > self.days[0] else LEFT
            ends = therapy.stopped is not None and therapy.stopped < self.days[-1]
            right = self.x(therapy.stopped) if ends and therapy.stopped else WIDTH - RIGHT
            caps = (f"M{left} {y - 3}v6" if left > LEFT else "") + (f"M{right} {y - 3}v6" if ends else "")
            yield Stroke("treatment", f"M{left} {y}H{right}{caps}")

    def drugs(self, names: dict[str, str], say: Sentences) -> Iterator[Label]:
        for index, therapy in enumerate(self.given):
            name = names.get(therapy.drug_id, therapy.drug_id.replace("_", " "))
            text = name if therapy.stopped else say("serial.ongoing", drug=name)
            yield Label("drug", WIDTH - RIGHT + 8, TOP + TREATMENT_STEP * index + 4, _short(text))

    def marks(self) -> Iterator[Stroke]:
        for index, course in enumerate(self.courses):
            aside = ASIDE * (index - (len(self.courses) - 1) / 2)
            spots = [(round(self.x(point.collected) + aside, 1), point) for point in course.points]
            yield from self._lines(spots)
            for x, point in spots:
                yield from self._mark(x, point, course.shape)

    def _lines(self, spots: Sequence[tuple[float, SerialPoint]]) -> Iterator[Stroke]:
        """Yield a line between two dates: whole between fractions, broken to or from a limit."""
        for (left, before), (right, after) in pairwise(spots):
            ends = (self._height(before), self._height(after))
            if ends[0] is not None and ends[1] is not None:
                is_whole = _has_fraction(before) and _has_fraction(after)
                yield Stroke("course" if is_whole else "course broken", f"M{left} {ends[0]}L{right} {ends[1]}")

    def _height(self, point: SerialPoint) -> float | None:
        value = point.vaf if _has_fraction(point) else point.lod95
        return None if value is None else self.y(value)

    def _mark(self, x: float, point: SerialPoint, shape: str) -> Iterator[Stroke]:
        if _has_fraction(point) and point.vaf is not None:
            low, high = self.y(point.vaf_low or 0.0), self.y(point.vaf_high or point.vaf)
            yield Stroke("interval", f"M{x} {low}V{high}M{x - 3} {low}h6M{x - 3} {high}h6")
            kind = "point" if point.state is CallState.DETECTED else "point open"
            yield Stroke(kind, f"M{x} {self.y(point.vaf)}{shape}")
        elif point.lod95 is not None:
            limit = self.y(point.lod95)
            yield Stroke(f"bound {point.state.lower()}", f"M{x} {self.floor}V{limit}")
            yield Stroke("bound", f"M{x - 4} {limit}h8")

    def names(self) -> Iterator[Label]:
        """Yield the name of every allele at its last mark, moved apart where they would lie on each other."""
        wanted = [(self._height(course.points[-1]) or self.floor, course) for course in self.courses]
        y = self.top - LABEL_GAP
        for height, course in sorted(wanted, key=lambda pair: pair[0]):
            y = max(y + LABEL_GAP, height)
            yield Label("name", WIDTH - RIGHT + 8, round(y + 4, 1), _short(course.name))


def _has_fraction(point: SerialPoint) -> bool:
    return point.state in (CallState.DETECTED, CallState.INDETERMINATE) and point.vaf is not None


def _short(text: str) -> str:
    room = int((RIGHT - 8) / LETTER)
    return text if len(text) <= room else f"{text[: room - 1]}…"
