"""Copies of genes and alleles: depth and SNP fractions against calculation by hand."""

from pathlib import Path

import numpy as np
import pytest

from .conftest import run
from .planting import read_truth, variants_tsv
from .rearranging import events_tsv, fusion, read_world, write_world
from .test_events import ALONE, depths, read_events, simulate

PURE = {**ALONE, "leucocyte_share": "0"}
GENOMES = 3 * 1000 / 3.3 * 0.31


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("copies"), seed=2)


def mean_depths(world: Path, folder: Path, *options: object, **parameters: str) -> list[float]:
    """Return the mean molecules over the middle of A1, B1 and B2; its sites are nearly independent."""
    bam = simulate(world, folder, "", "--input-ng", 3, "--sites", *options, **{**PURE, **parameters})
    seen = depths(bam)
    starts = (("chrA", 3000), ("chrB", 3000), ("chrB", 7000))
    return [float(np.mean([seen[contig, start + i] for i in (150, 500, 850)])) for contig, start in starts]


@pytest.mark.parametrize(
    ("options", "fraction", "folds"),
    [
        (("B=6",), "0.3", (1.0, 1.6, 1.6)),  # (2 x 0.7 + 6 x 0.3) / 2
        (("B=0",), "1", (1.0, 0.0, 0.0)),
        (("chrB=1+0", "chrB:7001-8000=12"), "0.5", (1.0, 0.75, 3.5)),  # an arm is lost, and in it a gene gained
        (("chrB:1-4000=3",), "0.6", (1.0, 1.3, 1.0)),
    ],
)
def test_depth_is_the_mean_of_tumour_and_other_cells(
    options: tuple[str, ...], fraction: str, folds: tuple[float, ...], world: Path, tmp_path: Path
) -> None:
    chosen = [part for option in options for part in ("--tumour-copies", option)]
    found = mean_depths(world, tmp_path, *chosen, tumour_fraction=fraction)
    for seen, fold in zip(found, folds, strict=True):
        assert seen == pytest.approx(GENOMES * fold, abs=4.5 * np.sqrt(GENOMES * fold / 3) + 1e-9)


def test_leucocytes_keep_their_copies(world: Path, tmp_path: Path) -> None:
    found = mean_depths(world, tmp_path, "--tumour-copies", "B=0", tumour_fraction="1", leucocyte_share="0.2")
    # What is left is of leucocytes: 0.2 of the molecules, of which two reads of 100 cover 200 bases, not about 145.
    assert found[1] / found[0] == pytest.approx(0.2 * 200 / (0.2 * 200 + 0.8 * 145), abs=0.05)


def snp_shares(world: Path, folder: Path, *options: object, **parameters: str) -> dict[str, tuple[float, int]]:
    """Return fraction and molecules of SNPs of the major and of the minor allele of A, and of a bystander in B."""
    chromosomes, rows = read_world(world), []
    for contig, pos, label in (("chrA", 3300, "major"), ("chrA", 3700, "minor"), ("chrB", 3500, "major")):
        ref = chromosomes[contig][pos - 1]
        rows.append(((contig, pos, ref, "A" if ref != "A" else "C"), 0.5, label, "patient"))
    (folder / "snps.tsv").write_text(variants_tsv(*rows))
    given = ("--variants", folder / "snps.tsv", "--input-ng", 6)
    bam = simulate(world, folder, "", *given, *options, **{**PURE, **parameters})
    truth = read_truth(bam.with_suffix(".truth.tsv"))
    counts = [(int(truth[row[0]]["alt_molecules"]), int(truth[row[0]]["molecules"])) for row in rows]
    return {name: (a / n, n) for name, (a, n) in zip(("major", "minor", "bystander"), counts, strict=True)}


@pytest.mark.parametrize(
    ("copies", "fraction", "major"),
    [
        ("1+0", 0.4, 1.0 / 1.6),  # (0.6 + 0.4) / (1.2 + 0.4)
        ("2+0", 0.4, 1.4 / 2.0),
        ("5+1", 0.2, 1.8 / 2.8),
        ("6", 0.4, 0.5),
    ],
)
def test_alleles_shift_by_tumour_fraction_and_copies(
    copies: str, fraction: float, major: float, world: Path, tmp_path: Path
) -> None:
    shares = snp_shares(world, tmp_path, "--tumour-copies", f"A={copies}", tumour_fraction=str(fraction))
    for name, expected in (("major", major), ("minor", 1 - major), ("bystander", 0.5)):
        seen, molecules = shares[name]
        assert seen == pytest.approx(expected, abs=4.5 * np.sqrt(expected * (1 - expected) / molecules) + 1e-9), name


def test_random_snps_lie_on_either_parent(world: Path, tmp_path: Path) -> None:
    options = ("--tumour-copies", "chrA=1+0", "--input-ng", 6)
    bam = simulate(world, tmp_path, "", *options, **{**PURE, "snp_rate": "0.01"}, tumour_fraction="0.6")
    rows = [row for row in read_truth(bam.with_suffix(".truth.tsv")).values() if row["vaf"] == "0.5"]
    rows = [row for row in rows if row["origin"] == "patient" and int(row["molecules"]) > 250]
    shares: dict[str, list[float]] = {label: [] for label in ("major", "minor", ".")}
    for row in rows:
        shares[row["haplotype"]].append(int(row["alt_molecules"]) / int(row["molecules"]))
        assert (row["haplotype"] == ".") == (row["contig"] == "chrB")
    for label, expected in (("major", 1 / 1.4), ("minor", 0.4 / 1.4), (".", 0.5)):
        assert shares[label]
        assert shares[label] == pytest.approx([expected] * len(shares[label]), abs=0.13)


def test_copies_are_in_the_truth(world: Path, tmp_path: Path) -> None:
    options = ("--tumour-copies", "chrB=1+0", "--tumour-copies", "chrB:7001-8000=4+2", "--copies", "A=3")
    bam = simulate(world, tmp_path, "", *options, "--input-ng", 1, tumour_fraction="0.5")
    assert bam.with_suffix(".copies.tsv").read_text().splitlines() == [
        "gene\ttargets\tcopies\ttumour_major\ttumour_minor\tcell_free_copies\tmajor_share",
        "A\t1\t3\t1\t1\t3\t0.5",
        "B\t1\t2\t1\t0\t1.5\t0.666667",
        "B\t1\t2\t4\t2\t4\t0.625",
    ]


def test_an_event_follows_the_copies_of_its_first_place(world: Path, tmp_path: Path) -> None:
    event = fusion("chrA:3500|", "|chrB:9000", vaf=0.3)
    options = ("--tumour-copies", "A=8", "--input-ng", 3)
    row, _ = read_events(simulate(world, tmp_path, events_tsv([event]), *options, **PURE, tumour_fraction="0.5"))
    total = int(row["total_molecules"])
    assert total == pytest.approx(GENOMES * 2.5, abs=4.5 * np.sqrt(GENOMES * 2.5))
    assert int(row["molecules"]) == pytest.approx(0.3 * total, abs=4.5 * np.sqrt(0.21 * total))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tumour-copies", "A=lots"), "--tumour-copies A=lots: expected copies per tumour cell such as 6"),
        (("--tumour-copies", "A=1+1+1"), "or those of both alleles such as 2+0"),
        (("--tumour-copies", "A=0+1"), "write the larger first"),
        (("--tumour-copies", "chrC=1+0"), "tumour copies are given for chrC, of which the panel has no target"),
        (("--tumour-copies", "A=4", "--set", "tumour_fraction=0"), "tumour copies need a tumour_fraction above 0"),
    ],
)
def test_impossible_copies_are_refused(
    options: tuple[str, ...], words: str, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--reference", world, "--panel", world.with_name("panel.bed"), "--set", "tumour_fraction=0.5"]
    assert run("simulate", *arguments, *options, "--out-prefix", tmp_path / "s") == 2
    assert words in capsys.readouterr().err


def test_a_parental_label_is_of_inherited_variants(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ref = read_world(world)["chrA"][3299]
    (tmp_path / "v.tsv").write_text(variants_tsv((("chrA", 3300, ref, "A" if ref != "A" else "C"), 0.1, "major", ".")))
    arguments = ["--reference", world, "--panel", world.with_name("panel.bed"), "--variants", tmp_path / "v.tsv"]
    tumour = ["--tumour-copies", "A=1+0", "--set", "tumour_fraction=0.5"]
    assert run("simulate", *arguments, *tumour, "--out-prefix", tmp_path / "s") == 2
    assert "haplotype major is of inherited heterozygous variants" in capsys.readouterr().err
