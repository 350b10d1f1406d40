"""Persons drawn at SNPs, and what specimens of them count, with tumour, lost copies and another person's DNA."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from csfgeno.identity.sites import Site, SiteCounts
from csfgeno.records import Allele
from csfgeno.vocab import SpecimenKind

CSF, PLASMA, TISSUE, NORMAL = SpecimenKind
ERROR = 1e-4
DEPTHS = {CSF: 600, PLASMA: 1500, TISSUE: 300, NORMAL: 400}


@dataclass(frozen=True)
class Tumour:
    """Share of tumour DNA in each specimen, and copies of ALT and REF in the tumour at heterozygous sites."""

    fractions: Mapping[SpecimenKind, float]
    copies: Sequence[tuple[int, int]]


def draw_frequencies(sites: int, random: np.random.Generator) -> np.ndarray:
    return random.uniform(0.1, 0.9, sites)


def draw_person(frequencies: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return copies of ALT at every site."""
    return random.binomial(2, frequencies)


def draw_tumour(sites: int, random: np.random.Generator, csf: float = 0.9) -> Tumour:
    """Return a tumour that has lost one allele at half of its sites."""
    states = [(1, 1), (1, 0), (0, 1), (2, 0), (0, 2), (2, 1)]
    chosen = random.choice(len(states), sites, p=(0.4, 0.15, 0.15, 0.1, 0.1, 0.1))
    return Tumour({CSF: csf, PLASMA: 0.05, TISSUE: 0.5, NORMAL: 0.0}, [states[i] for i in chosen])


def draw_errors(sites: int, random: np.random.Generator) -> np.ndarray:
    """Return true error rates of sites."""
    return ERROR * random.gamma(4.0, 0.25, sites)


def draw_sites(
    people: Mapping[SpecimenKind, np.ndarray],
    tumours: Mapping[SpecimenKind, Tumour],
    random: np.random.Generator,
    *,
    guest: np.ndarray | None = None,
    share: Mapping[SpecimenKind, float] | None = None,
    depths: Mapping[SpecimenKind, int] = DEPTHS,
    errors: Mapping[SpecimenKind, np.ndarray] | None = None,
) -> list[Site]:
    """Return the counts of specimens, of which each is of the person given, mixed with `share` of the guest.

    True error rates of sites are drawn about the stated one, unless given.
    """
    drawn = []
    for i in range(len(next(iter(people.values())))):
        counts = {}
        for kind, person in people.items():
            p = _fraction(int(person[i]), tumours[kind], kind, i, random)
            if guest is not None and share:
                p = (1 - share.get(kind, 0.0)) * p + share.get(kind, 0.0) * float(guest[i]) / 2
            error = float(errors[kind][i]) if errors else float(draw_errors(1, random)[0])
            p = p * (1 - error) + (1 - p) * error
            counts[kind] = SiteCounts(int(random.binomial(depths[kind], p)), depths[kind], ERROR)
        drawn.append(Site(Allele("chr1", 100_000 * (i + 1), "C", "T"), counts))
    return drawn


def _fraction(copies: int, tumour: Tumour, kind: SpecimenKind, i: int, random: np.random.Generator) -> float:
    if copies != 1:
        return copies / 2
    t, (alt, ref) = tumour.fractions[kind], tumour.copies[i]
    expected = (t * alt + 1 - t) / (t * (alt + ref) + 2 * (1 - t))
    capture = float(random.normal(0.0, 0.02))
    return min(max(expected * (1 + capture), 0.0), 1.0)
