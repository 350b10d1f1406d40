"""HGVS names of an edit on the genome and on the coding sequence."""

from collections.abc import Callable
from typing import Final

from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.edit import Edit
from csfgeno.genome.sequence import StrandView
from csfgeno.vocab import Build, ContigStyle

_GRCH38_VERSIONS: Final = (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10)
"""Versions of NC_000001 to NC_000024 (X is 23, Y is 24) in GRCh38; in GRCh37 each is one lower.
Source: NCBI assemblies GCF_000001405.26 and GCF_000001405.13."""


def accession(contig: str, build: Build) -> str:
    """Return the RefSeq accession of a chromosome; the contig's own name for anything else."""
    bare = rename_contig(contig, ContigStyle.PLAIN)
    if bare == "MT":
        return "NC_012920.1"
    number = {"X": 23, "Y": 24}.get(bare) or (int(bare) if bare.isdecimal() else 0)
    if not 1 <= number <= len(_GRCH38_VERSIONS):
        return contig
    version = _GRCH38_VERSIONS[number - 1] - (build is Build.GRCH37)
    return f"NC_{number:06d}.{version}"


def name_edit(edit: Edit, view: StrandView, position: Callable[[int], object]) -> str | None:
    """Return the HGVS name of a 3'-shifted edit without its `g.` or `c.`.

    Parameters
    ----------
    edit
        On the axis of the view's strand, moved to its 3'-most place.
    position
        Gives the HGVS position of a base on that axis, or `None` where it has none.

    Returns
    -------
    str or None
        `None` if a base of the name has no position.
    """
    # METHOD: duplication before insertion: the added bases repeat those directly before them.
    is_dup = edit.is_insertion and view.fetch(edit.start - len(edit.alt), edit.start) == edit.alt
    if is_dup:
        first, last = edit.start - len(edit.alt), edit.start - 1
    elif edit.is_insertion:
        first, last = edit.start - 1, edit.start
    else:
        first, last = edit.start, edit.end - 1
    ends = [position(first), position(last)]
    if None in ends:
        return None
    place = str(ends[0]) if first == last else f"{ends[0]}_{ends[1]}"
    if len(edit.ref) == len(edit.alt) == 1:
        return f"{place}{edit.ref}>{edit.alt}"
    if is_dup:
        return f"{place}dup"
    if not edit.alt:
        return f"{place}del"
    return f"{place}{'ins' if edit.is_insertion else 'delins'}{edit.alt}"
