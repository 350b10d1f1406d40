import csv
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pysam
import pytest
import yaml

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
SPECIMENS = ("csf", "plasma", "tissue", "normal")
FORWARD_READ_1 = re.compile("[ACGT]{8}-[ACGT]{8}")


def read_truth(folder: Path = SAMPLE) -> list[dict[str, str]]:
    with (folder / "truth.tsv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


TRUTH = read_truth()


def reads(specimen: str) -> Iterator[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(SAMPLE / f"{specimen}.bam")) as bam:
        yield from bam


def molecule_of(read: pysam.AlignedSegment) -> str:
    assert read.query_name is not None
    return read.query_name.rpartition(":")[0]


def shows(read: pysam.AlignedSegment, row: dict[str, str]) -> bool:
    pos = int(row["pos"]) - 1
    if len(row["ref"]) > 1:
        first, last, cigar = pos + 1, pos + len(row["ref"]), read.cigarstring or ""
        spans_gap = f"{last - first}D" in cigar
        ends_there = read.reference_end == first and cigar.endswith("S")
        starts_there = read.reference_start == last and not cigar.endswith("S") and "S" in cigar
        return spans_gap or ends_there or starts_there
    place = {r: q for q, r in read.get_aligned_pairs(matches_only=True)}
    assert read.query_sequence is not None
    return pos in place and read.query_sequence[place[pos]] == row["alt"]


@pytest.mark.parametrize("specimen", SPECIMENS)
@pytest.mark.parametrize("row", TRUTH, ids=lambda row: row["hgvs_c"])
def test_truth_counts_the_molecules_that_show_the_variant(row: dict[str, str], specimen: str) -> None:
    votes: dict[str, list[bool]] = defaultdict(list)
    start, end = int(row["pos"]) - 1, int(row["pos"]) + len(row["ref"])
    with pysam.AlignmentFile(str(SAMPLE / f"{specimen}.bam")) as bam:
        for read in bam.fetch(row["contig"], start, end):
            votes[molecule_of(read)].append(shows(read, row))
    # A deletion is carried if any read aligns over it or is clipped at it, a substitution if most reads show it.
    share = 0.0 if len(row["ref"]) > 1 else 0.5
    alt = sum(sum(seen) > share * len(seen) for seen in votes.values())
    assert abs(alt - int(row[f"{specimen}_alt"])) <= 0.03 * int(row[f"{specimen}_alt"]) + 1
    assert int(row[f"{specimen}_molecules"]) <= len(votes)


def test_the_variants_are_where_the_genome_says() -> None:
    with pysam.FastaFile(str(SAMPLE / "GRCh38.masked.fa.gz")) as genome:
        for row in TRUTH:
            start = int(row["pos"]) - 1
            assert genome.fetch(row["contig"], start, start + len(row["ref"])) == row["ref"], row["hgvs_c"]


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_mates_describe_each_other(specimen: str) -> None:
    pairs: dict[str, list[pysam.AlignedSegment]] = defaultdict(list)
    for read in reads(specimen):
        assert read.query_name is not None
        pairs[read.query_name].append(read)
    for left, right in pairs.values():
        assert left.is_read1 is right.is_read2
        assert (left.is_forward, right.is_forward) in ((True, False), (False, True))
        assert left.template_length == -right.template_length != 0
        for read, mate in ((left, right), (right, left)):
            assert read.next_reference_start == mate.reference_start
            assert read.get_tag("MC") == mate.cigarstring
            assert read.get_tag("RX") == mate.get_tag("RX")
            assert FORWARD_READ_1.fullmatch(str(read.get_tag("RX")))


def test_families_have_the_stated_shape() -> None:
    strands: dict[str, list[str]] = defaultdict(list)
    for read in reads("csf"):
        if read.is_read1:
            strands[molecule_of(read)].append("bottom" if read.is_reverse else "top")
    sizes = [len(seen) for seen in strands.values()]
    duplex = sum(len(set(seen)) == 2 for seen in strands.values()) / len(sizes)
    assert 0.30 < duplex < 0.40
    assert 0.20 < sizes.count(1) / len(sizes) < 0.30
    assert 3 < sum(sizes) / len(sizes) < 5


def test_reads_differ_from_the_genome_at_the_stated_rate() -> None:
    with pysam.FastaFile(str(SAMPLE / "GRCh38.masked.fa.gz")) as genome:
        window = genome.fetch("chr12", 25_245_000, 25_245_700)
        with pysam.AlignmentFile(str(SAMPLE / "csf.bam")) as bam:
            wrong = total = 0
            for read in bam.fetch("chr12", 25_245_100, 25_245_600):
                offset = read.reference_start - 25_245_000
                expected = window[offset : offset + read.query_length]
                wrong += sum(a != b for a, b in zip(read.query_sequence or "", expected, strict=True))
                total += read.query_length
    assert 0.0008 < wrong / total < 0.0016


def test_targets_are_those_of_the_shipped_panel() -> None:
    shipped = (SAMPLE.parent / "reference/panel/nsclc.GRCh38.bed").read_text(encoding="utf-8").splitlines()
    own = [line for line in (SAMPLE / "panel.bed").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert len(own) == 19
    assert set(own) <= set(shipped)


def test_the_case_names_files_that_exist() -> None:
    case = yaml.safe_load((SAMPLE / "case.yaml").read_text(encoding="utf-8"))
    names = [case["reference"], case["panel"], *(s["alignments"] for s in case["specimens"].values())]
    assert all((SAMPLE / name).is_file() for name in names)
    assert tuple(case["specimens"]) == SPECIMENS


def test_the_case_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()) < 15_000_000


def test_the_same_seed_makes_the_same_case(tmp_path: Path) -> None:
    made = []
    for name in ("first", "second"):
        out = tmp_path / name
        out.mkdir()
        script = [sys.executable, str(SAMPLE / "make_sample_case.py"), "--out", str(out), "--depth-share", "0.05"]
        subprocess.run(script, check=True)
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert made[0] == made[1]
    assert made[0].keys() >= {f"{specimen}.bam.bai" for specimen in SPECIMENS}
    assert [row["hgvs_c"] for row in read_truth(tmp_path / "first")] == [row["hgvs_c"] for row in TRUTH]
