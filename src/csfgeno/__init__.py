"""csfgeno: genotyping of cerebrospinal-fluid cell-free DNA in non-small-cell lung cancer."""

from importlib.metadata import version

__version__ = version("csfgeno")
