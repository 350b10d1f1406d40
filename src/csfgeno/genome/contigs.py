"""Contig names: the same chromosome is `chr7` to one genome and `7` to another."""

from collections.abc import Iterable

from csfgeno.vocab import ContigStyle


def rename_contig(name: str, style: ContigStyle) -> str:
    """Return `name` in the given style; `M` and `MT` follow their own custom."""
    bare = name.removeprefix("chr")
    if style is ContigStyle.CHR:
        return "chrM" if bare in ("M", "MT") else f"chr{bare}"
    return "MT" if bare in ("M", "MT") else bare


def detect_style(names: Iterable[str]) -> ContigStyle:
    """Return the style of a genome: `CHR` if any contig starts with `chr`, else `PLAIN`."""
    return ContigStyle.CHR if any(n.startswith("chr") for n in names) else ContigStyle.PLAIN
