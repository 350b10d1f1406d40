"""How often swaps and contaminants are found, and how often none is there. `make study` prints it."""

from collections import Counter
from itertools import combinations

import numpy as np

from csfgeno.identity.contamination import find_contamination
from csfgeno.identity.match import match_specimens
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import ContaminationState, IdentityResult
from tests.identity.simulated import CSF, NORMAL, PLASMA, draw_frequencies, draw_person, draw_sites, draw_tumour

KINDS = tuple(SpecimenKind)


def swaps(sets: int, sites: int, seed: int = 21) -> dict[str, Counter[str]]:
    """Return results of pairs of one person, and of pairs of which one specimen was swapped with another patient's.

    CSF has 90% tumour and lost an allele at half of the heterozygous sites. Every specimen in turn is swapped.
    """
    random = np.random.default_rng(seed)
    found = {"same": Counter[str](), "swapped": Counter[str](), "cases": Counter[str]()}
    for _ in range(sets):
        frequencies = draw_frequencies(sites, random)
        patient, other = draw_person(frequencies, random), draw_person(frequencies, random)
        own, foreign = draw_tumour(sites, random), draw_tumour(sites, random)
        for wrong in (None, *KINDS):
            people = {kind: other if kind is wrong else patient for kind in KINDS}
            tumours = {kind: foreign if kind is wrong else own for kind in KINDS}
            counted = draw_sites(people, tumours, random)
            results = []
            for one, second in combinations(KINDS, 2):
                result = match_specimens(one, second, counted, DEFAULTS).result
                results.append(result)
                found["swapped" if wrong in (one, second) else "same"][result.value] += 1
            is_stopped = IdentityResult.MISMATCH in results
            found["cases"][f"{'swap' if wrong else 'no swap'} {'stopped' if is_stopped else 'passed'}"] += 1
    return found


def contamination_rows(
    sets: int, sites: int, depth: int = 1000, seed: int = 22
) -> list[tuple[float, str, float, float, float]]:
    """Return true share, specimen, share of sets in which it is found, median estimate, coverage of the interval."""
    random = np.random.default_rng(seed)
    rows = []
    for kind in (PLASMA, CSF):
        for share in (0.0, 0.001, 0.0025, 0.005, 0.01, 0.05):
            found, estimates, covered = 0, [], 0
            for _ in range(sets):
                frequencies = draw_frequencies(sites, random)
                patient, guest = draw_person(frequencies, random), draw_person(frequencies, random)
                tumour = draw_tumour(sites, random)
                counted = draw_sites(
                    {kind: patient, NORMAL: patient},
                    {kind: tumour, NORMAL: tumour},
                    random,
                    guest=guest,
                    share={kind: share},
                    depths={kind: depth, NORMAL: 400},
                )
                own = find_contamination(kind, counted, DEFAULTS)
                if own.state is ContaminationState.CONTAMINATED:
                    found += 1
                    estimates.append(own.fraction or 0.0)
                    covered += (own.low or 0.0) <= share <= (own.high or 0.0)
            median = float(np.median(estimates)) if estimates else 0.0
            rows.append((share, kind.value, found / sets, median, covered / max(found, 1)))
    return rows


def main(sets: int = 1000) -> None:
    """Print all tables."""
    for sites in (3, 7, 12, 20, 40):
        found = swaps(sets // 4, sites)
        print(f"{sites} independent SNPs:", {name: dict(counter) for name, counter in found.items()})
    for sites in (7, 12, 20, 40):
        print(f"Contamination, {sites} SNPs: share, specimen, found, median estimate, coverage")
        for row in contamination_rows(max(sets // 10, 20), sites):
            print(" | ".join(f"{cell:.4f}" if isinstance(cell, float) else cell for cell in row))


if __name__ == "__main__":
    main()
