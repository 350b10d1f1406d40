"""Alleles that are easy to get wrong, in real sequence aligned by bwa mem: one record each, with its fraction.

The whole table, at 0.5% and 5% and beside other callers, is made by `tests/bench/study_alleles.py`.
"""

import csv
from pathlib import Path

import pytest

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Interval
from csfgeno.thresholds import Thresholds

from .cell_free import GENOME, TABLE, simulate

with (Path(__file__).parent / "alleles.tsv").open(newline="") as table:
    ALLELES = [(row["gene"], row["hgvs_c"]) for row in csv.DictReader(table, delimiter="\t")]


@pytest.mark.parametrize(("gene", "hgvs"), ALLELES, ids=lambda value: str(value))
def test_one_record_with_the_true_fraction(gene: str, hgvs: str, tmp_path: Path) -> None:
    bam, truth, written = simulate(tmp_path, gene, hgvs, 0.1, 250, consensus=True)
    with ReferenceFasta(GENOME) as fasta:
        expected = normalise(written, fasta)
        source = Source(bam, GENOME, Thresholds(), normalise)
        places = [Interval(expected.contig, expected.start - 60, expected.end + 60)]
        mode = probe(source, places, None)
        tiles = tuple(read_molecules(source, make_tiles(places, mode.reads_per_bp), mode, 1))
        evidence = SpecimenEvidence(tiles, fasta, in_one_codon=TABLE.in_one_codon)
        counts = {allele: int(evidence.tally(allele).alt.sum()) for allele in evidence.alleles()}
        depth = int(evidence.tally(expected).depth.sum())
    assert [allele for allele, alt in counts.items() if alt > 3] == [expected]
    # Both counts are of the same molecules, but for those that end near the allele.
    assert abs(counts[expected] / depth - truth.vaf) < 0.025
