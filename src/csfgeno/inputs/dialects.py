"""How callers write allele counts in a VCF: their dialects, and a map of keys for a file that follows none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from csfgeno.io.vcf import VcfLine

Pair = tuple[int, int]
"""REF (or all other) and ALT counts."""

KEYS_READ: Final = "AD, AO and RO, FAO and FRO, DP4, or tiers of Strelka"

TAGS_EXPECTED: Final = (
    "counts=FORMAT/KEY (REF first, then every ALT), or alt=FORMAT/KEY with ref= or depth= or both; INFO/KEY for INFO"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """One key of a record: in INFO, or in the FORMAT column of the sample."""

    is_info: bool
    key: str

    def text(self, line: VcfLine) -> str | None:
        """Return what the record has there, `None` without the key."""
        return (line.info if self.is_info else line.sample).get(self.key)

    def __str__(self) -> str:
        return f"{'INFO' if self.is_info else 'FORMAT'}/{self.key}"


@dataclass(frozen=True, slots=True)
class TagMap:
    """Where a VCF that follows no dialect keeps its counts.

    `counts` holds REF and every ALT in one list. Otherwise `alt` holds one number an ALT, and `ref` or `depth` one
    number; where only `depth` is given, what is not ALT counts as REF.
    """

    counts: Tag | None = None
    ref: Tag | None = None
    alt: Tag | None = None
    depth: Tag | None = None

    def __str__(self) -> str:
        named = (("counts", self.counts), ("ref", self.ref), ("alt", self.alt), ("depth", self.depth))
        return ",".join(f"{name}={tag}" for name, tag in named if tag is not None)


def parse_tags(text: str) -> TagMap:
    """Return the map that `text` writes, such as `alt=FORMAT/AO,ref=FORMAT/RO,depth=INFO/DP`.

    Raises
    ------
    ValueError
        If it is not written like that, or does not say where both counts are.
    """
    parts = [part.strip().partition("=") for part in text.split(",")]
    named = {name.strip(): _tag(where.strip()) for name, _, where in parts}
    if len(named) != len(parts) or not set(named) <= {"counts", "ref", "alt", "depth"}:
        raise ValueError(TAGS_EXPECTED)
    tags = TagMap(**named)
    is_listed = tags.counts is not None and tags.ref is tags.alt is None
    is_apart = tags.counts is None and tags.alt is not None and (tags.ref or tags.depth) is not None
    if not is_listed and not is_apart:
        raise ValueError(TAGS_EXPECTED)
    return tags


def _tag(where: str) -> Tag:
    column, _, key = where.partition("/")
    if column not in ("INFO", "FORMAT") or not key or set(key) & set(" ;:,="):
        raise ValueError(TAGS_EXPECTED)
    return Tag(column == "INFO", key)


def read_counts(line: VcfLine, index: int, tags: TagMap | None) -> tuple[int, int, int] | None:
    """Return REF, ALT and depth of one ALT: by the map if there is one, else by the first dialect that fits.

    `None` if the record does not hold them.
    """
    return _by_tags(line, index, tags) if tags else _by_dialect(line, index)


def _by_tags(line: VcfLine, index: int, tags: TagMap) -> tuple[int, int, int] | None:
    depth = _first(tags.depth, line)
    if tags.counts is not None:
        values = as_counts(tags.counts.text(line))
        ref, alt = (values[0], values[index + 1]) if len(values) > index + 1 else (None, None)
    else:
        values = as_counts(tags.alt.text(line)) if tags.alt else []
        alt = values[index] if len(values) > index else None
        ref = _first(tags.ref, line)
        if ref is None and tags.ref is None and depth is not None and alt is not None:
            ref = max(depth - alt, 0)
    if ref is None or alt is None or (tags.depth is not None and depth is None):
        return None
    return ref, alt, max(depth or 0, ref + alt)


def _first(tag: Tag | None, line: VcfLine) -> int | None:
    values = as_counts(tag.text(line)) if tag else []
    return values[0] if values else None


# ---------------------------------------------------------------------------------------- dialects


def _by_dialect(line: VcfLine, index: int) -> tuple[int, int, int] | None:
    pair = next((found for read in _DIALECTS if (found := read(line, index)) is not None), None)
    if pair is None:
        return None
    ref, alt = pair
    depth = next((n for n in (as_count(line.sample.get(k)) for k in ("FDP", "DP")) if n is not None), 0)
    return ref, alt, max(depth, ref + alt)


def _by_ad(line: VcfLine, index: int) -> Pair | None:
    """AD of Mutect2, VarDict, SAGE, DRAGEN and others: REF first."""
    values = as_counts(line.sample.get("AD"))
    return (values[0], values[index + 1]) if len(values) > index + 1 else None


def _by_flow_counts(line: VcfLine, index: int) -> Pair | None:
    """Ion Reporter counts after correction of flow errors."""
    ref, alt = as_counts(line.sample.get("FRO")), as_counts(line.sample.get("FAO"))
    return (ref[0], alt[index]) if ref and len(alt) > index else None


def _by_observations(line: VcfLine, index: int) -> Pair | None:
    """Observation counts of freebayes and Ion."""
    ref, alt = as_counts(line.sample.get("RO")), as_counts(line.sample.get("AO"))
    return (ref[0], alt[index]) if ref and len(alt) > index else None


def _by_tiers(line: VcfLine, index: int) -> Pair | None:
    """Tier-1 counts of Strelka2: AU, CU, GU, TU of a base, TAR and TIR of an indel."""
    keys = ("TAR", "TIR") if "TIR" in line.sample else (f"{line.ref}U", f"{line.alts[index]}U")
    ref, alt = (as_counts(line.sample.get(key)) for key in keys)
    return (ref[0], alt[0]) if ref and alt else None


def _by_strands(line: VcfLine, index: int) -> Pair | None:
    """DP4 of LoFreq and bcftools, which hold one ALT: forward and reverse REF, forward and reverse ALT."""
    values = as_counts(line.info.get("DP4"))
    return (values[0] + values[1], values[2] + values[3]) if len(values) == 4 and index == 0 else None


_DIALECTS: Final[tuple[Callable[[VcfLine, int], Pair | None], ...]] = (
    _by_tiers,
    _by_flow_counts,
    _by_ad,
    _by_observations,
    _by_strands,
)


def as_counts(text: str | None) -> list[int]:
    """Return the counts of a list, none if one of them is missing or no count."""
    values = [as_count(part) for part in (text or "").split(",")]
    return [v for v in values if v is not None] if None not in values else []


def as_count(text: str | None) -> int | None:
    """Return a count, `None` if the text is none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
