import csv
from collections import Counter, defaultdict
from pathlib import Path

import pysam
import pytest

READS = Path(__file__).resolve().parents[1] / "data/reads"
BAM = str(READS / "reference_material_5pct.simplex.GRCh37.bam")
FASTA = str(READS / "GRCh37.masked.fa.gz")


def known_variants() -> list[dict[str, str]]:
    with (READS / "reference_material_5pct.known_variants.tsv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


SUBSTITUTIONS = [row for row in known_variants() if row["ref"] != "-"]


def target_lines() -> list[list[str]]:
    lines = (READS / "targets.GRCh37.bed").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line[0] != "#"]


def test_contigs_have_the_lengths_of_the_bam_header() -> None:
    with pysam.AlignmentFile(BAM) as bam, pysam.FastaFile(FASTA) as genome:
        assert set(genome.references) == {read.reference_name for read in bam}
        for name, length in zip(genome.references, genome.lengths, strict=True):
            assert bam.get_reference_length(name) == length


def test_targets_hold_sequence_and_the_far_genome_none() -> None:
    with pysam.FastaFile(FASTA) as genome:
        for contig, start, end, name in target_lines():
            bases = genome.fetch(contig, int(start), int(end))
            # Derived AKT1 sequence ends a few bases before its reads do.
            assert bases.count("N") <= (6 if name.startswith("AKT1") else 0), name
        assert set(genome.fetch("7", 1_000_000, 1_010_000)) == {"N"}


@pytest.mark.parametrize("row", SUBSTITUTIONS, ids=lambda row: f"{row['gene']}_{row['hgvsp']}")
def test_reads_show_each_known_variant_in_the_recounted_number(row: dict[str, str]) -> None:
    contig, pos = row["chrom_grch37"].removeprefix("chr"), int(row["pos_grch37"]) - 1
    with pysam.FastaFile(FASTA) as genome:
        assert genome.fetch(contig, pos, pos + 1) == row["ref"]
    calls: dict[str, set[str]] = defaultdict(set)
    with pysam.AlignmentFile(BAM) as bam:
        for read in bam.fetch(contig, pos, pos + 1):
            place = {r: q for q, r in read.get_aligned_pairs(matches_only=True)}
            if pos in place and read.query_name and read.query_sequence:
                calls[read.query_name].add(read.query_sequence[place[pos]])
    stated = [bases - {"N"} for bases in calls.values()]
    fragments = Counter(next(iter(bases)) for bases in stated if len(bases) == 1)
    assert fragments[row["alt"]] == pytest.approx(int(row["recount_simplex_alt"]), abs=1)
    assert len(calls) == pytest.approx(int(row["recount_simplex_fragments"]), rel=0.02)


def test_some_records_are_there_twice() -> None:
    with pysam.AlignmentFile(BAM) as bam:
        records = [(read.query_name, read.flag, read.reference_start, read.cigarstring) for read in bam]
    assert len(records) > len(set(records))
