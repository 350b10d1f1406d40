"""Insertions and deletions that molecules show by error, by form, repeat, kind of molecule and site."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from csfgeno.errormodel.context import INDEL_FORMS, run_bin, run_lengths
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.collapse import Molecules, MoleculeTile
from csfgeno.molecules.strata import STRATA
from csfgeno.molecules.voting.indels import IndelCall, IndelCalls
from csfgeno.records import Allele

from .draws import Specimen, make_molecules
from .truth import Knowledge, Truth, from_blanks
from .worlds import BETWEEN_SHAPE, CONTIG, KIND_RATES, LASTING_SHAPE, Rates, World

FORMS: Final = ("insertion of 1 bp", "insertion of more", "deletion of 1 bp", "deletion of more")
"""Axis `indel form` of the error model."""

INDEL_SHARE: Final = 0.02
"""Deletions of one base outside repeats, per wrong base of the same kind of molecule."""

FORM_RATES: Final = (0.4, 0.15, 1.0, 0.35)
RUN_RATES: Final = (1.0, 1.6, 5.0, 20.0, 60.0, 150.0)
"""True rates by form and by homopolymer bin, relative; both differ from what the error model assumes beforehand."""

LENGTHS_BP: Final = {2: 4.0, 3: 2.0, 4: 1.0, 5: 1.0}
"""Relative frequency of longer errors by length; an insertion repeats the bases that follow."""

SAME_BASE: Final = 8.0
"""How much more often an insertion of one base lengthens the run behind it than it brings another base."""

LISTED_DELETION_BP, LISTED_RUN = 15, 4
LISTED: Final = ("deletion of 15 bp", "deletion of 1 bp in a run of 4", "insertion of 1 bp in a run of 4")
EDGE_BP, READ_BP = 60, 150
"""Ends of the panel without indels, and what a molecule shows beyond its tile."""


@dataclass(frozen=True, slots=True)
class Slip:
    """An error that a place writes, and its share of all of its form there."""

    allele: Allele
    share: float


@dataclass(frozen=True, slots=True)
class Slips:
    """The insertions and deletions of a laboratory.

    Attributes
    ----------
    alleles
        Of each place and form, empty inside runs.
    rate
        True rate of all alleles of a place and form, without the factor of the site, shape (stratum, place, form).
    lasting
        Factor of each site in every specimen, shape (place, form).
    listed
        Indels that are looked for, by what they are. They are many of their class, so they teach like any other.
    """

    alleles: tuple[tuple[tuple[Slip, ...], ...], ...]
    rate: Rates
    lasting: Rates
    listed: dict[str, tuple[Allele, ...]]

    def truth_of(self, allele: Allele, evidence: SpecimenEvidence, origin: int) -> Truth:
        """Return what is true of an indel in a specimen; one that is never written by error has the rate zero."""
        depth = evidence.tally(allele).depth
        present = depth > 0
        at, form = allele.start - origin, form_of(allele)
        share = sum(slip.share for slip in self.alleles[at][form] if slip.allele == allele)
        return Truth(depth[present], self.rate[present, at, form] * share, float(self.lasting[at, form]))

    def told(self, allele: Allele, blanks: Iterable[SpecimenEvidence], origin: int) -> Knowledge:
        """Return what blanks tell of the site of an indel at best."""
        seen = [(int(blank.tally(allele).alt.sum()), self.truth_of(allele, blank, origin).expected) for blank in blanks]
        return from_blanks(*zip(*seen, strict=True))


def form_of(allele: Allele) -> int:
    """Return the indel form of an insertion or deletion."""
    changed = len(allele.alt) - len(allele.ref)
    return 2 * (changed < 0) + (abs(changed) != 1)


def make_slips(world: World, sites: int, rng: np.random.Generator) -> Slips:
    """Return the indel errors of a laboratory, and `sites` listed indels of each kind."""
    bases = world.sequence.fetch(CONTIG, 0, world.region.end + 10)
    runs = run_lengths(bases)
    places = range(world.region.start, world.region.end)
    alleles = tuple(tuple(tuple(_slips_at(bases, pos, form)) for form in range(INDEL_FORMS)) for pos in places)
    growth = np.array(RUN_RATES)[run_bin(runs[world.region.start + 1 : world.region.end + 1])]
    kind = INDEL_SHARE * np.array([KIND_RATES[stratum.kind] for stratum in STRATA])
    written = np.array([[bool(own) for own in here] for here in alleles])
    rate = kind[:, None, None] * growth[:, None] * np.array(FORM_RATES) * written
    lasting = rng.gamma(LASTING_SHAPE, 1.0 / LASTING_SHAPE, (len(places), INDEL_FORMS))
    listed = {
        name: _choose(found, sites, rng) for name, found in zip(LISTED, _listable(bases, runs, places), strict=True)
    }
    return Slips(alleles, rate, lasting, listed)


def _slips_at(bases: str, pos: int, form: int) -> Iterator[Slip]:
    """Yield the errors of a form that are written at a place, which is the base before a run."""
    if not EDGE_BP <= pos < len(bases) - EDGE_BP or bases[pos] == bases[pos + 1]:
        return
    if form == 0:
        weight = {base: SAME_BASE if base == bases[pos + 1] else 1.0 for base in "ACGT" if base != bases[pos]}
        for base, own in weight.items():
            yield Slip(Allele(CONTIG, pos, bases[pos], bases[pos] + base), own / sum(weight.values()))
        return
    if form == 2:
        yield Slip(Allele(CONTIG, pos, bases[pos : pos + 2], bases[pos]), 1.0)
        return
    # Longer ones are written here if their last base is another than that before them; else further left.
    lengths = {length: own for length, own in LENGTHS_BP.items() if bases[pos + length] != bases[pos]}
    for length, own in lengths.items():
        unit = bases[pos + 1 : pos + 1 + length]
        ref, alt = (bases[pos] + unit, bases[pos]) if form == 3 else (bases[pos], bases[pos] + unit)
        yield Slip(Allele(CONTIG, pos, ref, alt), own / sum(lengths.values()))


def _listable(bases: str, runs: np.ndarray, places: Sequence[int]) -> Iterator[list[Allele]]:
    """Yield what can be listed, in the order of `LISTED`."""
    inner = [p for p in places if EDGE_BP <= p < len(bases) - EDGE_BP and bases[p] != bases[p + 1]]
    yield [
        Allele(CONTIG, p, bases[p : p + LISTED_DELETION_BP + 1], bases[p])
        for p in inner
        if bases[p + LISTED_DELETION_BP] != bases[p]
    ]
    in_run = [p for p in inner if runs[p + 1] == LISTED_RUN]
    yield [Allele(CONTIG, p, bases[p : p + 2], bases[p]) for p in in_run]
    yield [Allele(CONTIG, p, bases[p], bases[p : p + 2]) for p in in_run]


def _choose(found: Sequence[Allele], number: int, rng: np.random.Generator) -> tuple[Allele, ...]:
    return tuple(found[i] for i in sorted(rng.choice(len(found), min(number, len(found)), replace=False)))


def add_slips(specimen: Specimen, slips: Slips, rng: np.random.Generator) -> SpecimenEvidence:
    """Return the specimen with insertions and deletions, on molecules that span their tile."""
    site = slips.lasting * rng.gamma(BETWEEN_SHAPE, 1.0 / BETWEEN_SHAPE, slips.lasting.shape)
    tiles, start = [], 0
    for tile in specimen.evidence.tiles:
        part = slice(start, start + len(tile.interval))
        number = np.rint(specimen.depth[:, part].mean(axis=1)).astype(np.int64)
        tiles.append(_slipped(tile, number, slips.rate[:, part] * site[part], slips.alleles[part], rng))
        start = part.stop
    return replace(specimen.evidence, tiles=tuple(tiles))


def _slipped(
    tile: MoleculeTile,
    number: np.ndarray,
    rate: Rates,
    alleles: Sequence[Sequence[Sequence[Slip]]],
    rng: np.random.Generator,
) -> MoleculeTile:
    """Return a tile with as many spanning molecules of each stratum, and with their indels."""
    before = len(tile.molecules)
    stratum = np.repeat(np.arange(len(STRATA)), number)
    errors = np.minimum(rng.poisson(number[:, None, None] * rate), number[:, None, None])
    stated = []
    for s, at, form in np.argwhere(errors):
        rows = rng.choice(np.flatnonzero(stratum == s), errors[s, at, form], replace=False) + before
        own = alleles[at][form]
        which = rng.choice(len(own), len(rows), p=[slip.share for slip in own])
        stated += [IndelCall(own[i].allele, int(row), (1, 0, 0, 0)) for i, row in zip(which, rows, strict=True)]
    low = np.full(len(stratum), tile.interval.start - READ_BP, np.int32)
    high = np.full(len(stratum), tile.interval.end + READ_BP, np.int32)
    spanning = make_molecules(stratum, forward_start=low, forward_end=high, left=low, right=high)
    return replace(tile, molecules=_joined(tile.molecules, spanning), indels=IndelCalls(tuple(stated), ()))


def _joined(one: Molecules, other: Molecules) -> Molecules:
    return Molecules(**{f.name: np.concatenate([getattr(one, f.name), getattr(other, f.name)]) for f in fields(one)})
