"""The drawing of read evidence: the molecules behind a call, one line each, the mutant ones above the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from csfgeno.records import Allele, Finding, MoleculeStack, MoleculeView, SpecimenCall
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing, Label, Stroke
from csfgeno.report.view.parts import Row, finding_name, in_specimen
from csfgeno.vocab import MoleculeKind, Strand

WIDTH: Final = 440.0
LEFT: Final = 6.0
RIGHT: Final = 52.0
TOP: Final = 16.0
STEP: Final = 9.0
DENSE_STEP: Final = 5.0
DENSE_FROM: Final = 40
"""Molecules from which lines stand closer and lose the count of their reads."""
PART_GAP: Final = 18.0
HEAD: Final = 3.0
AXIS: Final = 24.0
TICK_STEP_BP: Final = 50


@dataclass(frozen=True, slots=True)
class Stack:
    """One call drawn molecule by molecule, with the counts behind it as a table."""

    drawing: Drawing
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def build_stack(call: SpecimenCall, finding: Finding, key: str, say: Sentences) -> Stack | None:
    """Return the drawing of a call, `None` if no molecules were kept."""
    molecules = call.molecules
    if molecules is None or not molecules.alt:
        return None
    specimen = in_specimen(call.specimen, say)
    sketch = _Sketch(molecules, finding.allele, say)
    drawing = Drawing(
        key=key,
        title=say("stack.title", name=finding_name(finding), specimen=specimen),
        description=say("stack.description", alt=_shown(molecules, True, say), other=_shown(molecules, False, say)),
        width=WIDTH,
        height=sketch.height,
        strokes=tuple(sketch.strokes()),
        labels=tuple(sketch.labels()),
    )
    return Stack(
        drawing=drawing,
        columns=(
            say("stack.column.kind"),
            say("stack.column.alt"),
            say("stack.column.other"),
            say("stack.column.reads"),
        ),
        rows=tuple(_rows(molecules, say)),
    )


def _shown(stack: MoleculeStack, is_alt: bool, say: Sentences) -> str:
    shown, total = (stack.alt, stack.alt_total) if is_alt else (stack.other, stack.other_total)
    key = "stack.all" if len(shown) == total else "stack.thinned"
    return say(key, shown=numerals.count(len(shown)), total=numerals.count(total))


def _rows(stack: MoleculeStack, say: Sentences) -> Iterator[Row]:
    for kind in MoleculeKind:
        for strand in Strand:
            alt, other = (
                [view for view in views if view.kind is kind and view.strand is strand]
                for views in (stack.alt, stack.other)
            )
            if alt or other:
                name = say("stack.kind", kind=say(f"kind.{kind}"), strand=say(f"strand.{strand}"))
                reads = numerals.quantity(median(view.reads_a + view.reads_b for view in [*alt, *other]))
                yield Row(name, (str(len(alt)), str(len(other)), reads))


@dataclass(frozen=True)
class _Sketch:
    stack: MoleculeStack
    allele: Allele
    say: Sentences

    @property
    def _all(self) -> tuple[MoleculeView, ...]:
        return self.stack.alt + self.stack.other

    @property
    def _step(self) -> float:
        return STEP if len(self._all) < DENSE_FROM else DENSE_STEP

    @property
    def _first(self) -> int:
        return min(view.left for view in self._all)

    @property
    def _last(self) -> int:
        return max(view.right for view in self._all)

    @property
    def _middle(self) -> float:
        """Height at which the molecules without the allele begin."""
        return TOP + PART_GAP + self._step * len(self.stack.alt) + PART_GAP

    @property
    def _floor(self) -> float:
        return self._middle + self._step * len(self.stack.other)

    @property
    def height(self) -> float:
        return self._floor + AXIS

    def _x(self, position: float) -> float:
        span = max(self._last - self._first, 1)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (position - self._first) / span, 1)

    def strokes(self) -> Iterator[Stroke]:
        yield Stroke("site", self._site())
        for views, top, is_alt in self._parts():
            yield from self._lines(views, top, is_alt)
            if is_alt:
                yield Stroke("allele", self._marks(views, top))
        yield Stroke("axis", f"M{LEFT} {self._floor + 4}H{WIDTH - RIGHT}")

    def labels(self) -> Iterator[Label]:
        site = f"{self.allele.contig}:{self.allele.start + 1}"
        yield Label("middle", min(max(self._x(self._centre), 40.0), WIDTH - RIGHT - 40), 10, site)
        for key, top, is_alt in (("alt", TOP, True), ("other", self._middle - PART_GAP, False)):
            yield Label("start part", LEFT, top + 11, self.say(f"stack.{key}", n=_shown(self.stack, is_alt, self.say)))
        if self._step == STEP:
            for views, top, _ in self._parts():
                for index, view in enumerate(views):
                    yield Label("reads", WIDTH - RIGHT + 6, round(top + self._step * index + 6.5, 1), _reads(view))
        yield from self._ticks()

    @property
    def _centre(self) -> float:
        return (self.allele.start + self.allele.end) / 2

    def _parts(self) -> tuple[tuple[Sequence[MoleculeView], float, bool], ...]:
        return (self.stack.alt, TOP + PART_GAP, True), (self.stack.other, self._middle, False)

    def _site(self) -> str:
        left, right = self._x(self.allele.start), self._x(self.allele.end)
        return f"M{left} {TOP}H{max(right, left + 1)}V{self._floor}H{left}z"

    def _lines(self, views: Sequence[MoleculeView], top: float, is_alt: bool) -> Iterator[Stroke]:
        """Yield one path a kind of molecule, another for stretches that were not read."""
        owner = "alt" if is_alt else "other"
        gaps = []
        for kind in MoleculeKind:
            path = []
            for index, view in enumerate(views):
                if view.kind is not kind:
                    continue
                y = round(top + self._step * (index + 0.5), 1)
                left, right = self._x(view.left), self._x(view.right)
                if view.gap_start is None or view.gap_end is None:
                    path.append(f"M{left} {y}H{right}")
                else:
                    start, end = self._x(view.gap_start), self._x(view.gap_end)
                    path.append(f"M{left} {y}H{start}M{end} {y}H{right}")
                    gaps.append(f"M{start} {y}H{end}")
                path.append(_arrow(view, left, right, y))
            if path:
                yield Stroke(f"molecule {kind} {owner}", "".join(path))
        if gaps:
            yield Stroke(f"gap {owner}", "".join(gaps))

    def _marks(self, views: Sequence[MoleculeView], top: float) -> str:
        x, half = self._x(self._centre), self._step * 0.42
        return "".join(
            f"M{x} {round(top + self._step * (i + 0.5) - half, 1)}v{round(2 * half, 1)}" for i in range(len(views))
        )

    def _ticks(self) -> Iterator[Label]:
        centre = self.allele.start
        for offset in range(-500, 501, TICK_STEP_BP):
            if self._first <= centre + offset <= self._last:
                text = "0" if offset == 0 else f"{offset:+d}".replace("-", "−")
                yield Label("middle", self._x(centre + offset), self._floor + 16, f"{text} bp" if offset == 0 else text)


def _arrow(view: MoleculeView, left: float, right: float, y: float) -> str:
    """Return the head that tells the strand: right for forward, left for reverse, both for a duplex."""
    heads = []
    if view.strand is not Strand.REVERSE:
        heads.append(f"M{round(right - HEAD, 1)} {round(y - HEAD * 0.7, 1)}L{right} {y}l-{HEAD} {round(HEAD * 0.7, 1)}")
    if view.strand is not Strand.FORWARD:
        heads.append(f"M{round(left + HEAD, 1)} {round(y - HEAD * 0.7, 1)}L{left} {y}l{HEAD} {round(HEAD * 0.7, 1)}")
    return "".join(heads)


def _reads(view: MoleculeView) -> str:
    return f"{view.reads_a}+{view.reads_b}" if view.strand is Strand.BOTH else str(view.reads_a + view.reads_b)
