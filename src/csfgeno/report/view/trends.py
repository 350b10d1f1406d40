"""The drawing of serial samples: fractions of alleles and junctions by date on one logarithmic scale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from csfgeno.records import Serial, SerialFusion, SerialPoint
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing, Label, LogScale, Stroke, lowest_decade
from csfgeno.report.view.parts import in_specimen
from csfgeno.report.view.timeline import LEFT, MAX_COURSES, SHAPES, WIDTH, Timeline, given_between
from csfgeno.vocab import CallState, SpecimenKind

TUMOUR_SHAPE: Final = "m-4.5 0h9m-4.5 -4.5v9"
"""A cross marks the share of tumour DNA."""


def build_trend(serial: Serial, kind: SpecimenKind, names: dict[str, str], say: Sentences) -> Drawing | None:
    """Return the drawing of one kind of specimen, `None` if nothing is counted; `names` are of the drugs by id."""
    followed = list(_followed(serial, kind))
    if not followed:
        return None
    shown, rest = followed[:MAX_COURSES], len(followed) - MAX_COURSES
    days = [point.collected for point in shown[0].points]
    canvas = _Canvas(Timeline(days, given_between(serial.therapies, days)), [*shown, *_share(serial, kind, say)])
    more = say("serial.plot_rest", n=rest) if rest > 0 else ""
    named = ", ".join(course.name for course in shown)
    return Drawing(
        key=f"serial-{kind}",
        title=say("serial.plot", specimen=in_specimen(kind, say)),
        description=f"{say('serial.plot_description', names=named)} {more}".strip(),
        width=WIDTH,
        height=canvas.time.height,
        strokes=(*canvas.frame(), *canvas.time.treatments(), *canvas.marks()),
        labels=(*canvas.ticks(), *canvas.time.drugs(names, say), *canvas.names()),
    )


def fusion_label(trace: SerialFusion, serial: Serial) -> str:
    """Return the genes of a junction, with a number where several junctions join them in that kind of specimen."""
    alike = [own for own in serial.fusions if (own.specimen, own.name) == (trace.specimen, trace.name)]
    return f"{trace.name} {alike.index(trace) + 1}" if len(alike) > 1 else trace.name


@dataclass(frozen=True, slots=True)
class _Course:
    """One line of the drawing: an allele, a junction, or the share of tumour DNA."""

    name: str
    points: Sequence[SerialPoint]
    shape: str


def _followed(serial: Serial, kind: SpecimenKind) -> Iterator[_Course]:
    """Yield fusions, then alleles; those beyond the last shape are in the tables only."""
    fusions = [(fusion_label(own, serial), own.points) for own in serial.fusions if own.specimen is kind]
    alleles = [(own.name, own.points) for own in serial.traces if own.specimen is kind]
    for index, (name, points) in enumerate([*fusions, *alleles]):
        yield _Course(name, points, SHAPES[index % len(SHAPES)])


def _share(serial: Serial, kind: SpecimenKind, say: Sentences) -> Iterator[_Course]:
    """Yield the share of tumour DNA, if any sample has one."""
    shares = [
        SerialPoint(
            s.case_id, s.collected, CallState.DETECTED,
            vaf=s.tumour_fraction, vaf_low=s.tumour_low, vaf_high=s.tumour_high,
        )
        for s in serial.samples
        if s.specimen is kind and s.tumour_fraction is not None
    ]  # fmt: skip
    if shares:
        yield _Course(say("tumour_fraction.share"), shares, TUMOUR_SHAPE)


@dataclass(frozen=True)
class _Canvas:
    time: Timeline
    courses: Sequence[_Course]

    @cached_property
    def y(self) -> LogScale:
        points = [point for course in self.courses for point in course.points]
        lowest = lowest_decade(v for p in points for v in (p.vaf, p.vaf_low, p.lod95))
        return LogScale(lowest, self.time.floor, self.time.top)

    def frame(self) -> Iterator[Stroke]:
        return self.time.grid(y for y, _ in self.y.decades())

    def ticks(self) -> Iterator[Label]:
        for y, power in self.y.decades():
            yield Label("tick end", LEFT - 6, y + 4, f"{100 * 10.0**power:g}%")
        yield from self.time.dates()

    def marks(self) -> Iterator[Stroke]:
        for index, course in enumerate(self.courses):
            places = (self.time.beside(point.collected, index, len(self.courses)) for point in course.points)
            spots = list(zip(places, course.points, strict=True))
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
            yield Stroke(f"bound {point.state.lower()}", f"M{x} {self.time.floor}V{limit}")
            yield Stroke("bound", f"M{x - 4} {limit}h8")

    def names(self) -> Iterator[Label]:
        ends = ((self._height(course.points[-1]) or self.time.floor, course.name) for course in self.courses)
        return self.time.names(ends)


def _has_fraction(point: SerialPoint) -> bool:
    return point.state in (CallState.DETECTED, CallState.INDETERMINATE) and point.vaf is not None
