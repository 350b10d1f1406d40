"""The sample case, whose read names say whose copies they are: UMIs with a wrong base and all."""

from collections import defaultdict
from pathlib import Path

import pytest

from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.grouping.families import group_reads
from csfgeno.vocab import EvidenceMode

SAMPLE = Path(__file__).parents[3] / "sample_data"
TARGETS = [line.split("\t")[:3] for line in (SAMPLE / "panel.bed").read_text().splitlines() if line[0] != "#"]


@pytest.mark.parametrize("specimen", ["csf", "plasma", "tissue", "normal"])
def test_families_are_the_planted_molecules(specimen: str) -> None:
    """Only a molecule whose copies are all misread, each elsewhere in the UMI, falls apart."""
    total = extra = 0
    with AlignmentScanner(str(SAMPLE / f"{specimen}.bam"), reference=None) as scanner:
        for contig, start, end in TARGETS:
            batch = scanner.scan(
                contig, int(start), int(end), reference_bases=b"", reference_start=0, min_mapq=0, min_baseq=0,
                want_names=True,
            )  # fmt: skip
            planted = [name.rpartition(":")[0] for name in batch.names.decode().splitlines()]
            families = group_reads(batch.reads, EvidenceMode.UMI_FAMILIES, 1)
            found: dict[int, set[str]] = defaultdict(set)
            for row, molecule in zip(families.order.tolist(), families.molecule.tolist(), strict=True):
                found[molecule].add(planted[row])
            assert all(len(owners) == 1 for owners in found.values())
            total += len(found)
            extra += len(found) - len(set(planted))
    assert total > 3_000
    assert 0 <= extra <= 2
