"""The study of structural changes plants what it says and counts what it says."""

from pathlib import Path

import numpy as np
import pysam
import pytest

from csfgeno.genome.sequence import reverse_complement
from csfgeno.records import Allele, Breakpoint, Interval
from csfgeno.simulation.fragments import MAX_FRAGMENT_BP
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.vocab import Build, CallState, ContigStyle, Side
from tests.structural.aligned import synthetic_genome

from . import copy_tables, fusion_tables, heterozygosity_study
from .cnvkit import gene_ratios
from .copy_bench import SHIFT_SD, Inherited, inherited_variants
from .copy_study import COPIES, GAINED, CopyRow, LossRow, planted_copies
from .fusion_bench import Bench, DellyJunction, Pair, derive, is_hit, plant_fractions, shorten
from .fusion_study import BY_FRACTION, Blank, Event
from .rows import keep, recall

FIRST, SECOND = Breakpoint("a", 5_000, Side.LEFT), Breakpoint("b", 7_000, Side.RIGHT)


def make_bench(folder: Path, pair: Pair) -> Bench:
    genome = synthetic_genome([Interval(p.contig, p.pos - 1_100, p.pos + 1_100) for p in pair], seed=2)
    path = folder / "stretches.fa"
    records = (f">{contig}@{start}\n{bases}\n" for contig, parts in genome.parts.items() for start, bases in parts)
    path.write_text("".join(records))
    genes = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
    return Bench(folder, genes, (pair,), {"a": 9_000, "b": 9_000}, path, path)


@pytest.mark.parametrize("sides", [(a, b) for a in Side for b in Side])
def test_a_derived_chromosome_joins_the_kept_bases(tmp_path: Path, sides: tuple[Side, Side]) -> None:
    pair = (Breakpoint("a", 5_000, sides[0]), Breakpoint("b", 7_000, sides[1]))
    genome = derive(make_bench(tmp_path, pair))
    before = genome.fetch("derived0", MAX_FRAGMENT_BP - 50, MAX_FRAGMENT_BP)
    after = genome.fetch("derived0", MAX_FRAGMENT_BP, MAX_FRAGMENT_BP + 50)
    left = genome.fetch("a", 4_951, 5_001), reverse_complement(genome.fetch("a", 5_000, 5_050))
    right = reverse_complement(genome.fetch("b", 6_951, 7_001)), genome.fetch("b", 7_000, 7_050)
    assert before == left[sides[0] is Side.RIGHT]
    assert after == right[sides[1] is Side.RIGHT]


def test_a_fraction_takes_from_the_wild_chromosome_what_it_gives_to_the_derived_one(tmp_path: Path) -> None:
    wild, derived = plant_fractions(make_bench(tmp_path, (FIRST, SECOND)), [0.2], 100.0).targets
    assert (wild.depth, derived.depth) == (80.0, 20.0)
    assert derived.interval.start < MAX_FRAGMENT_BP < derived.interval.end


def test_records_move_with_their_mates_and_supplements(tmp_path: Path) -> None:
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "a", "LN": 9_000}, {"SN": "b", "LN": 9_000}]}
    bam, out = tmp_path / "long.bam", tmp_path / "short.bam"
    with pysam.AlignmentFile(str(bam), "wb", header=header) as reads:
        read = pysam.AlignedSegment(reads.header)
        read.query_name, read.query_sequence, read.flag, read.cigarstring = "r", "ACGT", 97, "4M"
        read.reference_id, read.reference_start, read.next_reference_id, read.next_reference_start = 0, 5_000, 1, 7_000
        read.set_tag("SA", "b,7001,+,4M,60,0;")
        reads.write(read)
    shorten(bam, {"a": 4_000, "b": 6_500}, out)
    with pysam.AlignmentFile(str(out)) as reads:
        (moved,) = reads
        assert reads.lengths == (5_000, 2_500)
    assert (moved.reference_start, moved.next_reference_start) == (1_000, 500)
    assert moved.get_tag("SA") == "b,501,+,4M,60,0;"


def test_a_junction_of_delly_counts_in_either_order() -> None:
    ends = (("b", 7_010), ("a", 5_000))
    assert is_hit(DellyJunction(ends, True), (FIRST, SECOND))
    assert is_hit(DellyJunction(ends[::-1], True), (FIRST, SECOND))
    assert not is_hit(DellyJunction((ends[0], ("a", 5_051)), True), (FIRST, SECOND))
    assert not is_hit(DellyJunction((ends[0], ends[0]), True), (FIRST, SECOND))


def test_the_sampling_limit_is_that_of_molecules_long_enough_on_both_sides() -> None:
    """5 ng are 470 molecules; of the 144 bp of a mean fragment 125 are at least ten bases from both ends."""
    few, many = (fusion_tables.sampling_limit(2, vaf, 5) for vaf in (0.005, 0.02))
    assert few == pytest.approx(1 - np.exp(-2.04) * (1 + 2.04), abs=0.01)
    assert many > 0.99


def event(state: str, level: float) -> Event:
    return Event(
        arm=BY_FRACTION, level=level, input_ng=5, label="A exon 1 :: B exon 2", seed=1, state=state, molecules=3,
        vaf=0.01, error_bp=0, is_named=True, is_framed=False, least=2, by_delly=True, by_delly_passed=False,
    )  # fmt: skip


def test_fusions_are_counted_by_level(tmp_path: Path) -> None:
    keep(tmp_path / "fusions.jsonl", [event("DETECTED", 0.02), event("INDETERMINATE", 0.02), event("", 0.05)])
    keep(tmp_path / "fusion_blanks.jsonl", [Blank("blank", 5, 1, 0, 1, 7, 3, (0.01, None))])
    assert recall(tmp_path / "fusions.jsonl", Event)[1] == event("INDETERMINATE", 0.02)
    text = "\n".join(fusion_tables.tables(tmp_path))
    assert "| 5 | 0.02 | 1/2, 50.0% (1.3%-98.7%) | 91.7% | 1 | 2 (0) | 0 / 0 | 1/1, 0/1 |" in text
    assert "0 false events detected, 1 indeterminate; delly 7 (3 pass). So at most 95.0% of blanks" in text


def copy_row(gene: str, copies: float, log2: float, amplification: CallState, paired: float) -> CopyRow:
    return CopyRow(
        person=0, tumour_fraction=0.5, gene=gene, copies=copies, amplification=amplification.value,
        deep_loss=CallState.NOT_DETECTED.value, log2=log2, log2_low=log2 - 0.1, log2_high=log2 + 0.1,
        estimated_fraction=0.5, estimated_copies=copies + 1, copies_low=copies - 1, copies_high=copies + 0.5,
        paired=paired, pooled=None,
    )  # fmt: skip


def test_copies_are_counted_by_truth(tmp_path: Path) -> None:
    called = copy_row("MET", 6.0, 1.05, CallState.DETECTED, 0.6)
    neutral = copy_row("KRAS", 2.0, -0.2, CallState.NOT_DETECTED, 0.3)
    keep(tmp_path / "copies.jsonl", [called, neutral])
    keep(tmp_path / "losses.jsonl", [LossRow(0, 0.5, "TP53", 2, 2, True, "DETECTED", 0.4)])
    text = "\n".join(copy_tables.tables(tmp_path))
    assert "| 6 | 0.5 | 1 | 1/1 | 1/1 | 0/1 | 1/1 | 0/0 | 0/0 | +1.00 (0.00) | 1/1 | 1/1 |" in text
    assert "| 0.5 | 1 | 0/1 | 0/1 | 0/1 | 1/1 | 0/0 | 0/0 |" in text
    assert "| gained genes | 1 | +0.050 ± 0.000 (SD 0.000) | -0.400 ± 0.000 (SD 0.000) | - |" in text
    assert "| 2 | 2.0 | 1/1 | 0.40 |" in text


def test_every_gained_gene_has_every_number_of_copies_once_in_four_persons() -> None:
    for gene in GAINED:
        assert sorted(planted_copies(person)[gene] for person in range(4)) == list(COPIES)


@pytest.mark.parametrize("is_on_lost", [True, False])
def test_a_lost_copy_moves_the_fraction_as_the_method_says(is_on_lost: bool) -> None:
    own, f = Inherited("TP53", Allele("a", 1, "C", "T"), 0.5, is_on_lost), 0.3
    (variant,) = inherited_variants([own], {"TP53": f}, np.random.default_rng(1))
    assert variant.vaf == pytest.approx((1 - f if is_on_lost else 1) / (2 - f), abs=5 * SHIFT_SD)
    assert abs(variant.vaf - 0.5) > 5 * SHIFT_SD / 2


def test_the_ratio_of_a_gene_is_the_weighted_mean_of_its_bins(tmp_path: Path) -> None:
    path = tmp_path / "a.cnr"
    path.write_text("gene\tlog2\tweight\nMET\t1.0\t3\nMET\t0.0\t1\nKRAS\t-0.5\t1\n")
    assert dict(gene_ratios(path)) == {"MET": 0.75, "KRAS": -0.5}


def test_drawn_genes_fill_their_tables() -> None:
    text = "\n".join(heterozygosity_study.tables(heterozygosity_study.Plan(balanced=3, lost=3)))
    assert text.count("\n| ") == 1 + 18 + 1 + 9
    assert "nan" not in text
