"""A laboratory's model in the hands of one specimen: believed as far as the specimen's own background bears it out."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.stats import nbinom

from csfgeno.errormodel.background import Background, doubt_indels, fit_counts
from csfgeno.errormodel.classes import KIND_OF_CLASS, KINDS
from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, Floats, count_background, pool_kinds, tabulate
from csfgeno.errormodel.model import KIND_PRIOR_ERRORS, LabModel, adapt_kinds
from csfgeno.errormodel.posterior import equal_sites, pool_zones, spread_zones
from csfgeno.errormodel.shapes import fit_site_shapes
from csfgeno.errormodel.shrinkage import MAX_RATE, shrink_factor
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode

EXCESS_P: Final = 1e-3
"""A substitution whose errors have a smaller probability under the adapted rates is raised; 12 are tested in each zone
(kind, and whether near an end)."""

EXCESS_SHAPE: Final = 25.0
"""Gamma shape by which a substitution may vary between good specimens: a SD of 20%."""

BETWEEN_SD: Final = 1.0
"""SD of the log shape between specimens around the laboratory's, before the specimen was seen."""


def learn_background(
    evidence: SpecimenEvidence,
    exclude: Collection[Allele],
    thresholds: Thresholds,
    model: LabModel | None,
    mode: EvidenceMode,
) -> Background:
    """Return the background of a specimen: the laboratory's model adapted to it, or what it teaches alone.

    Parameters
    ----------
    exclude
        Alleles that must not teach the model: the hotspots, found or not.
    model
        `None` without one; one for another kind of reads than `mode` is left aside, and the description says so.
    """
    counts = count_background(evidence.tiles, evidence.sequence, exclude, thresholds)
    if model is None:
        return fit_counts(counts, thresholds)
    if model.identity.evidence_mode is not mode:
        alone = fit_counts(counts, thresholds)
        reason = f"the model of assay {model.identity.assay} is for {model.identity.evidence_mode}, not for {mode}"
        return replace(alone, description=f"{alone.description}; {reason}")
    return adapt_model(model, counts)


def adapt_model(model: LabModel, counts: BackgroundCounts) -> Background:
    """Return the background of a specimen whose laboratory has a model.

    METHOD: rates move both ways for a whole kind (a library is better or worse); a single substitution only up
    (oxidation, deamination), so that damage raises the limit of detection instead of passing for a variant.
    """
    table = tabulate(counts)
    factors = _on_sites(model, counts)
    expected = tabulate(counts, site_factors=factors).chances * model.base_rates
    kind, raised = _adapt_rates(model, table.errors, expected)
    rates = np.asarray(np.minimum(model.base_rates * kind[KIND_OF_CLASS][:, None] * spread_zones(raised), MAX_RATE))
    indels = _adapt_indels(model, counts, kind)
    shapes = fit_site_shapes(
        counts,
        counts.expected_by_site(rates) * factors,
        counts.expected_indels_by_site(indels),
        (float(np.log(model.between)), BETWEEN_SD),
        known=model.sites.left_shapes(),
    )
    return Background(
        base_rates=rates,
        base_doubt=_doubt(model, counts, expected),
        indel_rates=indels,
        indel_doubt=doubt_indels(counts, shapes.indel.mode),
        shapes=shapes,
        sites=model.sites,
        description=_describe(model, table, kind, raised),
    )


def _doubt(model: LabModel, counts: BackgroundCounts, expected: Floats) -> Floats:
    """Return the squared relative doubt of the rates, shape (kind, change).

    METHOD: a context is known from its errors in the normals and from its number of sites, which differ; the factor of
    a kind from the errors expected in the specimen and the weight of the laboratory's rates.
    """
    seen = pool_kinds(model.table.errors)
    sites = model.sites.site_shape * np.maximum(equal_sites(counts, model.base_rates), 1.0)
    kinds = pool_kinds(expected).sum(axis=1) + _weight(model)
    return np.asarray(1.0 / (seen + 1.0) + seen / (seen + 1.0) / sites + 1.0 / kinds[:, None])


def _on_sites(model: LabModel, counts: BackgroundCounts) -> Floats:
    """Return the site factors at the places of a specimen, shape (place, base)."""
    if counts.places != model.sites.places:
        raise ValueError("the specimen was counted on other places than the model")
    return model.sites.factors()


def _weight(model: LabModel) -> Floats:
    """Return the weight of the laboratory's rates in errors, shape (kind,): no more than it has seen, and one."""
    return np.asarray(np.minimum(pool_kinds(model.table.errors).sum(axis=1) + 1.0, KIND_PRIOR_ERRORS))


def _adapt_rates(model: LabModel, errors: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Return the factor of each kind and, beside it, of each raised substitution by zone; inputs (class, change).

    A substitution that is raised says nothing of its kind, so kinds are looked at again without it.
    """
    weight = _weight(model)
    kind = adapt_kinds(errors, expected, weight)
    raised = _excess(errors, expected, kind)
    usual = spread_zones((raised == 1.0).astype(float))
    kind = adapt_kinds(errors * usual, expected * usual, weight)
    return kind, _excess(errors, expected, kind)


def _excess(errors: Floats, expected: Floats, kind: Floats) -> Floats:
    """Return the factor, at least 1, of each substitution on its own strand, shape (zone, substitution)."""
    seen, mean = (pool_zones(part) for part in (errors, expected * kind[KIND_OF_CLASS][:, None]))
    tail = nbinom.sf(seen - 1, EXCESS_SHAPE, EXCESS_SHAPE / (EXCESS_SHAPE + mean))
    return np.asarray(np.where((tail < EXCESS_P) & (mean > 0), seen / np.maximum(mean, 1e-300), 1.0))


def _adapt_indels(model: LabModel, counts: BackgroundCounts, kind: Floats) -> Floats:
    """Return indel rates scaled by kind.

    METHOD: indels are too few in most specimens to speak for themselves, so the prior factor is that of the bases.
    """
    expected = (counts.indel_chances * model.indel_rates).sum(axis=1) * kind
    own = shrink_factor(counts.indel_errors.sum(axis=1), expected, KIND_PRIOR_ERRORS)
    return np.asarray(np.minimum(model.indel_rates * (kind * own)[:, None], MAX_RATE))


def _describe(model: LabModel, table: ChangeTable, kind: Floats, raised: Floats) -> str:
    present = pool_kinds(table.chances).sum(axis=1) > 0
    factors = ", ".join(f"{name} x{kind[i]:.2f}" for i, name in enumerate(KINDS) if present[i])
    number = len(model.identity.normals_sha256)
    normals = f"{number} normal{'s' if number != 1 else ''}"
    text = (
        f"laboratory model of assay {model.identity.assay} ({normals}), "
        f"adapted to this specimen by {factors or 'nothing'}"
    )
    worse = [
        f"{'ACGT'[s >> 2]}>{'ACGT'[s & 3]} of {KINDS[z // 2]} molecules{' near ends' * (z % 2)} x{raised[z, s]:.1f}"
        for z, s in zip(*np.nonzero(raised > 1.0), strict=True)
    ]
    return f"{text}; raised for damage: {', '.join(worse)}" if worse else text
