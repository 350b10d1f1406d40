"""The stored stretches of real genome as a `SequenceSource`; everything else is masked."""

import gzip
import re
from functools import cache
from pathlib import Path

from csfgeno.annotation.transcripts import TranscriptTable, load_transcripts
from csfgeno.vocab import Build, ContigStyle

DATA = Path(__file__).parents[1] / "data"
SEQUENCED = ("EGFR", "KRAS", "TP53", "PIK3CA")
"""Genes of which every coding base is stored in both builds."""


class SliceGenome:
    """Bases by contig and position, N where nothing is stored."""

    def __init__(self, bases: dict[tuple[str, int], str]) -> None:
        self._bases = bases

    def fetch(self, contig: str, start: int, end: int) -> str:
        return "".join(self._bases.get((contig, i), "N") for i in range(start, end))


class TextGenome:
    """Contigs given as text."""

    def __init__(self, **contigs: str) -> None:
        self._contigs = contigs

    def fetch(self, contig: str, start: int, end: int) -> str:
        return self._contigs[contig][start:end]


@cache
def slice_genome(build: Build) -> SliceGenome:
    bases: dict[tuple[str, int], str] = {}
    text = gzip.decompress((DATA / "sequences" / f"{build}.fa.gz").read_bytes()).decode()
    for record in text.split(">")[1:]:
        header, _, body = record.partition("\n")
        contig, start = re.findall(r"(\w+):(\d+)-", header)[0]
        bases.update(((contig, i), base) for i, base in enumerate(body.replace("\n", ""), start=int(start) - 1))
    return SliceGenome(bases)


@cache
def table(build: Build) -> TranscriptTable:
    return load_transcripts(build, ContigStyle.CHR)
