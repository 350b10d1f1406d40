"""Tables of fusions."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import binomtest, poisson

from csfgeno.simulation.fragments import LENGTHS, cell_free_weights
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState
from tests.study.fusion_bench import CHIMERAS, REARRANGEMENTS, RECIPE, depth_of
from tests.study.fusion_study import AT_LIMIT, BY_FRACTION, BY_MOLECULES, MOLECULES_DEPTH, Blank, Event
from tests.study.rows import recall
from tests.study.tables import exact_share, markdown_table, mean_with_error


def tables(rows: Path) -> Iterator[str]:
    """Yield the section of the page."""
    events, blanks = recall(rows / "fusions.jsonl", Event), recall(rows / "fusion_blanks.jsonl", Blank)
    yield from ("## Fusions", "")
    yield (
        f"{len(REARRANGEMENTS)} rearrangements a specimen in synthetic introns, 2 x 100 bases, fragments of CSF, "
        f"{CHIMERAS:.1%} chimeric molecules, `bwa mem`. Detected with exact 95% intervals. delly reads the same files "
        "with duplicates unmarked; in brackets the records that pass its filters."
    )
    yield from ("", "### By supporting molecules", "", f"{MOLECULES_DEPTH:.0f} molecules a base.", "")
    yield from _by_molecules([e for e in events if e.arm == BY_MOLECULES])
    yield from ("", "### By tumour fraction", "")
    yield (
        "Half of the tumour fraction is broken, molecules are cut as chance will have it. Sampling limit: the "
        "probability that as many molecules as a detection needs show at least 10 bases on either side of the junction."
    )
    yield from ("", *_by_fraction([e for e in events if e.arm == BY_FRACTION]))
    yield from ("", "Detected, by rearrangement and molecules of the recipe (both inputs):", "")
    yield from _by_event([e for e in events if e.arm == BY_FRACTION])
    yield from ("", "### At the stated limit", "", *_limit([e for e in events if e.arm == AT_LIMIT]))
    yield from ("", "### False events", "", *_false(blanks), "")


def _by_molecules(events: Sequence[Event]) -> Iterator[str]:
    head = ("molecules", "detected", "indeterminate", "delly", "bp off, median / max", "counted - planted")
    rows = []
    for level in sorted({e.level for e in events}):
        own = [e for e in events if e.level == level]
        seen = [float(e.molecules - level) for e in own if e.state]
        rows.append(
            (
                f"{level:.0f}",
                share(own),
                str(states(own).count("INDETERMINATE")),
                by_delly(own),
                off(own),
                mean_with_error(seen, 2),
            )
        )
    yield from markdown_table(head, rows)


def _by_fraction(events: Sequence[Event]) -> Iterator[str]:
    head = (
        "ng",
        "tumour fraction",
        "detected",
        "sampling limit",
        "indeterminate",
        "delly",
        "bp off, median / max",
        "name, frame right",
        "VAF - truth, mean ± SE (SD)",
    )
    rows = []
    for input_ng, level in sorted({(e.input_ng, e.level) for e in events}):
        own = [e for e in events if (e.input_ng, e.level) == (input_ng, level)]
        found = [e for e in own if e.state == CallState.DETECTED]
        framed = [e for e in found if "::" in e.label]
        errors = [e.vaf - level / 2 for e in own if e.vaf is not None and e.state]
        missed = [-level / 2 for e in own if not e.state]
        rows.append(
            (
                f"{input_ng:g}",
                f"{level:g}",
                share(own),
                f"{sampling_limit(own[0].least, level / 2, input_ng):.1%}",
                str(states(own).count("INDETERMINATE")),
                by_delly(own),
                off(own),
                f"{sum(e.is_named for e in found)}/{len(found)}, {sum(e.is_framed for e in framed)}/{len(framed)}",
                f"{mean_with_error([*errors, *missed], 4)} ({np.std([*errors, *missed]):.4f})",
            )
        )
    yield from markdown_table(head, rows)


def _by_event(events: Sequence[Event]) -> Iterator[str]:
    levels = sorted({e.level for e in events})
    rows = []
    for own in REARRANGEMENTS:
        mine = [[e for e in events if e.label == own.label and e.level == level] for level in levels]
        rows.append((own.label, *(f"{states(cell).count(CallState.DETECTED)}/{len(cell)}" for cell in mine)))
    yield from markdown_table(("rearrangement", *(f"{level:g}" for level in levels)), rows)


def _limit(events: Sequence[Event]) -> Iterator[str]:
    hits = states(events).count(CallState.DETECTED)
    limits = [e.level for e in events]
    if not events:
        return
    low, high = min(limits), max(limits)
    yield (
        f"Each blank states a limit for the fusions of its genes ({low:.2%} to {high:.2%} VAF, median "
        f"{np.median(limits):.2%}); the next specimen bears them at that VAF. Detected: {hits} of {len(events)}, "
        f"{exact_share(hits, len(events))}; the aim is 92-98%."
    )


def _false(blanks: Sequence[Blank]) -> Iterator[str]:
    own = [b for b in blanks if b.arm == "blank"]
    planted = [b for b in blanks if b.arm != "blank"]
    if own:
        bound = binomtest(sum(b.detected > 0 for b in own), len(own)).proportion_ci(0.9, method="exact").high
        yield (
            f"{len(own)} blanks ({own[0].input_ng:g} ng, {CHIMERAS:.1%} chimeric molecules): "
            f"{_counted(own)}. So at most {bound:.1%} of blanks show a false event (one-sided 95%; rule of three "
            f"{3 / len(own):.1%})."
        )
    yield (
        f"In the {len(planted)} specimens with planted rearrangements, beside them: {_counted(planted)} (delly was "
        f"asked in {sum(b.arm != AT_LIMIT for b in planted)})."
    )


def _counted(blanks: Sequence[Blank]) -> str:
    detected, doubtful, delly, passed = (
        sum(getattr(b, name) for b in blanks) for name in ("detected", "doubtful", "delly", "delly_passed")
    )
    return f"{detected} false events detected, {doubtful} indeterminate; delly {delly} ({passed} pass)"


def sampling_limit(least: int, vaf: float, input_ng: float) -> float:
    """Return the probability of at least `least` molecules that show enough on either side of the junction."""
    weights = cell_free_weights(RECIPE)
    anchor = Thresholds().fusion_anchor_bp
    shown = float(weights @ np.maximum(LENGTHS - 2 * anchor + 1, 0)) / float(weights @ LENGTHS)
    return float(poisson.sf(least - 1, depth_of(input_ng) * vaf * shown))


def states(events: Sequence[Event]) -> list[str]:
    return [e.state for e in events]


def share(events: Sequence[Event]) -> str:
    found = states(events).count(CallState.DETECTED)
    return f"{found}/{len(events)}, {exact_share(found, len(events))}"


def by_delly(events: Sequence[Event]) -> str:
    return f"{sum(e.by_delly for e in events)} ({sum(e.by_delly_passed for e in events)})"


def off(events: Sequence[Event]) -> str:
    errors = [e.error_bp for e in events if e.error_bp is not None]
    return f"{np.median(errors):.0f} / {max(errors)}" if errors else "-"
