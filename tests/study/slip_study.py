"""Insertions and deletions: are the p-values of blanks calibrated, and does a listed indel have the stated limit?"""

from collections.abc import Mapping

import numpy as np

from csfgeno.errormodel.context import RUN_BINS, run_bin, run_lengths
from csfgeno.errormodel.model import LabModel
from csfgeno.records import Allele

from .draws import draw_blank, draw_normals, fit_normals, make_caller
from .measures import Detector, called_by_mistake, detector, false_probability, random_p
from .results import INDEL_INPUTS_NG, WITH_NORMALS, Plan, Results
from .slips import FORMS, Slips, add_slips, make_slips
from .truth import PRIOR, Knowledge, Truth
from .worlds import CONTIG, PANEL_BP, World, make_world

RUN_GROUPS = (0, 1, 2)
"""Homopolymer bins that p-values are taken of in turn; longer ones count with the last."""


def look_at_indels(results: Results, plan: Plan, mode: str, number: int, rng: np.random.Generator) -> None:
    """Keep what one laboratory makes of insertions and deletions in blanks, and of listed ones that are there."""
    world = make_world(plan.more_tiles, rng)
    slips = make_slips(world, plan.indel_sites, rng)
    normals = [add_slips(normal, slips, rng) for normal in draw_normals(world, mode, rng)]
    models: Mapping[str, LabModel | None] = {"": None, WITH_NORMALS: fit_normals(normals, world, mode)}
    listed = [allele for own in slips.listed.values() for allele in own]
    told = {
        "": dict.fromkeys(listed, PRIOR),
        WITH_NORMALS: {allele: slips.told(allele, normals, world.region.start) for allele in listed},
    }
    for input_ng in INDEL_INPUTS_NG:
        evidence = add_slips(draw_blank(world, mode, input_ng, rng), slips, rng)
        alleles = {form: _choose_alleles(world, slips, form, plan.indel_p_values, rng) for form in range(len(FORMS))}
        for arm, model in models.items():
            caller = make_caller(evidence, world, model)
            for form, own in alleles.items():
                values = [random_p(caller, allele, rng) for allele in own]
                results.indel_p_values[mode + arm, FORMS[form]][number] += values
            found = [
                allele for allele in called_by_mistake(caller, world.hotspots) if len(allele.ref) != len(allele.alt)
            ]
            results.indel_false[(mode + arm,)][number].append(len(found) * PANEL_BP / len(world.region))
            for name, wanted in slips.listed.items():
                for allele in wanted:
                    truth = slips.truth_of(allele, evidence, world.region.start)
                    test = detector(caller, allele)
                    _keep_listed(results, (mode + arm, name), number, test, truth, told[arm][allele], plan.repeats, rng)


def _choose_alleles(world: World, slips: Slips, form: int, number: int, rng: np.random.Generator) -> list[Allele]:
    """Return alleles that errors could write, each group of homopolymers as often."""
    bases = world.sequence.fetch(CONTIG, world.region.start, world.region.end + len(RUN_BINS))
    group = np.minimum(run_bin(run_lengths(bases)[1 : len(world.region) + 1]), RUN_GROUPS[-1])
    is_written = np.array([bool(here[form]) for here in slips.alleles])
    chosen = []
    for i in range(number):
        at = rng.choice(np.flatnonzero(is_written & (group == RUN_GROUPS[i % len(RUN_GROUPS)])))
        own = slips.alleles[at][form]
        chosen.append(own[rng.choice(len(own), p=[slip.share for slip in own])].allele)
    return chosen


def _keep_listed(
    results: Results,
    cell: tuple[str, str],
    number: int,
    test: Detector,
    truth: Truth,
    told: Knowledge,
    repeats: int,
    rng: np.random.Generator,
) -> None:
    results.indel_excess[cell][number].append(false_probability(test, truth, told) / test.rule.alpha)
    limit = test.limit()
    if limit is not None:
        hits = test.hits(truth.draw(limit, repeats, rng).alt)
        results.indel_hits[cell][number].append(float(hits.mean()))
        results.indel_limits[cell][number].append(limit)
