"""Structural events in the BAM: counts against a naive reader of the same file, depth, and what stays as it was."""

import csv
import gzip
import hashlib
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from csfgeno.genome.sequence import reverse_complement

from .conftest import run
from .planting import EXON_19_DELETION, QUIET, T790M, read_truth, variants_tsv
from .rearranging import (
    FLANK,
    Event,
    Molecules,
    change,
    count,
    events_tsv,
    fusion,
    is_distinct,
    read_world,
    spell,
    write_world,
)

EVENTS = (
    fusion("chrA:3100|", "|chrB:9000"),
    fusion("chrA:3300|", "chrB:9300|", inserted="ACGG", reciprocal="yes"),
    fusion("|chrA:3500", "|chrB:9600", inserted="GATTACA"),
    fusion("|chrA:3700", "chrA:10000|", reciprocal="yes"),
    change("DEL", "chrB", 3101, 3160),
    change("DEL", "chrB", 3500, 5000, inserted="TT"),
    change("DUP", "chrB", 7051, 7130),
    change("DUP", "chrB", 7200, 7600),
    change("INV", "chrB", 7700, 7790),
    change("INV", "chrA", 3900, 6500, vaf=0.3),
)


ALONE = {**QUIET, "singleton_share": "1", "duplex_yield": "0", "jackpot_rate": "0"}
"""A library without any error, of one read pair a molecule."""


def simulate(world: Path, folder: Path, events: str, *options: object, **parameters: str) -> Path:
    (folder / "events.tsv").write_text(events)
    settings = [part for name, value in parameters.items() for part in ("--set", f"{name}={value}")]
    arguments = ["--reference", world, "--panel", world.with_name("panel.bed"), *settings, *options]
    chosen = ["--variants", folder / "events.tsv"] if events else []
    assert run("simulate", *arguments, *chosen, "--out-prefix", folder / "s") == 0
    return folder / "s.bam"


def read_events(bam: Path) -> list[Mapping[str, str]]:
    with bam.with_suffix(".events.tsv").open(newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("world"), seed=1)


def distinct(world: Mapping[str, str], event: Event) -> Event:
    """Return the event, moved until no base beside its junctions could be of both sides."""
    first, last = int(str(event["pos"])), int(str(event["pos2"]))
    for pos, pos2 in product(range(first, first + 20), range(last, last + 20)):
        moved = {**event, "pos": pos, "pos2": pos2}
        if all(is_distinct(world, joined) for joined in spell(world, moved)):
            return moved
    raise AssertionError(event)


@pytest.fixture(scope="module")
def planted(world: Path) -> list[Event]:
    return [distinct(read_world(world), event) for event in EVENTS]


@pytest.fixture(scope="module")
def bam(world: Path, planted: list[Event], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    return simulate(world, folder, events_tsv(planted), "--input-ng", 2, **QUIET, family_mean="2")


@pytest.fixture(scope="module")
def counted(world: Path, planted: list[Event], bam: Path) -> tuple[list[Molecules], dict[str, list[tuple[int, int]]]]:
    chromosomes = read_world(world)
    return count(bam, chromosomes, [junction for event in planted for junction in spell(chromosomes, event)])


def test_truth_equals_a_naive_count(
    bam: Path, counted: tuple[list[Molecules], dict[str, list[tuple[int, int]]]]
) -> None:
    found, _ = counted
    *rows, chimeras = read_events(bam)
    assert len(rows) == len(found) == 14
    for row, seen in zip(rows, found, strict=True):
        assert int(row["read_over"]) == len(seen.read_over) > 10
        assert int(row["shown"]) == len(seen.shown)
        assert int(row["split"]) == len(seen.split)
        assert int(row["molecules"]) == int(row["read_over"]) + int(row["spanning"]) >= len(seen.carrying)
        # Mates on either side of a short change could as well be of a molecule without it.
        if row["contig"] != row["contig2"] or abs(int(row["pos"]) - int(row["pos2"])) > FLANK:
            assert int(row["spanning"]) == len(seen.carrying - seen.read_over)
            assert int(row["read_pairs"]) == seen.pairs
    assert (chimeras["kind"], chimeras["molecules"]) == ("CHIMERA", "0")


def test_totals_are_what_goes_over_the_places(world: Path, tmp_path: Path) -> None:
    chromosomes = read_world(world)
    event = distinct(chromosomes, fusion("chrA:3500|", "|chrB:7400", inserted="AC", reciprocal="yes"))
    bam = simulate(world, tmp_path, events_tsv([event]), "--input-ng", 3, **ALONE)
    _, whole = count(bam, chromosomes, [])
    (_, *cuts), *_ = ((junction.text, *junction.cuts) for junction in spell(chromosomes, event))
    over = [sum(start < cut < end for start, end in whole[contig]) for contig, cut in cuts]
    *rows, _ = read_events(bam)
    for row in rows:
        carrying = int(row["molecules"])
        assert [int(row["total_molecules"]), int(row["total_molecules2"])] == [n + carrying for n in over]
        low, high = binom.interval(0.9999, over[0] + carrying, 0.2)
        assert low * 0.95 <= carrying <= high  # leucocytes carry none, and bases inserted leave fewer places to start


def test_every_pair_is_a_piece_of_a_chromosome(
    bam: Path, counted: tuple[list[Molecules], dict[str, list[tuple[int, int]]]]
) -> None:
    found, whole = counted
    with pysam.AlignmentFile(str(bam)) as alignments:
        names = {(read.query_name or "").split(":")[0] for read in alignments}
    carrying = set().union(*(seen.carrying for seen in found))
    assert len(names) == len(carrying) + sum(map(len, whole.values()))


def test_records_of_a_pair_agree(bam: Path) -> None:
    """Mate fields point to the primary record, SA names the others, supplementary ones are clipped hard."""
    records: dict[tuple[str, bool], list[pysam.AlignedSegment]] = {}
    with pysam.AlignmentFile(str(bam)) as alignments:
        for read in alignments:
            records.setdefault((read.query_name or "", read.is_read2), []).append(read)
    assert max(map(len, records.values())) >= 2
    for (name, is_second), own in records.items():
        (primary,) = (read for read in own if not read.is_supplementary)
        (mate,) = (read for read in records[name, not is_second] if not read.is_supplementary)
        for read in own:
            assert (read.next_reference_name, read.next_reference_start) == (mate.reference_name, mate.reference_start)
            assert read.mate_is_reverse == mate.is_reverse
            assert read.get_tag("MQ") == mate.mapping_quality
            clip = "H" if read.is_supplementary else "S"
            assert read.get_tag("MC") == (mate.cigarstring or "").replace("S", clip)
            others = {_entry(other) for other in own if other is not read}
            named = {entry.rpartition(",")[0] for entry in str(read.get_tag("SA")).split(";")[:-1]} if others else set()
            assert others == named
            assert "H" not in (read.cigarstring or "") or read.is_supplementary
            assert read.infer_read_length() == len(primary.query_sequence or "")


def _entry(read: pysam.AlignedSegment) -> str:
    strand, cigar = "-" if read.is_reverse else "+", (read.cigarstring or "").replace("H", "S")
    return f"{read.reference_name},{read.reference_start + 1},{strand},{cigar},{read.mapping_quality}"


def test_the_vcf_says_what_the_table_says(world: Path, planted: list[Event], bam: Path, tmp_path: Path) -> None:
    """The truth VCF, planted again, gives the same events."""
    again = tmp_path / "again"
    again.mkdir()
    arguments = ["--reference", world, "--panel", world.with_name("panel.bed"), "--input-ng", 0.3, "--out-prefix"]
    assert run("simulate", *arguments, again / "t", "--variants", bam.with_name("events.tsv")) == 0
    text = gzip.decompress(bam.with_suffix(".truth.vcf.gz").read_bytes()).decode()
    assert text.count("SVTYPE=BND") == 12
    assert text.count("END=") == 6
    only = [line for line in text.splitlines() if line.startswith("#") or "INSERTED" not in line]
    (again / "v.vcf").write_text("\n".join(only) + "\n")
    assert run("simulate", *arguments, again / "v", "--variants", again / "v.vcf") == 0
    given, read = ({_either_way(row) for row in read_events(again / f"{name}.bam")} for name in "tv")
    assert read < given
    assert {kind for kind, *_ in given - read} == {"DEL"}  # bases inserted at a symbolic allele have no place in VCF


def _either_way(row: Mapping[str, str]) -> tuple[object, ...]:
    places = frozenset(tuple(row[name + end] for name in ("contig", "pos", "keeps")) for end in ("", "2"))
    inserted = row["inserted"].strip(".")
    return row["kind"], places, frozenset((inserted, reverse_complement(inserted))), row["vaf"], row["origin"]


# --------------------------------------------------------------------------------------- depth


def depths(bam: Path) -> dict[tuple[str, int], int]:
    lines = [line.split("\t") for line in bam.with_suffix(".sites.tsv").read_text().splitlines()[1:]]
    return {(contig, int(pos)): int(molecules) for contig, pos, molecules, _ in lines}


def test_sites_count_what_reads_cover(world: Path, planted: list[Event], tmp_path: Path) -> None:
    bam = simulate(world, tmp_path, events_tsv(planted), "--input-ng", 2, "--sites", **ALONE, chimera_share="0.05")
    stated = depths(bam)
    with pysam.AlignmentFile(str(bam)) as alignments:
        for contig, pos in (("chrA", 3300), ("chrA", 3905), ("chrB", 3130), ("chrB", 7100), ("chrB", 7750)):
            over = [
                read for read in alignments.fetch(contig, pos - 1, pos) if pos - 1 in read.get_reference_positions()
            ]
            seen = len({(read.query_name or "").split(":")[0] for read in over})
            assert 0 <= stated[contig, pos] - seen <= 0.08 * seen  # an aligner clips a few bases of some reads


@pytest.mark.parametrize(
    ("kind", "vaf", "origin", "inside"),
    [("DEL", 1.0, "patient", 0.0), ("DEL", 0.4, "cell_free", 0.6), ("DUP", 0.5, "patient", 1.5),
     ("INV", 0.5, "patient", 1.0)],
)  # fmt: skip
def test_copies_follow_the_event(
    kind: str, vaf: float, origin: str, inside: float, world: Path, tmp_path: Path
) -> None:
    event = change(kind, "chrB", 6500, 9000, vaf=vaf, origin=origin)
    bam = simulate(world, tmp_path, events_tsv([event]), "--input-ng", 3, "--sites", **ALONE, leucocyte_share="0")
    stated = depths(bam)
    expected = 3 * 1000 / 3.3 * 0.31
    # Sites a fragment apart are nearly independent.
    own = [stated["chrB", pos] for pos in (7150, 7500, 7850)]
    other = [stated["chrB", pos] for pos in (3150, 3500, 3850)]
    for seen, fold in ((own, inside), (other, 1.0)):
        assert np.mean(seen) == pytest.approx(expected * fold, abs=4.5 * np.sqrt(expected * fold / 3) + 1e-9)


def test_an_event_that_no_molecule_carries_is_in_the_truth(world: Path, tmp_path: Path) -> None:
    event = fusion("chrA:3500|", "|chrB:9000", vaf=1e-9)
    row, _ = read_events(simulate(world, tmp_path, events_tsv([event]), "--input-ng", 1, **ALONE))
    assert (row["molecules"], row["total_molecules2"]) == ("0", "0")
    assert int(row["total_molecules"]) > 50


def test_other_origins_do_not_carry(world: Path, tmp_path: Path) -> None:
    event = fusion("chrA:3500|", "|chrB:9000", vaf=1.0, origin="leucocyte")
    bam = simulate(world, tmp_path, events_tsv([event]), "--input-ng", 2, **ALONE, leucocyte_share="0.3")
    row, _ = read_events(bam)
    share = int(row["molecules"]) / int(row["total_molecules"])
    assert (
        0.3 < share < 0.75
    )  # 0.3 of the molecules, which are three times as long: 0.3 x 450 / (0.3 x 450 + 0.7 x 150)


# ------------------------------------------------------------------------------- what stays


def test_small_variants_and_events_are_planted_together(world: Path, planted: list[Event], tmp_path: Path) -> None:
    ref = read_world(world)["chrA"][3749]
    alt = "A" if ref != "A" else "C"
    (tmp_path / "small.tsv").write_text(variants_tsv((("chrA", 3750, ref, alt), 0.5, ".", "patient")))
    options = ("--variants", tmp_path / "small.tsv", "--input-ng", 2)
    bam = simulate(world, tmp_path, events_tsv(planted), *options, **ALONE)
    row = read_truth(bam.with_suffix(".truth.tsv"))["chrA", 3750, ref, alt]
    with pysam.AlignmentFile(str(bam)) as alignments:
        shown = {
            (read.query_name or "").split(":")[0]
            for read in alignments.fetch("chrA", 3749, 3750)
            if 3749 in read.get_reference_positions()
        }
    assert abs(int(row["molecules"]) - len(shown)) <= 0.02 * len(shown)


def test_the_same_seed_gives_the_same_bytes(world: Path, planted: list[Event], tmp_path: Path) -> None:
    bams = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        options = ("--input-ng", 0.3, "--seed", 5, "--sites")
        bams.append(simulate(world, tmp_path / name, events_tsv(planted), *options, chimera_share="0.02"))
    names = sorted(path.name for path in bams[0].parent.iterdir())
    assert "s.events.tsv" in names
    for name in names:
        assert bams[0].with_name(name).read_bytes() == bams[1].with_name(name).read_bytes(), name


@st.composite
def event_lists(draw: st.DrawFn) -> list[Event]:
    """Return events a kilobase apart at most, so that all of them fit on the chromosomes at once."""
    events: list[Event] = []
    for contig, pos in (("chrA", 3200), ("chrB", 3200), ("chrB", 7200)):
        first, size = pos + draw(st.integers(0, 200)), draw(st.integers(50, 500))
        sides = draw(st.tuples(st.sampled_from(["left", "right"]), st.sampled_from(["left", "right"])))
        joins = fusion(f"{contig}:{first}|", f"|chrA:{9_000 + pos // 10}", keeps=sides[0], keeps2=sides[1])
        changes = [change(kind, contig, first, first + size) for kind in ("DEL", "DUP", "INV")]
        inserted = draw(st.text("ACGT", max_size=30))
        events.append({**draw(st.sampled_from([joins, *changes])), "inserted": inserted})
    return events


@settings(max_examples=4, deadline=None)
@given(events=event_lists(), seed=st.integers(0, 1000))
def test_any_list_of_events_gives_the_same_bytes_twice(
    events: list[Event], seed: int, world: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    options = ("--input-ng", 0.3, "--seed", seed)
    one, other = (simulate(world, tmp_path_factory.mktemp("any"), events_tsv(events), *options) for _ in "12")
    assert one.read_bytes() == other.read_bytes()
    rows = read_events(one)
    assert rows == read_events(other)
    for row in rows[:-1]:
        counts = {name: int(row[name]) for name in ("molecules", "read_over", "shown", "split", "spanning")}
        assert counts["molecules"] == counts["read_over"] + counts["spanning"]
        assert max(counts["shown"], counts["split"]) <= counts["read_over"]
        assert min(int(row["total_molecules"]), int(row["total_molecules2"])) >= counts["molecules"]


def test_chimeras_leave_the_other_reads_as_they_are(world: Path, tmp_path: Path) -> None:
    texts = []
    for share in ("0", "0.05"):
        (tmp_path / share).mkdir()
        bam = simulate(world, tmp_path / share, "", "--input-ng", 0.5, chimera_share=share)
        with pysam.AlignmentFile(str(bam)) as alignments:
            texts.append({(read.to_string().partition("\t")[2]) for read in alignments})
    assert texts[0] < texts[1]
    assert not (tmp_path / "0" / "s.events.tsv").exists()


def test_chimeras_are_the_share_that_was_asked_for(world: Path, tmp_path: Path) -> None:
    bam = simulate(world, tmp_path, "", "--input-ng", 3, **ALONE, chimera_share="0.05")
    (row,) = read_events(bam)
    chromosomes = read_world(world)
    _, whole = count(bam, chromosomes, [])
    with pysam.AlignmentFile(str(bam)) as alignments:
        names = {(read.query_name or "").split(":")[0] for read in alignments}
    chimeras = len(names) - sum(map(len, whole.values()))
    # A chimera that repeats what the genome has beside its place is a piece of the genome by chance.
    assert chimeras <= int(row["molecules"]) <= chimeras * 1.02
    assert chimeras / len(names) == pytest.approx(0.05, rel=0.2)


GOLDEN: Any = {
    "s.bam": "cf3240fdb897afff60b9e34e622dd53bd46fe00470db692bdc031761ceb3fed1",
    "s.truth.vcf.gz": "f0b122a458c4102f71a4c1baec51e3fb2c2119465b564400d3057cc656d62822",
}


def test_without_events_the_bytes_are_those_of_ever(make_specimen: Callable[..., Path]) -> None:
    case = variants_tsv((EXON_19_DELETION, 0.05, ".", "."), (T790M, 0.05, ".", "."))
    bam = make_specimen(case, "--input-ng", 5, "--seed", 7, "--sites")
    for name, digest in GOLDEN.items():
        assert hashlib.sha256(gzip.decompress(bam.with_name(name).read_bytes())).hexdigest() == digest, name
