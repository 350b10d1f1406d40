"""The frame that all drawings by date share: days from left to right, treatments above, names at the right."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from csfgeno.records import PriorTherapy
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Label, Stroke

WIDTH: Final = 580.0
LEFT: Final = 44.0
RIGHT: Final = 160.0
TOP: Final = 16.0
TREATMENT_STEP: Final = 17.0
PLOT_HEIGHT: Final = 170.0
DATES: Final = 36.0
ASIDE: Final = 6.0
"""How far the marks of two lines at one date stand apart."""
LABEL_GAP: Final = 13.0
DATE_WIDTH: Final = 66.0
LETTER: Final = 7.2
MAX_COURSES: Final = 5
SHAPES: Final = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "m-3.6 -3.6h7.2v7.2h-7.2z",
    "m0 -5l5 5l-5 5l-5 -5z",
    "m0 -4.6l4.6 8h-9.2z",
    "m0 4.6l4.6 -8h-9.2z",
)
"""One shape a line: circle, square, diamond, and triangles on their base and on their tip."""


def given_between(therapies: Sequence[PriorTherapy], days: Sequence[date]) -> list[PriorTherapy]:
    """Return the treatments whose days are known and that meet the days of the samples."""
    return [
        t
        for t in therapies
        if (t.started or t.stopped) and (t.started or days[0]) <= days[-1] and (t.stopped or days[-1]) >= days[0]
    ]


@dataclass(frozen=True)
class Timeline:
    """Days of the samples, and the treatments given between them."""

    days: Sequence[date]
    given: Sequence[PriorTherapy]

    @property
    def top(self) -> float:
        """Upper edge of the plot, below the treatments."""
        return TOP + TREATMENT_STEP * len(self.given)

    @property
    def floor(self) -> float:
        """Lower edge of the plot."""
        return self.top + PLOT_HEIGHT

    @property
    def height(self) -> float:
        """Height of the drawing, dates included."""
        return self.floor + DATES

    def x(self, day: date) -> float:
        """Return the place of a day; one outside the days of the samples sits at their edge."""
        inside = min(max(day, self.days[0]), self.days[-1])
        share = (inside - self.days[0]).days / (self.days[-1] - self.days[0]).days
        return round(LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * share, 1)

    def beside(self, day: date, index: int, courses: int) -> float:
        """Return the place of one of several marks of a day."""
        return round(self.x(day) + ASIDE * (index - (courses - 1) / 2), 1)

    def grid(self, heights: Iterable[float]) -> Iterator[Stroke]:
        """Yield the gridlines at those heights, and the axis of days."""
        yield Stroke("grid", "".join(f"M{LEFT} {y}H{WIDTH - RIGHT}" for y in heights))
        yield Stroke("axis", f"M{LEFT} {self.floor}H{WIDTH - RIGHT}")

    def dates(self) -> Iterator[Label]:
        """Yield the days, every other one lower where they are crowded."""
        is_crowded = any(self.x(b) - self.x(a) < DATE_WIDTH for a, b in pairwise(self.days))
        for index, day in enumerate(self.days):
            lower = 13.0 if is_crowded and index % 2 else 0.0
            yield Label("tick", self.x(day), self.floor + 16 + lower, day.isoformat())

    def treatments(self) -> Iterator[Stroke]:
        """Yield a line a treatment, closed where it began or ended between the samples."""
        for index, therapy in enumerate(self.given):
            y = TOP + TREATMENT_STEP * index
            left = self.x(therapy.started) if therapy.started and therapy.started > self.days[0] else LEFT
            ends = therapy.stopped is not None and therapy.stopped < self.days[-1]
            right = self.x(therapy.stopped) if ends and therapy.stopped else WIDTH - RIGHT
            caps = (f"M{left} {y - 3}v6" if left > LEFT else "") + (f"M{right} {y - 3}v6" if ends else "")
            yield Stroke("treatment", f"M{left} {y}H{right}{caps}")

    def drugs(self, names: dict[str, str], say: Sentences) -> Iterator[Label]:
        """Yield the names of the treatments; `names` are those of the drugs by id."""
        for index, therapy in enumerate(self.given):
            name = names.get(therapy.drug_id, therapy.drug_id.replace("_", " "))
            text = name if therapy.stopped else say("serial.ongoing", drug=name)
            yield Label("drug", WIDTH - RIGHT + 8, TOP + TREATMENT_STEP * index + 4, _short(text))

    def names(self, wanted: Iterable[tuple[float, str]]) -> Iterator[Label]:
        """Yield the name of every line at the height of its last mark, moved apart where they would meet."""
        y = self.top - LABEL_GAP
        for height, name in sorted(wanted, key=lambda pair: pair[0]):
            y = max(y + LABEL_GAP, height)
            yield Label("name", WIDTH - RIGHT + 8, round(y + 4, 1), _short(name))


def _short(text: str) -> str:
    room = int((RIGHT - 8) / LETTER)
    return text if len(text) <= room else f"{text[: room - 1]}…"
