"""A laboratory: its assay, the blanks it has, and the models that it calls with."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.errormodel.model import LabModel
from csfgeno.records import Allele

from .draws import Specimen, draw_normals, fit_normals, make_caller
from .results import WITH_NORMALS
from .truth import PRIOR, Knowledge, blanks_at, from_blanks
from .worlds import World, make_world


@dataclass(frozen=True, slots=True)
class Laboratory:
    """The true error rates of an assay, blanks, and the model of each arm, `None` of a specimen that stands alone."""

    mode: str
    world: World
    normals: tuple[Specimen, ...]
    models: Mapping[str, LabModel | None]

    def callers(self, specimen: Specimen) -> dict[str, SpecimenCaller]:
        """Return the caller of each arm."""
        return {arm: make_caller(specimen.evidence, self.world, model) for arm, model in self.models.items()}

    def told(self, allele: Allele) -> dict[str, Knowledge]:
        """Return what the blanks of each arm tell of a site at best; without any that is the prior."""
        return {"": PRIOR, WITH_NORMALS: from_blanks(*blanks_at(allele, self.normals, self.world))}


def open_laboratory(mode: str, tiles: int, rng: np.random.Generator) -> Laboratory:
    """Return a new laboratory with its blanks."""
    world = make_world(tiles, rng)
    normals = draw_normals(world, mode, rng)
    models = {"": None, WITH_NORMALS: fit_normals([n.evidence for n in normals], world, mode)}
    return Laboratory(mode, world, tuple(normals), models)
