"""Measures of the library, against planted molecules whose truth is known."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.io.index import AlignmentCounts
from csfgeno.qc.depth import measure_depth
from csfgeno.qc.molecules import LARGEST_FAMILY, count_families, count_kinds, count_single_strands, measure_lengths
from csfgeno.qc.specimen import measure_specimen, summarise_specimen
from csfgeno.records import FamilySizes, Interval, Panel, Specimen, SpecimenQc, Target
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, EvidenceMode, MoleculeKind, QcVerdict, SpecimenKind

from ..molecules.planted import BASES, CONTIG, READ_BP, REGION, Planter, read_evidence

WIDE = Interval(CONTIG, 400, 4_600)
UMI_MODE = EvidenceMode.UMI_FAMILIES


def umi(number: int) -> str:
    """Return a dual UMI of its own for each number; the halves differ from those of others by two letters or more."""
    code = "".join("ACGT"[number >> shift & 3] for shift in (0, 2, 4, 6, 8))
    return f"{code}{code}-{code[::-1]}{code}"


def panel_of(*intervals: Interval) -> Panel:
    targets = tuple(Target(interval, "GENE", f"T{i}") for i, interval in enumerate(intervals))
    return Panel("test", "1", Build.GRCH38, targets, (), "0" * 64)


def measure(
    evidence: SpecimenEvidence,
    mode: EvidenceMode = UMI_MODE,
    *,
    region: Interval = REGION,
    alignments: AlignmentCounts | None = None,
) -> SpecimenQc:
    specimen = Specimen(SpecimenKind.CSF, "S", input_ng=1.0)
    return measure_specimen(specimen, mode, evidence, panel_of(region), Thresholds(), alignments)


def histogram(sizes: list[int]) -> tuple[int, ...]:
    counts = Counter(min(size, LARGEST_FAMILY + 1) for size in sizes if size)
    return tuple(counts[size] for size in range(1, LARGEST_FAMILY + 2))


# ----------------------------------------------------------------------------------------- families


def test_families_kinds_strands_and_duplicates_are_those_planted(tmp_path: Path) -> None:
    rng = random.Random(3)
    sizes = [(rng.choice((0, 1, 1, 2, 5)), rng.choice((0, 0, 1, 3))) for _ in range(150)]
    sizes = [pair for pair in sizes if sum(pair)] + [(23, 0), (0, 21), (20, 20)]
    planter = Planter()
    for number, (copies_a, copies_b) in enumerate(sizes):
        left, length = rng.randrange(1_950, 2_250), rng.randrange(120, 200)
        planter.plant(left, length, umi(number), copies_a=copies_a, copies_b=copies_b)
    evidence = read_evidence(tmp_path, planter)
    qc = measure(evidence)
    pairs, duplex = sum(map(sum, sizes)), sum(a > 0 < b for a, b in sizes)
    assert qc.family_sizes == FamilySizes(histogram([a for a, _ in sizes]), histogram([b for _, b in sizes]))
    assert (qc.molecules, qc.fragments) == (len(sizes), pairs)
    assert qc.duplicate_rate == 1 - len(sizes) / pairs
    assert qc.molecules_by_kind == {
        MoleculeKind.DUPLEX: duplex,
        MoleculeKind.SIMPLEX: sum(max(a, b) > 1 and not (a and b) for a, b in sizes),
        MoleculeKind.SINGLETON: sum(a + b == 1 for a, b in sizes),
    }
    assert qc.duplex_share == duplex / len(sizes)
    only_a, only_b = sum(not b for _, b in sizes), sum(not a for a, _ in sizes)
    assert (qc.single_strand_a, qc.single_strand_b) == (only_a, only_b)
    assert qc.strand_a_share == only_a / (only_a + only_b)
    families = [size for pair in sizes for size in pair if size]
    assert qc.mean_family_size == pytest.approx(sum(families) / len(families))


def test_a_molecule_over_two_tiles_counts_once(tmp_path: Path) -> None:
    planter = Planter()
    lefts = range(450, 4_400, 25)
    for number, left in enumerate(lefts):
        planter.plant(left, 150, umi(number), copies_a=2)
    evidence = read_evidence(tmp_path, planter, region=WIDE)
    assert len(evidence.tiles) > 1
    assert sum(len(tile.molecules) for tile in evidence.tiles) > len(lefts)
    qc = measure(evidence, region=WIDE)
    assert (qc.molecules, qc.fragments) == (len(lefts), 2 * len(lefts))
    assert qc.fragment_lengths is not None
    assert qc.fragment_lengths.measured == len(lefts)


def test_consensus_reads_tell_families_by_their_tags_but_no_strand_balance(tmp_path: Path) -> None:
    planter = Planter()
    depths = [(4, 2), (3, 0), (1, 0), (30, 1)]
    for number, (depth_a, depth_b) in enumerate(depths):
        tags: dict[str, str | int | float] = {"aD": depth_a, "bD": depth_b, "cD": depth_a + depth_b}
        planter.plant(2_000 + 20 * number, 150, umi(number), tags=tags)
    evidence = read_evidence(tmp_path, planter)
    qc = measure(evidence, EvidenceMode.CONSENSUS_READS)
    assert qc.family_sizes == FamilySizes(histogram([a for a, _ in depths]), histogram([b for _, b in depths]))
    assert (qc.molecules, qc.fragments) == (4, 41)
    assert count_single_strands(evidence, EvidenceMode.CONSENSUS_READS) is None
    assert qc.strand_a_share is None
    assert qc.duplex_share == 0.5


def test_families_of_unknown_size_give_no_duplicate_rate(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_000, 150, None)
    evidence = read_evidence(tmp_path, planter, mode=EvidenceMode.CONSENSUS_READS)
    qc = measure(evidence, EvidenceMode.CONSENSUS_READS)
    assert qc.molecules == 1
    assert qc.fragments is qc.duplicate_rate is qc.mean_family_size is None


def test_without_umis_copies_are_those_of_equal_ends_and_duplex_is_unknown(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_000, 150, None, copies_a=3)
    planter.plant(2_010, 150, None)
    qc = measure(read_evidence(tmp_path, planter), EvidenceMode.FRAGMENTS)
    assert qc.molecules_by_kind == {MoleculeKind.RAW: 2}
    assert qc.duplicate_rate == 0.5
    assert qc.duplex_share is None


@pytest.mark.parametrize("mean", [0.7, 1.5, 4.0])
@pytest.mark.parametrize("lost", [0.0, 0.4])
def test_expected_duplex_yield_tells_lost_strands_from_shallow_sequencing(mean: float, lost: float) -> None:
    """Poisson families: the expected yield is met when both strands entered, and missed by what was lost."""
    rng = np.random.default_rng(11)
    sizes = rng.poisson(mean, (2, 200_000)) * np.array([np.ones(200_000), rng.random(200_000) >= lost])
    seen_a, seen_b = sizes > 0
    observed = float(np.mean((seen_a & seen_b)[seen_a | seen_b]))
    families = FamilySizes(*(histogram([int(size) for size in strand]) for strand in sizes))
    expected = families.duplex_share_expected
    assert expected is not None
    hit = 1 - np.exp(-mean)
    assert expected == pytest.approx(hit / (2 - hit), abs=0.01)
    assert observed == pytest.approx(expected, abs=0.01) if lost == 0 else observed < 0.75 * expected


def test_expected_duplex_yield_needs_families_of_two() -> None:
    assert FamilySizes((5, 0), (3, 0)).duplex_share_expected is None


# ------------------------------------------------------------------------------------------ lengths


def test_lengths_are_those_planted(tmp_path: Path) -> None:
    rng = random.Random(5)
    lengths = [rng.choice((45, 119, 120, 160, 160, 160, 167, 220, 221, 249, 250, 340, 599, 600)) for _ in range(400)]
    planter = Planter()
    for number, length in enumerate(lengths):
        planter.plant(2_040 + number % 97, length, umi(number))
    found = measure_lengths(read_evidence(tmp_path, planter), Thresholds())
    assert found.measured == len(lengths)
    assert found.counts == tuple(sum(start <= n < start + 5 for n in lengths) for start in range(50, 600, 5))
    assert (found.shorter, found.longer) == (lengths.count(45), lengths.count(600))
    assert found.mononucleosomal_share == sum(120 <= n <= 220 for n in lengths) / len(lengths)
    assert found.long_share == sum(n >= 250 for n in lengths) / len(lengths)
    assert found.modal_bp is not None
    assert 160 <= found.modal_bp <= 167


def test_the_mode_is_that_of_the_neighbourhood_and_not_of_one_length(tmp_path: Path) -> None:
    planter = Planter()
    lengths = [300] * 4 + [n for n in range(140, 151) for _ in range(2)]
    for number, length in enumerate(lengths):
        planter.plant(2_050, length, umi(number))
    assert measure_lengths(read_evidence(tmp_path, planter), Thresholds()).modal_bp == 145


def test_lone_reads_and_distant_ends_have_no_length(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_000, 150, umi(1))
    planter.plant(2_000, 1_000, umi(2))
    planter.plant(2_000, 1_001, umi(3))
    planter.builder.add_read("lone", CONTIG, 2_000, "100M", BASES[2_000:2_100], tags={"RX": umi(4)})
    found = measure_lengths(read_evidence(tmp_path, planter), Thresholds())
    assert (found.measured, found.longer, sum(found.counts)) == (2, 1, 1)


def test_no_molecule_gives_no_share_and_no_mode(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_000, 150, umi(1))
    nothing = SpecimenEvidence((), read_evidence(tmp_path, planter).sequence)
    found = measure_lengths(nothing, Thresholds())
    assert (found.measured, found.modal_bp, found.long_share, found.mononucleosomal_share) == (0, None, None, None)
    assert count_families(nothing).families == 0
    assert count_kinds(nothing) == {}
    qc = measure(nothing)
    assert (qc.molecules, qc.duplicate_rate, qc.strand_a_share, qc.discordant_rate) == (0, None, None, None)
    assert (qc.median_depth, qc.depth.evenness if qc.depth else 0) == (0.0, None)


# ---------------------------------------------------------------------------------- agreement, depth


def test_positions_at_which_mates_disagree_are_counted(tmp_path: Path) -> None:
    planter = Planter()
    for number in range(10):
        planter.plant(2_100 + number, READ_BP, umi(number))
    torn = BASES[2_200 : 2_200 + READ_BP]
    other = "ACGT"[("ACGT".index(torn[40]) + 1) % 4]
    wrong = torn[:40] + other + torn[41:]
    span = f"{READ_BP}M"
    planter.builder.add_pair("torn", CONTIG, 2_200, span, torn, 2_200, span, wrong, tags={"RX": umi(11)})
    qc = measure(read_evidence(tmp_path, planter))
    assert (qc.stated_bases, qc.discordant_bases) == (11 * READ_BP - 1, 1)
    assert qc.discordant_rate == 1 / (11 * READ_BP)


def test_depth_and_evenness_follow_from_what_molecules_span(tmp_path: Path) -> None:
    deep, shallow = Interval(CONTIG, 2_000, 2_050), Interval(CONTIG, 2_300, 2_380)
    planter = Planter()
    for number in range(20):
        planter.plant(1_980, 150, umi(number))
    for number in range(20, 23):
        planter.plant(2_290, 60, umi(number))
    evidence = read_evidence(tmp_path, planter)
    targets, depth = measure_depth(evidence, panel_of(deep, shallow), Thresholds())
    expected = np.array([20] * 50 + [3] * 50 + [0] * 30)
    assert [(t.name, t.median_depth, t.min_depth) for t in targets] == [("T0", 20.0, 20), ("T1", 3.0, 0)]
    assert depth.mean_depth == pytest.approx(expected.mean())
    assert depth.bases == 130
    assert depth.even_bases == int(np.sum(expected >= 0.2 * expected.mean())) == 100
    assert depth.evenness == 100 / 130


def test_a_base_at_the_very_share_of_the_mean_is_even(tmp_path: Path) -> None:
    planter = Planter()
    for number in range(9):
        planter.plant(1_980, 150, umi(number))
    planter.plant(2_290, 60, umi(9))
    panel = panel_of(Interval(CONTIG, 2_000, 2_050), Interval(CONTIG, 2_300, 2_350))
    evidence = read_evidence(tmp_path, planter)
    assert measure_depth(evidence, panel, Thresholds())[1].even_bases == 100
    assert measure_depth(evidence, panel, Thresholds(evenness_depth_share=0.2001))[1].even_bases == 50


# -------------------------------------------------------------------------------------- whole record


def test_recovery_and_on_target_rate(tmp_path: Path) -> None:
    planter = Planter()
    for number in range(30):
        planter.plant(1_950, 300, umi(number))
    region = Interval(CONTIG, 2_000, 2_040)
    qc = measure(read_evidence(tmp_path, planter), region=region, alignments=AlignmentCounts(80, 60))
    assert qc.input_genome_equivalents == pytest.approx(1_000 / 3.3)
    assert qc.recovered_fraction == pytest.approx(30 / (1_000 / 3.3))
    assert qc.on_target_rate == 0.75
    assert measure(read_evidence(tmp_path, planter)).on_target_rate is None


def test_long_csf_fragments_limit_the_specimen(tmp_path: Path) -> None:
    planter = Planter()
    for number in range(120):
        planter.plant(2_050 + number % 7, 400 if number % 2 else 150, umi(number), copies_b=1)
    specimen = Specimen(SpecimenKind.CSF, "S")
    evidence = read_evidence(tmp_path, planter)
    qc = summarise_specimen(specimen, UMI_MODE, evidence, panel_of(REGION), [], Thresholds(), ("odd file",))
    assert qc.verdict is QcVerdict.LIMITED
    assert [note.code for note in qc.notes] == ["long_fragments", "input_unknown", "file"]
    assert "50% of the DNA fragments have 250 bp or more (limit 30%)" in qc.notes[0].text
