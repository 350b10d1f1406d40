"""The compiled comparison says what its Python twin says, to the last event, on reads that fit much or nothing."""

import random
import re
from pathlib import Path

import numpy as np
import pytest

from csfgeno.io.batch import ReadBatch
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.realignment.realign import HAS_NATIVE_LAY, realign
from csfgeno.testing import BamBuilder
from csfgeno.thresholds import Thresholds

from ..planted import BASES, CONTIG, REGION
from .test_realign import AT, INSERTED, WINDOW, align, deletion, insertion

pytestmark = pytest.mark.skipif(not HAS_NATIVE_LAY, reason="built without a compiler")

CHANGES = [(15, ""), (3, "GA"), (0, "ACGTTGCAAC"), (0, INSERTED), (40, "T"), (1, "")]
READ_BP = 100


def cigar(rng: random.Random, start: int, deleted: int, added: str) -> str:
    """Return one of the ways in which an aligner might write a read that begins `start` bases before the change."""
    if not 5 <= start <= READ_BP - 5 - len(added):
        return rng.choice([f"{READ_BP}M", f"6S{READ_BP - 6}M", f"{READ_BP - 9}M9S", f"2H{READ_BP}M"])
    after = READ_BP - start - len(added)
    indel = (f"{len(added)}I" if added else "") + (f"{deleted}D" if deleted else "")
    return rng.choice(
        [f"{start}M{indel}{after}M", f"{start}M{READ_BP - start}S", f"{READ_BP - after}S{after}M", f"{READ_BP}M",
         f"{start - 3}M1D{READ_BP - start + 3}M", f"{start - 2}M2I{READ_BP - start}M", f"{start}M50N{READ_BP - start}M"]
    )  # fmt: skip


def random_reads(seed: int, folder: Path) -> ReadBatch:
    rng = random.Random(seed)
    builder = BamBuilder({CONTIG: len(BASES)})
    changes = rng.sample(CHANGES, 3)
    for number in range(120):
        deleted, added = rng.choice([*changes, (0, "")])
        mutant = BASES[:AT] + added + BASES[AT + deleted :]
        before = rng.randint(-20, 130)
        bases = list(mutant[AT - before : AT - before + READ_BP])
        for at in range(READ_BP):
            if rng.random() < 0.02:
                bases[at] = rng.choice("ACGTN")
        qual = [rng.choice([37, 37, 37, 37, 11]) for _ in bases]
        way = cigar(rng, before, deleted, added)
        clipped = int(found[1]) if (found := re.match(r"(\d+)S", way)) else 0
        start = AT - before + clipped + (deleted - len(added) if clipped > 6 else 0)
        builder.add_read(f"r{number // 2}_{number}", CONTIG, start, way, "".join(bases), qual=qual)
    path = builder.write(folder / f"{seed}.bam")
    with AlignmentScanner(str(path), reference=None) as scanner:
        return scanner.scan(
            CONTIG, REGION.start, REGION.end, reference_bases=WINDOW.bases.encode(),
            reference_start=WINDOW.interval.start, min_mapq=0, min_baseq=20,
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_compiled_and_python_rewrite_the_same_reads(seed: int, tmp_path: Path) -> None:
    batch = random_reads(seed, tmp_path)
    offered = [deletion(15), insertion("ACGTTGCAAC")] if seed % 2 else []
    native = realign(batch, WINDOW, Thresholds(), align, offered, native=True)
    twin = realign(batch, WINDOW, Thresholds(), align, offered, native=False)
    assert np.count_nonzero(native.reads["end"] != batch.reads["end"]) > 10
    for column in ("reads", "events", "sequence"):
        # Bytes, as NaN stands where a read has no tag.
        assert getattr(native, column).tobytes() == getattr(twin, column).tobytes(), column
