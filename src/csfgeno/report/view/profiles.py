"""The small plots of quality: fragment lengths, family sizes and depth by target, one drawing a specimen."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, FamilySizes, FragmentLengths, SpecimenQc, TargetDepth
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing, Label, Stroke
from csfgeno.report.view.parts import Row, specimen_word

WIDTH: Final = 250.0
HEIGHT: Final = 136.0
LEFT: Final = 38.0
RIGHT: Final = 12.0
TOP: Final = 14.0
FLOOR: Final = HEIGHT - 24.0
MIDDLE: Final = (TOP + FLOOR) / 2
BAR_SHARE: Final = 0.72
"""Share of its slot that a bar fills."""
TABLE_STEP_BP: Final = 50
TICK_STEP_BP: Final = 100
FAMILY_TICKS: Final = (1, 5, 10, 15, 20)

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Plot:
    """One specimen in one profile."""

    specimen: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of plot for all specimens, with the numbers behind it.

    `rows` are empty where the report has a table of the same numbers anyway.
    """

    title: str
    caption: str
    plots: tuple[Plot, ...]
    specimens: tuple[str, ...] = ()
    table_head: str = ""
    table_caption: str = ""
    rows: tuple[Row, ...] = ()


def build_profiles(report: CaseReport, records: Sequence[SpecimenQc], say: Sentences) -> tuple[Profile, ...]:
    """Return the profiles for which at least one specimen has numbers."""
    limits = {setting.name: float(setting.value) for setting in report.settings}
    profiles = (_lengths(records, limits, say), _families(records, say), _depths(records, limits, say))
    return tuple(profile for profile in profiles if profile.plots)


# ------------------------------------------------------------------------------------------ lengths


def _lengths(records: Sequence[SpecimenQc], limits: dict[str, float], say: Sentences) -> Profile:
    known = [(qc, f) for qc in records if (f := qc.fragment_lengths) and f.measured]
    return Profile(
        title=say("quality.lengths.title"),
        caption=say(
            "quality.lengths.key",
            step=known[0][1].bin_bp if known else 0,
            low=numerals.quantity(limits["mononucleosome_min_bp"]),
            high=numerals.quantity(limits["mononucleosome_max_bp"]),
            long=numerals.quantity(limits["long_fragment_bp"]),
        ),
        plots=tuple(_length_plot(qc, f, limits, say) for qc, f in known),
        specimens=tuple(specimen_word(qc.specimen, say) for qc, _ in known),
        table_head=say("quality.lengths.head"),
        table_caption=say("quality.lengths.caption"),
        rows=tuple(_length_rows([f for _, f in known])),
    )


def _length_plot(qc: SpecimenQc, lengths: FragmentLengths, limits: dict[str, float], say: Sentences) -> Plot:
    end_bp = lengths.first_bp + lengths.bin_bp * len(lengths.counts)
    across = _scale(lengths.first_bp, end_bp, LEFT, WIDTH - RIGHT)
    tallest = max(lengths.counts) / lengths.measured
    ticks = range(TICK_STEP_BP * math.ceil(lengths.first_bp / TICK_STEP_BP), end_bp + 1, TICK_STEP_BP)
    return _plot(
        "lengths",
        qc,
        say,
        description=say(
            "quality.lengths.description",
            n=numerals.count(lengths.measured),
            modal=numerals.quantity(lengths.modal_bp or 0),
            mono=numerals.percent(lengths.mononucleosomal_share or 0.0),
            long=numerals.percent(lengths.long_share or 0.0),
            limit=numerals.quantity(limits["long_fragment_bp"]),
        ),
        strokes=_length_strokes(lengths, limits, across, _scale(0.0, tallest or 1.0, FLOOR, TOP)),
        labels=(
            *(Label("middle", across(tick), HEIGHT - 8, f"{tick}") for tick in ticks),
            Label("end", LEFT - 4, TOP + 4, numerals.percent(tallest)),
            Label("end", LEFT - 4, FLOOR, "0"),
        ),
    )


def _length_strokes(lengths: FragmentLengths, limits: dict[str, float], across: Scale, up: Scale) -> tuple[Stroke, ...]:
    end_bp = lengths.first_bp + lengths.bin_bp * len(lengths.counts)
    low, high, long = (
        across(min(limits[name], end_bp))
        for name in ("mononucleosome_min_bp", "mononucleosome_max_bp", "long_fragment_bp")
    )
    centres = [across(lengths.first_bp + lengths.bin_bp * (i + 0.5)) for i in range(len(lengths.counts))]
    heights = [up(count / lengths.measured) for count in lengths.counts]
    outline = "".join(f"L{x} {y}" for x, y in zip(centres, heights, strict=True))
    return (
        Stroke("band", f"M{low} {TOP}H{high}V{FLOOR}H{low}Z"),
        Stroke("limit", f"M{long} {TOP}V{FLOOR}"),
        Stroke("area", f"M{centres[0]} {FLOOR}{outline}L{centres[-1]} {FLOOR}Z"),
        _axis(FLOOR),
    )


def _length_rows(known: list[FragmentLengths]) -> list[Row]:
    """Return one row for each 50 bp, and one for what lies outside on either side."""
    if not known:
        return []
    first, step = known[0], TABLE_STEP_BP // known[0].bin_bp
    end_bp = first.first_bp + first.bin_bp * len(first.counts)
    rows = [Row(f"< {first.first_bp} bp", tuple(numerals.count(f.shorter) for f in known))]
    for i in range(0, len(first.counts), step):
        start = first.first_bp + first.bin_bp * i
        label = f"{start}{numerals.DASH}{min(start + TABLE_STEP_BP, end_bp) - 1} bp"
        rows.append(Row(label, tuple(numerals.count(sum(f.counts[i : i + step])) for f in known)))
    return [*rows, Row(f"≥ {end_bp} bp", tuple(numerals.count(f.longer) for f in known))]


# ----------------------------------------------------------------------------------------- families


def _families(records: Sequence[SpecimenQc], say: Sentences) -> Profile:
    known = [(qc, f) for qc in records if (f := qc.family_sizes) and f.families]
    return Profile(
        title=say("quality.families.title"),
        caption=say("quality.families.key"),
        plots=tuple(_family_plot(qc, f, say) for qc, f in known),
        specimens=tuple(specimen_word(qc.specimen, say) for qc, _ in known),
        table_head=say("quality.families.head"),
        table_caption=say("quality.families.caption"),
        rows=tuple(_family_rows([f for _, f in known])),
    )


def _family_plot(qc: SpecimenQc, sizes: FamilySizes, say: Sentences) -> Plot:
    tallest = max(*sizes.strand_a, *sizes.strand_b) / sizes.families
    across = _scale(0.5, len(sizes.strand_a) + 0.5, LEFT, WIDTH - RIGHT)
    single = (sizes.strand_a[0] + sizes.strand_b[0]) / sizes.families
    return _plot(
        "families",
        qc,
        say,
        description=say(
            "quality.families.description", n=numerals.count(sizes.families), single=numerals.percent(single)
        ),
        strokes=(
            Stroke("bar", _family_bars(sizes.strand_a, sizes.families, across, _scale(0.0, tallest, MIDDLE, TOP))),
            Stroke(
                "bar second", _family_bars(sizes.strand_b, sizes.families, across, _scale(0.0, tallest, MIDDLE, FLOOR))
            ),
            _axis(MIDDLE),
        ),
        labels=(
            *(Label("middle", across(size), HEIGHT - 8, f"{size}") for size in FAMILY_TICKS),
            Label("end", LEFT - 4, TOP + 4, numerals.percent(tallest)),
            Label("end", LEFT - 4, MIDDLE + 4, "0"),
            Label("end", LEFT - 4, FLOOR, numerals.percent(tallest)),
            Label("end", WIDTH - RIGHT, TOP + 6, "A"),
            Label("end", WIDTH - RIGHT, FLOOR, "B"),
        ),
    )


def _family_bars(counts: tuple[int, ...], families: int, across: Scale, away: Scale) -> str:
    tips = [(across(i + 1), away(count / families)) for i, count in enumerate(counts)]
    return _bars(tips, MIDDLE, BAR_SHARE * (across(2) - across(1)))


def _family_rows(known: list[FamilySizes]) -> list[Row]:
    """Return one row a size: families of strand A and of strand B."""
    sizes = len(known[0].strand_a) if known else 0
    labels = [*(f"{size}" for size in range(1, sizes)), f"≥ {sizes}"] if sizes else []
    return [
        Row(label, tuple(f"{numerals.count(f.strand_a[i])} / {numerals.count(f.strand_b[i])}" for f in known))
        for i, label in enumerate(labels)
    ]


# -------------------------------------------------------------------------------------------- depth


def _depths(records: Sequence[SpecimenQc], limits: dict[str, float], say: Sentences) -> Profile:
    share = numerals.percent(limits["evenness_depth_share"])
    return Profile(
        title=say("quality.targets"),
        caption=say("quality.depths.key", share=share),
        plots=tuple(_depth_plot(qc, limits["evenness_depth_share"], say) for qc in records if qc.targets),
    )


def _depth_plot(qc: SpecimenQc, share: float, say: Sentences) -> Plot:
    targets = sorted(qc.targets, key=lambda target: (-target.median_depth, target.name))
    most, least = targets[0], targets[-1]
    highest = max(most.median_depth, 1.0)
    up = _scale(0.0, highest, FLOOR, TOP)
    line = up(share * qc.depth.mean_depth) if qc.depth else FLOOR
    return _plot(
        "depths",
        qc,
        say,
        description=say(
            "quality.depths.description",
            most=most.name,
            most_depth=numerals.quantity(most.median_depth),
            least=least.name,
            least_depth=numerals.quantity(least.median_depth),
        ),
        strokes=(*_depth_strokes(targets, up), Stroke("limit", f"M{LEFT} {line}H{WIDTH - RIGHT}"), _axis(FLOOR)),
        labels=(
            Label("end", LEFT - 4, TOP + 4, numerals.quantity(highest)),
            Label("end", LEFT - 4, FLOOR, "0"),
            Label("start", LEFT, HEIGHT - 8, most.name),
            *([Label("end", WIDTH - RIGHT, HEIGHT - 8, least.name)] if least is not most else []),
        ),
    )


def _depth_strokes(targets: list[TargetDepth], up: Scale) -> tuple[Stroke, Stroke]:
    across = _scale(0.5, len(targets) + 0.5, LEFT, WIDTH - RIGHT)
    width = BAR_SHARE * (across(2) - across(1))
    medians = [(across(i + 1), up(target.median_depth)) for i, target in enumerate(targets)]
    minima = [(across(i + 1), up(target.min_depth)) for i, target in enumerate(targets)]
    ticks = "".join(f"M{round(x - width / 2, 1)} {y}h{round(width, 1)}" for x, y in minima)
    return Stroke("bar second", _bars(medians, FLOOR, width)), Stroke("least", ticks)


# ------------------------------------------------------------------------------------------ drawing


def _plot(
    profile: str,
    qc: SpecimenQc,
    say: Sentences,
    *,
    description: str,
    strokes: tuple[Stroke, ...],
    labels: tuple[Label, ...],
) -> Plot:
    specimen = specimen_word(qc.specimen, say)
    title = say(f"quality.{profile}.plot", specimen=specimen)
    return Plot(specimen, Drawing(f"{profile}-{qc.specimen}", title, description, WIDTH, HEIGHT, strokes, labels))


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    """Return the linear map of `[low, high]` to `[start, end]`, rounded to a tenth of a unit."""
    return lambda value: round(start + (end - start) * (value - low) / (high - low), 1)


def _axis(y: float) -> Stroke:
    return Stroke("axis", f"M{LEFT} {y}H{WIDTH - RIGHT}")


def _bars(tips: Sequence[tuple[float, float]], base: float, width: float) -> str:
    return "".join(f"M{round(x - width / 2, 1)} {base}V{y}h{round(width, 1)}V{base}Z" for x, y in tips)
