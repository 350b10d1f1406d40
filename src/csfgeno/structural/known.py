"""Junctions that earlier cases of the patient detected: counted again, whether or not present reads propose them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csfgeno.genome.sequence import reverse_complement
from csfgeno.records import Breakpoint, Fusion
from csfgeno.structural.junctions import SIDES, Junction


@dataclass(frozen=True, slots=True)
class KnownJunction:
    """Two places that are known to be joined, in genome order, and the bases between them on the strand of `join`."""

    first: Breakpoint
    second: Breakpoint
    inserted: str

    def proposed(self, mapq: float) -> Junction:
        """Return it as a junction that no present read has proposed; its reads are taken to be mapped with `mapq`."""
        return Junction(self.first, self.second, len(self.inserted), mapq, frozenset())


def known_junction(fusion: Fusion, then: Iterable[str], now: Iterable[str]) -> KnownJunction:
    """Return the junction of a reported fusion in the order of the present genome.

    Parameters
    ----------
    then, now
        Contigs of the genome that the fusion was reported on, and of the present one, both in the present names.
    """
    places = fusion.five_prime.breakpoint, fusion.three_prime.breakpoint
    reported, (first, second) = _in_order(places, list(then)), _in_order(places, list(now))
    is_turned = reported[0] != first
    return KnownJunction(first, second, reverse_complement(fusion.inserted) if is_turned else fusion.inserted)


def _in_order(places: tuple[Breakpoint, Breakpoint], contigs: Sequence[str]) -> tuple[Breakpoint, Breakpoint]:
    first, second = sorted(places, key=lambda place: (contigs.index(place.contig), place.pos, SIDES.index(place.keeps)))
    return first, second
