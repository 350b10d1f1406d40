"""Rates measured in the reads against the parameters that were asked for.

Each test asks for one effect alone, much stronger than in life, and counts it in the BAM with nothing but pysam.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pysam
import pytest

from .planting import FASTA, L858R, QUIET, read_truth, variants_tsv

MakeSpecimen = Callable[..., Path]
TARGETS = ((55174711, 55174830), (55181282, 55181488), (55191708, 55191884))


@dataclass
class Read:
    """One read against the genome, from its first cycle on, in the direction of the reference."""

    name: str
    is_reverse: bool
    is_second: bool
    fragment_bp: int
    bases: npt.NDArray[np.uint8]
    genome: npt.NDArray[np.uint8]
    qualities: npt.NDArray[np.uint8]
    umi: str

    @property
    def differs(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.bases != self.genome)

    @property
    def strand(self) -> str:
        return self.name.split(":")[1]

    def in_cycle_order(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values[::-1] if self.is_reverse else values


def reads_of(bam: Path) -> Iterator[Read]:
    with pysam.FastaFile(str(FASTA)) as fasta:
        low, high = 55173000, 55193000
        genome = np.frombuffer(fasta.fetch("chr7", low, high).upper().encode(), np.uint8)
    with pysam.AlignmentFile(str(bam)) as alignments:
        for read in alignments:
            start = read.reference_start - low
            assert read.cigarstring == f"{read.query_length}M"
            yield Read(
                read.query_name or "",
                read.is_reverse,
                read.is_read2,
                abs(read.template_length),
                np.frombuffer((read.query_sequence or "").encode(), np.uint8),
                genome[start : start + read.query_length],
                np.array(read.query_qualities, np.uint8),
                str(read.get_tag("RX")) if read.has_tag("RX") else "",
            )


def near(counted: float, chances: float, rate: float, errors: float = 4.5) -> bool:
    """Whether a count lies within that many standard errors of its expectation."""
    return bool(abs(counted - chances * rate) <= errors * np.sqrt(chances * rate * (1 - rate)) + 1)


def changes(bam: Path) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Return wrong bases by (strand, change) and bases by strand and reference base, counted once a read pair."""
    wrong: Counter[tuple[str, str]] = Counter()
    chances: Counter[str] = Counter()
    for read in reads_of(bam):
        chances.update(
            read.strand + chr(base) for base in (65, 67, 71, 84) for _ in range(int((read.genome == base).sum()))
        )
        for offset in np.flatnonzero(read.differs):
            wrong[read.strand, f"{chr(read.genome[offset])}>{chr(read.bases[offset])}"] += 1
    return wrong, chances


# ------------------------------------------------------------------------------------ families


@pytest.fixture(scope="module")
def families(make_specimen: MakeSpecimen) -> Counter[str]:
    """Read pairs by molecule and strand."""
    bam = make_specimen("", "--input-ng", 12, **{**QUIET, "jackpot_rate": "0", "duplex_yield": "0.4"})
    with pysam.AlignmentFile(str(bam)) as alignments:
        names = {read.query_name or "" for read in alignments}
    return Counter(name.rpartition(":")[0] for name in names)


def test_family_sizes(families: Counter[str]) -> None:
    sizes = np.array(list(families.values()))
    assert near(float((sizes == 1).sum()), len(sizes), 0.269)
    larger = sizes[sizes > 1]
    assert larger.mean() == pytest.approx(7.95, abs=4.5 * larger.std() / np.sqrt(len(larger)))
    assert larger.var() == pytest.approx(45.9, rel=0.15)


def test_duplex_yield_and_strands(families: Counter[str]) -> None:
    strands = Counter(name.split(":")[0] for name in families)
    duplex = sum(count == 2 for count in strands.values())
    assert near(duplex, len(strands), 0.4)
    only = [name for name in families if strands[name.split(":")[0]] == 1]
    assert near(sum(name.endswith(":A") for name in only), len(only), 0.5)


def test_jackpots_are_larger(make_specimen: MakeSpecimen) -> None:
    bam = make_specimen(
        "", "--input-ng", 3, **{**QUIET, "jackpot_rate": "0.1", "jackpot_fold": "20", "singleton_share": "1"}
    )
    with pysam.AlignmentFile(str(bam)) as alignments:
        sizes = Counter(Counter((r.query_name or "").rpartition(":")[0] for r in alignments if r.is_read1).values())
    assert set(sizes) == {1, 20}
    assert near(sizes[20], sum(sizes.values()), 0.1)


def test_molecules_over_a_base_follow_the_input(make_specimen: MakeSpecimen) -> None:
    expected = 12 * 1000 / 3.3 * 0.31
    for options, fold in (((), 1.0), (("--copies", "EGFR=6"), 3.0), (("--copies", "EGFR=1"), 0.5)):
        alone = {"singleton_share": "1", "index_hopping": "0", "dinucleosome_share": "0", "leucocyte_share": "0"}
        bam = make_specimen("", "--input-ng", 12, "--sites", *options, **alone)
        sites = [line.split("\t") for line in bam.with_suffix(".sites.tsv").read_text().splitlines()[1:]]
        middle = [int(molecules) for _, pos, molecules, _ in sites if int(pos) in (55181385, 55191796)]
        assert np.mean(middle) == pytest.approx(expected * fold, abs=4 * np.sqrt(expected * fold))


# ----------------------------------------------------------------------------------- fragments


@pytest.mark.parametrize(("mean", "deviation"), [("150", "16"), ("167", "12")])
def test_fragment_lengths(make_specimen: MakeSpecimen, mean: str, deviation: str) -> None:
    alone = {
        "short_share": "0",
        "dinucleosome_share": "0",
        "leucocyte_share": "0",
        "ripple": "0",
        "singleton_share": "1",
    }
    bam = make_specimen("", "--input-ng", 30, **{**QUIET, **alone}, fragment_bp=mean, fragment_sd_bp=deviation)
    with pysam.AlignmentFile(str(bam)) as alignments:
        lengths = np.array(
            [
                read.template_length
                for read in alignments
                if not read.is_reverse and any(start <= read.reference_start <= end - 20 for start, end in TARGETS)
            ]
        )
    assert lengths.mean() == pytest.approx(float(mean), abs=4.5 * float(deviation) / np.sqrt(len(lengths)))
    assert lengths.std() == pytest.approx(float(deviation), rel=0.06)


def test_short_fragments_show_the_ripple(make_specimen: MakeSpecimen) -> None:
    alone = {"short_share": "1", "dinucleosome_share": "0", "leucocyte_share": "0", "ripple": "1", "short_sd_bp": "200"}
    bam = make_specimen("", "--input-ng", 12, **{**QUIET, **alone}, singleton_share="1")
    with pysam.AlignmentFile(str(bam)) as alignments:
        lengths = np.array([read.template_length for read in alignments if not read.is_reverse])
    lengths = lengths[(lengths >= 66) & (lengths < 150)]
    wave = np.exp(2j * np.pi * (lengths[:, None] - 150) / np.array([7.0, 10.4, 14.0]))
    power = abs(wave.mean(axis=0))
    assert power[1] > 0.4 > 3 * max(power[0], power[2])


# ----------------------------------------------------------------------------------------- UMI


def test_umi_errors_and_strands(make_specimen: MakeSpecimen) -> None:
    bam = make_specimen("", "--input-ng", 3, **{**QUIET, "umi_error": "0.01"})
    by_molecule: dict[str, list[str]] = {}
    for read in reads_of(bam):
        if not read.is_second:
            first, second = read.umi.split("-")
            umi = first + second if read.strand == "A" else second + first
            by_molecule.setdefault(read.name.split(":")[0], []).append(umi)
    wrong = bases = 0
    for umis in (u for u in by_molecule.values() if len(u) >= 8):
        truth = "".join(Counter(column).most_common(1)[0][0] for column in zip(*umis, strict=True))
        wrong += sum(a != b for umi in umis for a, b in zip(umi, truth, strict=True))
        bases += len(umis) * 16
    assert near(wrong, bases, 0.01)


@pytest.mark.parametrize(("style", "length", "per_molecule"), [("single", 8, 2), ("shared", 8, 1), ("none", 0, 1)])
def test_umi_styles(make_specimen: MakeSpecimen, style: str, length: int, per_molecule: int) -> None:
    bam = make_specimen("", "--input-ng", 2, **{**QUIET, "umi_style": style, "duplex_yield": "1"})
    umis: dict[str, set[str]] = {}
    for read in reads_of(bam):
        umis.setdefault(read.name.split(":")[0], set()).add(read.umi)
    assert {len(umi) for found in umis.values() for umi in found} == {length}
    assert max(len(found) for found in umis.values()) == per_molecule


def test_index_hopping_brings_singletons_of_a_neighbour(make_specimen: MakeSpecimen) -> None:
    table = variants_tsv((L858R, 1.0, ".", "contaminant"))
    bam = make_specimen(table, "--input-ng", 8, **{**QUIET, "index_hopping": "0.02"})
    row = read_truth(bam.with_suffix(".truth.tsv"))[L858R]
    assert row["alt_molecules"] == row["alt_read_pairs"]
    assert near(float(row["alt_read_pairs"]), float(row["read_pairs"]), 0.02)


# ---------------------------------------------------------------------------------- sequencing


@pytest.mark.parametrize("style", ["binned", "unbinned"])
def test_errors_follow_quality_and_cycle(make_specimen: MakeSpecimen, style: str) -> None:
    noisy = {
        "error_scale": "3",
        "quality_style": style,
        "quality_mean": "32",
        "quality_drop": "8",
        "singleton_share": "1",
    }
    bam = make_specimen("", "--input-ng", 12, **{**QUIET, **noisy})
    wrong, bases = np.zeros((2, 42)), np.zeros((2, 42))
    cycles, stated = np.zeros((2, 100)), np.zeros((2, 100))
    for read in reads_of(bam):
        mate, rate = int(read.is_second), np.minimum(3 * 10.0 ** (read.qualities / -10.0), 0.75)
        np.add.at(wrong[mate], read.qualities, read.differs)
        np.add.at(bases[mate], read.qualities, 1)
        cycles[mate, : len(rate)] += read.in_cycle_order(read.differs)
        stated[mate, : len(rate)] += read.in_cycle_order(rate)
    seen = set(np.flatnonzero(bases.sum(axis=0)))
    assert (seen <= {2, 12, 23, 37}) if style == "binned" else (len(seen) > 25)
    for quality in seen:
        expected = min(3 * 10 ** (int(quality) / -10), 0.75)
        assert near(wrong[:, quality].sum(), bases[:, quality].sum(), expected, errors=5)
    for mate in (0, 1):
        assert (abs(cycles[mate] - stated[mate]) <= 5 * np.sqrt(stated[mate]) + 1).all()
        assert cycles[mate, 75:].sum() > 1.3 * cycles[mate, :25].sum()
    assert stated[1].sum() > 1.05 * stated[0].sum()


def test_neighbouring_qualities_are_alike(make_specimen: MakeSpecimen) -> None:
    noisy = {"quality_style": "unbinned", "quality_read_sd": "0", "quality_mean": "25"}
    bam = make_specimen("", "--input-ng", 1, **{**QUIET, **noisy})
    pairs = np.array([(read.qualities[50], read.qualities[51]) for read in reads_of(bam) if len(read.qualities) > 51])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.6, abs=0.08)


# -------------------------------------------------------------------------------------- damage


def test_oxidation_hits_g_of_one_strand(make_specimen: MakeSpecimen) -> None:
    wrong, chances = changes(
        make_specimen("", "--input-ng", 10, **{**QUIET, "oxidation": "0.003", "singleton_share": "1"})
    )
    assert set(wrong) == {("A", "G>T"), ("B", "C>A")}
    assert near(wrong["A", "G>T"], chances["AG"], 0.003, errors=6)  # overlapping mates show one event twice
    assert near(wrong["B", "C>A"], chances["BC"], 0.003, errors=6)


def test_deamination_rises_towards_the_ends(make_specimen: MakeSpecimen) -> None:
    damage = {"deamination": "0.002", "deamination_end": "0.05", "singleton_share": "1"}
    bam = make_specimen("", "--input-ng", 10, **{**QUIET, **damage})
    wrong, chances = np.zeros(50), np.zeros(50)
    for read in reads_of(bam):
        own, shown = (ord("C"), ord("T")) if read.strand == "A" else (ord("G"), ord("A"))
        assert (read.bases[read.differs] == shown).all()
        from_end = read.in_cycle_order(np.arange(len(read.bases)))
        inner = (read.genome == own) & (from_end < min(50, read.fragment_bp // 2))
        np.add.at(chances, from_end[inner], 1)
        np.add.at(wrong, from_end[inner & read.differs], 1)
    expected = 0.002 + 0.05 * np.exp(-np.arange(50) / 6)
    assert (abs(wrong - chances * expected) <= 5 * np.sqrt(chances * expected) + 1).all()


def test_polymerase_errors_are_shared_by_parts_of_families(make_specimen: MakeSpecimen) -> None:
    pcr = {"pcr_error": "2e-5", "singleton_share": "0", "family_mean": "40", "family_shape": "100"}
    bam = make_specimen("", "--input-ng", 2, **{**QUIET, **pcr})
    shown: Counter[tuple[str, int, int]] = Counter()
    sizes: Counter[str] = Counter()
    wrong = bases = transitions = 0
    for read in reads_of(bam):
        family = read.name.rpartition(":")[0]
        sizes[family] += not read.is_reverse
        wrong, bases = wrong + int(read.differs.sum()), bases + len(read.bases)
        for offset in np.flatnonzero(read.differs):
            pair = {chr(read.genome[offset]), chr(read.bases[offset])}
            transitions += pair in ({"A", "G"}, {"C", "T"})
            shown[family, int(read.is_reverse), int(offset)] += 1
    assert wrong / bases == pytest.approx(2e-5 * 20 / 2, rel=0.15)
    assert transitions / wrong == pytest.approx(0.7, abs=0.06)
    shares = np.array([count / sizes[family] for (family, _, _), count in shown.items()])
    early = shares[shares > 0.3]
    assert early.mean() == pytest.approx(0.5, abs=0.05)
    assert shares.max() < 0.85
    assert (shares < 0.05).mean() > 0.5
