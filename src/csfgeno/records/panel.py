"""What an assay covers and what every report must state."""

from dataclasses import dataclass

from csfgeno.records.genome import Allele, Interval
from csfgeno.vocab import Build, HotspotKind


@dataclass(frozen=True, slots=True)
class Target:
    """One panel interval: an exon or part of it."""

    interval: Interval
    gene: str
    name: str
    hotspot_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hotspot:
    """An actionable change that every report must state, found or not.

    `codons` are 1-based protein positions on the panel transcript of `gene`. `changes` are one-letter protein
    changes (`L858R`) for `PROTEIN_CHANGE`; `group` is the line of the pertinent-negatives table it belongs to.
    """

    hotspot_id: str
    gene: str
    label: str
    group: str
    kind: HotspotKind
    codons: tuple[int, int] | None = None
    changes: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedAllele:
    """A known insertion or deletion by its coding name; `where` is its file and line, for messages."""

    gene: str
    hgvs_c: str
    where: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Targets and hotspots of one assay in one build."""

    name: str
    version: str
    build: Build
    targets: tuple[Target, ...]
    hotspots: tuple[Hotspot, ...]
    sha256: str

    @property
    def size_bp(self) -> int:
        """Bases inside targets (targets do not overlap)."""
        return sum(len(target.interval) for target in self.targets)


@dataclass(frozen=True, slots=True)
class HotspotSite:
    """A hotspot placed on a genome: the bases it concerns and the alleles that would be it.

    `alleles` are the changes reachable by fewest substitutions, `routes` the other codons of the same residue, which
    are the hotspot where reads show them; region kinds (in-frame deletion, insertion, splice) list none and are
    recognised from what the reads show. `sites` is empty if the kind has no place in small-variant
    calling, and `is_masked` tells that the reference has N there.
    """

    hotspot: Hotspot
    sites: tuple[Interval, ...]
    alleles: tuple[Allele, ...]
    is_masked: bool
    is_targeted: bool
    routes: tuple[Allele, ...] = ()
