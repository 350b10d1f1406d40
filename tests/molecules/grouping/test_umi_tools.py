"""The same fragments grouped by csfgeno and by `umi_tools group` 1.1.6, both by directed adjacency.

`tests/data/umi_tools_groups.tsv` holds what umi_tools said, so that it need not be installed; its package builds only
with an old setuptools. `make bench` installs it, and where it is installed it is asked again. Write the file anew with

    umi_tools group -I reads.bam --paired --extract-umi-method=tag --umi-tag=RX --method=directional \
        --group-out=groups.tsv

for `write_reads` without and with clips, and keep the columns `read_id` and `unique_id`.
"""

import csv
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.grouping.families import group_reads
from csfgeno.testing import BamBuilder
from csfgeno.vocab import EvidenceMode

from ..planted import BASES, CONTIG

RECORDED = Path(__file__).parents[2] / "data" / "umi_tools_groups.tsv"
UMI_TOOLS = shutil.which("umi_tools") or shutil.which("umi_tools", path=str(Path(sys.executable).parent))
SPAN, UMI_BP = 50, 7
Groups = set[frozenset[str]]


def write_reads(path: Path, *, clips: bool) -> Path:
    """Write 400 molecules at a few places: short single UMIs with 2% wrong bases, and 3% of mates clipped or none."""
    rng = random.Random(21)
    builder = BamBuilder({CONTIG: len(BASES)})
    for molecule in range(400):
        left, length, strand = rng.randrange(2_000, 2_004), rng.randrange(150, 153), rng.choice(("A", "B"))
        true = "".join(rng.choices("ACGT", k=UMI_BP))
        for copy in range(1 + int(rng.expovariate(0.3))):
            umi = "".join(rng.choice("ACGT") if rng.random() < 0.02 else base for base in true)
            kind = "clipped" if rng.random() < 0.03 and clips else "plain"
            cigar = f"{SPAN - 4}M4S" if kind == "clipped" else f"{SPAN}M"
            right = left + length - SPAN
            builder.add_pair(
                f"{kind}:{molecule}:{copy}", CONTIG, left, f"{SPAN}M", BASES[left : left + SPAN], right, cigar,
                BASES[right : right + SPAN], strand="A" if strand == "A" else "B", tags={"RX": umi},
            )  # fmt: skip
    return builder.write(path)


def own_groups(bam: Path) -> Groups:
    with AlignmentScanner(str(bam), reference=None) as scanner:
        batch = scanner.scan(
            CONTIG, 0, 5_000, reference_bases=b"", reference_start=0, min_mapq=20, min_baseq=20, want_names=True
        )
    families = group_reads(batch.reads, EvidenceMode.UMI_FAMILIES, 1)
    names = batch.names.decode().splitlines()
    return as_groups((names[row], molecule) for row, molecule in zip(families.order, families.molecule, strict=True))


def as_groups(members: Iterable[tuple[str, object]]) -> Groups:
    groups: dict[object, set[str]] = defaultdict(set)
    for name, group in members:
        groups[group].add(name)
    return {frozenset(group) for group in groups.values()}


def recorded_groups(case: str) -> Groups:
    with RECORDED.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if row["case"] == case]
    return as_groups((row["read_id"], row["unique_id"]) for row in rows)


def ask_umi_tools(bam: Path, table: Path) -> Groups:
    command = [UMI_TOOLS or "", "group", "-I", str(bam), "--paired", "--extract-umi-method=tag", "--umi-tag=RX"]
    subprocess.run([*command, "--method=directional", "--group-out", str(table), "-L", f"{table}.log"], check=True)
    with table.open(encoding="utf-8", newline="") as rows:
        return as_groups((row["read_id"], row["unique_id"]) for row in csv.DictReader(rows, delimiter="\t"))


def test_the_groups_are_those_of_umi_tools(tmp_path: Path) -> None:
    theirs = recorded_groups("plain")
    assert len(theirs) > 400
    assert own_groups(write_reads(tmp_path / "plain.bam", clips=False)) == theirs


def test_a_clipped_mate_is_another_place_to_umi_tools_alone(tmp_path: Path) -> None:
    """It compares TLEN, which a clip shortens; csfgeno compares unclipped ends. There is no other difference."""
    ours, theirs = own_groups(write_reads(tmp_path / "clipped.bam", clips=True)), recorded_groups("clipped")
    split = ours - theirs
    assert 20 < len(split) < len(ours & theirs)
    for group in split:
        assert any(name.startswith("clipped") for name in group)
    for group in theirs:
        assert any(group <= own for own in ours)


@pytest.mark.skipif(UMI_TOOLS is None, reason="umi_tools is not installed")
@pytest.mark.parametrize("case", ["plain", "clipped"])
def test_the_record_is_what_umi_tools_says(tmp_path: Path, case: str) -> None:
    bam = write_reads(tmp_path / "reads.bam", clips=case == "clipped")
    assert ask_umi_tools(bam, tmp_path / "groups.tsv") == recorded_groups(case)
