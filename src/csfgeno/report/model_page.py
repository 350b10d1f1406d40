"""A laboratory's error model for the eye: tables of rates and noisy sites, and one page with bars."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.errormodel.choice import CANDIDATES
from csfgeno.errormodel.classes import CLASSES, KIND_OF_CLASS, KINDS
from csfgeno.errormodel.counts import Floats
from csfgeno.errormodel.model import LabModel
from csfgeno.errormodel.shrinkage import pool_substitutions
from csfgeno.report.jinja import environment, style_sheet

NOISIEST: Final = 25
"""Sites that are listed."""

BAR_PX: Final = 240
LOWEST_RATE: Final = 1e-8
"""Length of the longest bar, and the rate at which a bar has none; bars are logarithmic."""

_SUBSTITUTIONS: Final = [(ref, alt) for ref in "ACGT" for alt in "ACGT" if ref != alt]


@dataclass(frozen=True, slots=True)
class ModelTable:
    """A table of text; `bars` are widths in px drawn beside the rows, one a row, or none."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelView:
    """What is shown of a model; `bar_title` heads the column of bars, `bar_label` reads one aloud."""

    title: str
    bar_title: str
    bar_label: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[ModelTable, ...]


def build_view(model: LabModel) -> ModelView:
    """Return the facts and tables of a model."""
    return ModelView(
        title=f"Error model {model.identity.assay}",
        bar_title="1e-8 to 1e-2, log scale",
        bar_label="bar of the rate",
        facts=tuple(_facts(model)),
        tables=(_by_class(model), _by_substitution(model), _candidates(model), _sites(model)),
    )


def render_model(view: ModelView) -> bytes:
    """Return one self-contained HTML page; everything is escaped."""
    template = environment().get_template("model.html.j2")
    return template.render(view=view, bar_px=BAR_PX, style=style_sheet()).encode()


def _facts(model: LabModel) -> Iterator[tuple[str, str]]:
    own = model.identity
    yield "assay", own.assay
    yield "build and panel", f"{own.build}, {own.panel}"
    yield "reads", str(own.evidence_mode)
    yield "normals", str(len(own.normals_sha256))
    yield "wrong bases in chances", f"{model.table.errors.sum():,.0f} in {model.table.chances.sum():,.0f}"
    yield "rates smoothed by", model.choice.name
    yield "gamma shape of sites", f"{model.sites.site_shape:.2g}"
    yield "gamma shape between specimens", f"{model.between:.2g}"


def _by_class(model: LabModel) -> ModelTable:
    rates = _mean(model.base_rates * model.table.chances, model.table.chances)
    seen = [i for i in range(len(CLASSES)) if model.table.chances[i].sum() > 0]
    rows = tuple(
        (
            str(CLASSES[i][0]),
            "large" if CLASSES[i][1] else "small",
            "end" if CLASSES[i][2] else "inner",
            f"{rates[i]:.2e}",
            f"{model.table.errors[i].sum():,.0f}",
        )
        for i in seen
    )
    columns = ("kind", "family", "position", "errors per base and wrong base", "wrong bases")
    return ModelTable("Rates by kind, family size and distance to the end", columns, rows, _bars(rates[seen]))


def _by_substitution(model: LabModel) -> ModelTable:
    """Return rates on the molecule's own strand, by substitution and kind."""
    kinds = [k for k in range(len(KINDS)) if model.table.chances[KIND_OF_CLASS == k].sum() > 0]
    expected, chances = (
        np.stack([pool_substitutions(part[KIND_OF_CLASS == k].sum(axis=0)) for k in kinds])
        for part in (model.base_rates * model.table.chances, model.table.chances)
    )
    rates = np.divide(expected, chances, out=np.zeros_like(expected), where=chances > 0)
    index = [4 * "ACGT".index(ref) + "ACGT".index(alt) for ref, alt in _SUBSTITUTIONS]
    rows = tuple(
        (f"{ref}>{alt}", *(f"{rates[k, i]:.2e}" for k in range(len(kinds))))
        for (ref, alt), i in zip(_SUBSTITUTIONS, index, strict=True)
    )
    columns = ("on its own strand", *(str(KINDS[k]) for k in kinds))
    return ModelTable("Rates by substitution", columns, rows, _bars(rates.max(axis=0)[index]))


def _candidates(model: LabModel) -> ModelTable:
    errors = max(model.choice.held_out_errors, 1)
    gains = [(name, model.choice.gains[name]) for name in CANDIDATES]
    rows = tuple((name, f"{gain:+,.1f}", f"{gain / errors:+.4f}") for name, gain in gains)
    title = "Held-out log-likelihood of each way to smooth, over the first"
    return ModelTable(title, ("candidate", "nats", "nats an error"), rows)


def _sites(model: LabModel) -> ModelTable:
    """Return the sites whose factor is largest, where the normals show at least two errors."""
    sites = model.sites
    factors = np.where(sites.errors >= 2, sites.factors(), 0.0)
    order = np.argsort(-factors, axis=None, kind="stable")[:NOISIEST]
    chosen = [divmod(int(i), 4) for i in order if factors.flat[int(i)] > 1.0]
    rows = []
    for place, base in chosen:
        contig, pos = sites.places.position(place)
        counts = f"{sites.errors[place, base]}", f"{sites.expected[place, base]:.2f}"
        rows.append((f"{contig}:{pos + 1}", f">{'ACGT'[base]}", f"{factors[place, base]:.1f}", *counts))
    columns = ("position", "shown", "factor", "wrong bases", "expected")
    return ModelTable("Noisiest sites", columns, tuple(rows))


def _mean(total: Floats, weight: Floats) -> Floats:
    whole = weight.sum(axis=1)
    return np.asarray(np.divide(total.sum(axis=1), whole, out=np.zeros_like(whole), where=whole > 0))


def _bars(rates: Floats) -> tuple[int, ...]:
    """Return bar lengths in px on a log scale that ends at 1e-2."""
    share = np.log10(np.maximum(rates, LOWEST_RATE) / LOWEST_RATE) / np.log10(1e-2 / LOWEST_RATE)
    return tuple(int(x) for x in np.rint(BAR_PX * np.minimum(share, 1.0)))
