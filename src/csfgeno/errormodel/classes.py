"""Classes of molecule with error rates of their own: kind, family size, nearness to the end; strands share them."""

from typing import Final

import numpy as np

from csfgeno.molecules.strata import STRATA
from csfgeno.vocab import MoleculeKind

KINDS: Final = tuple(MoleculeKind)
"""Axis `kind`."""

CLASSES: Final = tuple(dict.fromkeys((s.kind, s.is_large, s.is_end) for s in STRATA))
"""Axis `class`: kind, whether the family is large, whether the position is near an end."""

CLASS_OF_STRATUM: Final = np.array([CLASSES.index((s.kind, s.is_large, s.is_end)) for s in STRATA])
"""Index in `CLASSES`, shape (stratum,)."""

KIND_OF_CLASS: Final = np.array([KINDS.index(kind) for kind, _, _ in CLASSES])
"""Index in `KINDS`, shape (class,)."""
