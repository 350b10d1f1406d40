"""Names of the alleles that matter, against published ones, and the rules on a gene small enough to read."""

import csv
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.annotation.hgvs import accession
from csfgeno.annotation.naming import AnnotatedAllele, annotate, annotate_allele
from csfgeno.annotation.protein import ProteinChange
from csfgeno.annotation.transcripts import (
    CodingExon,
    CodingPosition,
    CodonAlias,
    Transcript,
    TranscriptTable,
)
from csfgeno.errors import InputError
from csfgeno.genome.sequence import Strand, reverse_complement
from csfgeno.records import Allele, Interval
from csfgeno.vocab import Build, Consequence

from .genome_slices import DATA, TextGenome, slice_genome, table

NOT_STORED = {"MAP2K1", "NTRK3"}
"""Genes of the examples for which no sequence may be shipped; their rows are not tested."""


def example_rows() -> list[dict[str, str]]:
    with (DATA / "hgvs_examples.tsv").open() as lines:
        return [row for row in csv.DictReader(lines, delimiter="\t") if row["gene"] not in NOT_STORED]


def spellings(row: dict[str, str], build: Build) -> Iterator[Allele]:
    """The allele of a row and, in GRCh38, its other single-record spelling."""
    key = build.value.lower()
    yield Allele(f"chr{row['chrom']}", int(row[f"{key}_pos"]) - 1, row[f"{key}_ref"], row[f"{key}_alt"])
    kind, _, text = row["equivalent_inputs_grch38"].partition(": ")
    if build is Build.GRCH38 and kind == "right-shifted":
        place, _, alt = text.partition(">")
        contig, _, rest = place.partition(":")
        pos = rest.rstrip("ACGT")
        yield Allele(f"chr{contig}", int(pos) - 1, rest[len(pos) :], alt)


@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize("row", example_rows(), ids=lambda row: f"{row['id']}-{row['gene']}-{row['hgvs_c']}")
def test_annotate__published_examples(row: dict[str, str], build: Build) -> None:
    for allele in spellings(row, build):
        annotated = annotate(allele, table(build), slice_genome(build))
        assert annotated is not None
        change = annotated.change
        assert (change.gene, change.transcript) == (row["gene"], row["transcript"].split(" ")[0].split("/")[0])
        assert (change.hgvs_c, change.hgvs_p) == (row["hgvs_c"], row["hgvs_p"])
        assert change.hgvs_p_short == (row["hgvs_p_short"] or "p.?")


def at_coding(gene: str, first: str, last: str, alt: str, build: Build = Build.GRCH38) -> AnnotatedAllele:
    """Annotate the replacement of coding bases `first` to `last` (`alt` in transcript direction)."""
    transcript, genome = table(build).by_gene(gene), slice_genome(build)
    ends = sorted(transcript.genomic_position(position(p)) for p in (first, last))
    contig = transcript.contig
    forward = alt if transcript.strand is Strand.FORWARD else reverse_complement(alt)
    anchor = genome.fetch(contig, ends[0] - 1, ends[0])
    ref = genome.fetch(contig, ends[0], ends[1] + 1)
    return annotate_allele(Allele(contig, ends[0] - 1, anchor + ref, anchor + forward), transcript, genome)


def position(text: str) -> CodingPosition:
    cut = max(text.rfind("+"), text.rfind("-"))
    return CodingPosition(int(text[:cut]), int(text[cut:])) if cut > 0 else CodingPosition(int(text))


@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize(
    ("gene", "first", "last", "alt", "hgvs_c", "short", "also"),
    [
        ("EGFR", "2235", "2249", "", "c.2235_2249del", "p.E746_A750del", "E746_A750delELREA"),
        ("EGFR", "2236", "2250", "", "c.2236_2250del", "p.E746_A750del", "exon 19 deletion"),
        ("EGFR", "2240", "2254", "", "c.2240_2254del", "p.L747_T751del", "exon 19 deletion"),
        ("EGFR", "2240", "2257", "", "c.2240_2257del", "p.L747_P753delinsS", "L747_P753>S"),
        ("EGFR", "2237", "2251", "", "c.2237_2251del", "p.E746_T751delinsA", "exon 19 deletion"),
        ("EGFR", "2127", "2129", "", "c.2127_2129del", "p.E709_T710delinsD", "exon 18 deletion"),
        ("EGFR", "2240", "2240", "C", "c.2240T>C", "p.L747S", None),
        ("EGFR", "2311", "2311", "AACCCCCACA", "c.2311_2319dup", "p.N771_H773dup", "H773_V774insNPH"),
        ("EGFR", "2310", "2310", "CAGCGTGGAC", "c.2303_2311dup", "p.S768_D770dup", "D770_N771insSVD"),
        ("EGFR", "2319", "2319", "CCAC", "c.2317_2319dup", "p.H773dup", "H773_V774insH"),
        ("EGFR", "2290", "2290", "TTCCAGGAAGCCT", "c.2284-5_2290dup", "p.A763_Y764insFQEA", "E762_A763insAFQE"),
        ("EGFR", "2390", "2390", "C", "c.2390G>C", "p.C797S", None),
        ("EGFR", "2369", "2369", "T", "c.2369C>T", "p.T790M", None),
        ("KRAS", "34", "35", "TT", "c.34_35delinsTT", "p.G12F", None),
        ("BRAF", "1798", "1799", "AA", "c.1798_1799delinsAA", "p.V600K", None),
        ("BRAF", "1799", "1801", "", "c.1799_1801del", "p.V600_K601delinsE", "V600_K601>E"),
        ("ERBB2", "2326", "2326", "GTGT", "c.2326_2327insTGT", "p.G776delinsVC", "exon 20 insertion"),
        ("TP53", "637", "637", "T", "c.637C>T", "p.R213*", None),
    ],
)
def test_annotate__names_of_the_literature(
    gene: str, first: str, last: str, alt: str, hgvs_c: str, short: str, also: str | None, build: Build
) -> None:
    change = at_coding(gene, first, last, alt, build).change
    assert (change.hgvs_c, change.hgvs_p_short) == (hgvs_c, short)
    assert also is None or also in change.legacy_names


def test_annotate__insertion_across_the_acceptor_is_no_splice_change() -> None:
    """EGFR A763_Y764insFQEA, given left-aligned, starts in the intron and ends in the exon."""
    genome, transcript = slice_genome(Build.GRCH38), table(Build.GRCH38).by_gene("EGFR")
    start = transcript.genomic_position(CodingPosition(2284, -6))
    anchor = genome.fetch("chr7", start, start + 1)
    annotated = annotate_allele(Allele("chr7", start, anchor, anchor + "TCCAGGAAGCCT"), transcript, genome)
    assert annotated.change.hgvs_c == "c.2284-5_2290dup"
    assert annotated.change.hgvs_p == "p.(Ala763_Tyr764insPheGlnGluAla)"
    assert annotated.protein == ProteinChange("EGFR", 764, "", "FQEA", False, False, 20, Consequence.INFRAME_INSERTION)


@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize(
    ("first", "last", "alt", "consequence", "splice"),
    [
        ("2888-2", "2888-2", "G", Consequence.SPLICE_ACCEPTOR, True),
        ("2888-18", "2888-2", "", Consequence.SPLICE_ACCEPTOR, True),
        ("2888-8", "2888-8", "A", Consequence.SPLICE_REGION, True),
        ("2888-20", "2888-20", "G", Consequence.INTRON, None),
        ("3020", "3028+5", "", Consequence.SPLICE_DONOR, True),
        ("3028+3", "3028+3", "T", Consequence.SPLICE_REGION, True),
        ("3028", "3028", "C", Consequence.SPLICE_REGION, True),
        ("2888-30", "3028+30", "", Consequence.SPLICE_ACCEPTOR, True),
    ],
)
def test_annotate__met_exon_14_splice_sites(
    first: str, last: str, alt: str, consequence: Consequence, splice: bool | None, build: Build
) -> None:
    annotated = at_coding("MET", first, last, alt, build)
    assert annotated.change.consequence is consequence
    assert annotated.change.hgvs_p == "p.?"
    assert (annotated.protein.splice if annotated.protein else None) is splice
    assert annotated.protein is None or annotated.protein.exon == 14


def test_annotate__second_numbering_of_met() -> None:
    assert "Y1021H (NM_001127500)" in at_coding("MET", "3007", "3007", "C").change.legacy_names
    assert "D1246N (NM_001127500)" in at_coding("MET", "3682", "3682", "A").change.legacy_names
    donor = at_coding("MET", "3028+1", "3028+1", "A").change.legacy_names
    assert donor == ("X1010_splice", "X1028_splice (NM_001127500)", "c.3082+1G>A (NM_001127500)")
    acceptor = at_coding("MET", "2888-18", "2888-2", "").change.legacy_names
    assert acceptor[-1] == "c.2942-18_2942-2del (NM_001127500)"
    # The codon reaches into the next exon, which is masked here.
    assert at_coding("MET", "3027", "3027", "AA").change.legacy_names == ("c.3081dup (NM_001127500)",)


# -------------------------------------------------------------------------------- a gene small enough to read

LEFT, INTRON, RIGHT = "TTCCGG", "GTAAGTCCCCCCCCCCTTTCTTTTTCAG", "TAAGGCTGATTGCC"
EXON_1, EXON_2 = "ATGGCTCAGG", "ATGATAAGTTTTGGTAG"  # M A Q D D K F W *
TINY = LEFT + EXON_1 + INTRON + EXON_2 + RIGHT
FIRST_2 = len(LEFT + EXON_1 + INTRON)


def tiny(strand: Strand, utr: int | None = 6) -> tuple[Transcript, TextGenome]:
    """The gene on either strand of its own contig."""
    spans = [(len(LEFT), len(LEFT) + len(EXON_1)), (FIRST_2, FIRST_2 + len(EXON_2))]
    if strand is Strand.REVERSE:
        spans = [(len(TINY) - end, len(TINY) - start) for start, end in spans]
    transcript = Transcript(
        gene="TINY",
        name="NM_1.1",
        ensembl=None,
        build=Build.GRCH38,
        contig="tiny",
        strand=strand,
        exons=tuple(CodingExon(i, Interval("tiny", *span)) for i, span in enumerate(spans, start=2)),
        exon_count=3,
        utr5_bp=utr,
        utr3_bp=None if utr is None else len(RIGHT),
        aliases=(CodonAlias("NM_2", 1, 9, 100),),
    )
    return transcript, TextGenome(tiny=TINY if strand is Strand.FORWARD else reverse_complement(TINY))


def on_tiny(start: int, ref: str, alt: str, strand: Strand = Strand.FORWARD, utr: int | None = 6) -> AnnotatedAllele:
    """Annotate a change given on the strand of the gene, whichever strand that is."""
    transcript, genome = tiny(strand, utr)
    if strand is Strand.REVERSE:
        start, ref, alt = len(TINY) - start - len(ref), reverse_complement(ref), reverse_complement(alt)
    return annotate_allele(Allele("tiny", start, ref, alt), transcript, genome)


@pytest.mark.parametrize("strand", list(Strand))
@pytest.mark.parametrize(
    ("start", "ref", "alt", "hgvs_c", "hgvs_p", "consequence"),
    [
        (6, "A", "G", "c.1A>G", "p.(Met1?)", Consequence.START_LOST),
        (4, "GGATGG", "G", "c.-1_4del", "p.(Met1?)", Consequence.START_LOST),
        (5, "G", "A", "c.-1G>A", "p.?", Consequence.UTR_5),
        (11, "T", "C", "c.6T>C", "p.(Ala2=)", Consequence.SYNONYMOUS),
        (9, "GCTCAG", "GCCCAA", "c.6_9delinsCCAA", "p.(Ala2_Gln3=)", Consequence.SYNONYMOUS),
        (12, "C", "T", "c.7C>T", "p.(Gln3Ter)", Consequence.STOP_GAINED),
        (9, "GCT", "TAA", "c.4_6delinsTAA", "p.(Ala2Ter)", Consequence.STOP_GAINED),
        (8, "G", "GA", "c.3_4insA", "p.(Ala2SerfsTer4)", Consequence.FRAMESHIFT),
        (15, "G", "A", "c.10G>A", "p.?", Consequence.SPLICE_REGION),
        (14, "G", "C", "c.9G>C", "p.(Gln3His)", Consequence.MISSENSE),
        (16, "G", "T", "c.10+1G>T", "p.?", Consequence.SPLICE_DONOR),
        (15, "GG", "G", "c.10+1del", "p.?", Consequence.SPLICE_DONOR),
        (18, "A", "T", "c.10+3A>T", "p.?", Consequence.SPLICE_REGION),
        (28, "C", "T", "c.10+13C>T", "p.?", Consequence.INTRON),
        (31, "C", "T", "c.11-13C>T", "p.?", Consequence.INTRON),
        (43, "G", "A", "c.11-1G>A", "p.?", Consequence.SPLICE_ACCEPTOR),
        (43, "G", "GATG", "c.13_15dup", "p.(Asp5dup)", Consequence.INFRAME_INSERTION),
        (44, "ATG", "", "c.13_15del", "p.(Asp5del)", Consequence.INFRAME_DELETION),
        (58, "T", "C", "c.25T>C", "p.(Ter9GlnextTer1)", Consequence.STOP_LOST),
        (60, "G", "C", "c.27G>C", "p.(Ter9TyrextTer1)", Consequence.STOP_LOST),
        (59, "A", "", "c.26del", "p.(Ter9CysextTer?)", Consequence.STOP_LOST),
        (61, "T", "C", "c.*1T>C", "p.?", Consequence.UTR_3),
        (52, "TTTTGG", "", "c.20_25del", "p.(Phe7Ter)", Consequence.STOP_GAINED),
        (57, "G", "GGCA", "c.24_25insGCA", "p.(Ter9AlaextTer1)", Consequence.STOP_LOST),
        (57, "G", "GGCATAG", "c.24_25insGCATAG", "p.(Ter9AlaextTer1)", Consequence.STOP_LOST),
        (51, "G", "GTTCTGGTAA", "c.20_21insCTGGTAATT", "p.(Phe7=)", Consequence.SYNONYMOUS),
        (60, "G", "GGGTAG", "c.23_27dup", "p.(=)", Consequence.UTR_3),
        (60, "G", "GGAC", "c.27_*1insGAC", "p.?", Consequence.UTR_3),
    ],
)
def test_annotate__rules_on_a_tiny_gene(
    start: int, ref: str, alt: str, hgvs_c: str, hgvs_p: str, consequence: Consequence, strand: Strand
) -> None:
    if not alt:
        start, ref, alt = start - 1, TINY[start - 1] + ref, TINY[start - 1]
    change = on_tiny(start, ref, alt, strand).change
    assert (change.hgvs_c, change.hgvs_p, change.consequence) == (hgvs_c, hgvs_p, consequence)


@given(st.data())
def test_annotate__does_not_see_the_strand(data: st.DataObject) -> None:
    """The same gene on the other strand gives the same names, protein and positions."""
    start = data.draw(st.integers(1, len(TINY) - 8))
    ref = TINY[start : start + data.draw(st.integers(1, 7))]
    alt = data.draw(st.text("ACGT", min_size=1, max_size=7).filter(lambda bases: bases != ref))
    forward, reverse = on_tiny(start, ref, alt), on_tiny(start, ref, alt, Strand.REVERSE)
    if "g." not in forward.change.hgvs_c:
        assert forward.change.hgvs_c == reverse.change.hgvs_c
    assert forward.change.hgvs_p == reverse.change.hgvs_p
    assert forward.change.legacy_names == reverse.change.legacy_names
    assert (forward.protein, forward.first, forward.last) == (reverse.protein, reverse.first, reverse.last)


def test_annotate__lost_last_g_keeps_the_residues_it_would_give() -> None:
    annotated = on_tiny(15, "G", "T")
    assert annotated.change.hgvs_p == "p.?"
    assert annotated.change.legacy_names == ("X4_splice", "D4Y", "D104Y (NM_2)", "c.310G>T (NM_2)")
    assert annotated.protein == ProteinChange("TINY", 4, "D", "Y", False, True, 2, Consequence.SPLICE_REGION)


def test_annotate__protein_change_of_a_frameshift_names_the_first_residue() -> None:
    assert on_tiny(8, "G", "GGG").protein == ProteinChange("TINY", 2, "A", "G", True, False, 2, Consequence.FRAMESHIFT)


def test_annotate__unchanged_protein_gives_none() -> None:
    assert on_tiny(11, "T", "C").protein is None


def test_annotate__positions_of_the_change() -> None:
    insertion, deletion = on_tiny(8, "G", "GC"), on_tiny(43, "GATG", "G")
    assert (str(insertion.first), str(insertion.last)) == ("3", "4")
    assert (str(deletion.first), str(deletion.last)) == ("13", "15")


def test_annotate__exon_label_and_genomic_name() -> None:
    change = on_tiny(8, "G", "C").change
    assert (change.exon, change.hgvs_g) == ("2/3", "tiny:g.9G>C")


def test_annotate__beyond_the_known_exon_the_genomic_name_stands_in() -> None:
    change = on_tiny(4, "G", "C", utr=None).change
    assert (change.hgvs_c, change.hgvs_p, change.consequence) == ("tiny:g.5G>C", "p.?", Consequence.UTR_5)


def test_annotate__without_the_tail_an_extension_has_no_known_end() -> None:
    assert on_tiny(58, "T", "C", utr=None).change.hgvs_p == "p.(Ter9GlnextTer?)"


@pytest.mark.parametrize(
    ("start", "ref", "alt", "hgvs_p"),
    [(12, "C", "T", "p.?"), (9, "G", "A", "p.(Ala2Thr)"), (8, "G", "GGG", "p.(Ala2GlyfsTer?)")],
)
def test_annotate__masked_bases_give_no_residue(start: int, ref: str, alt: str, hgvs_p: str) -> None:
    transcript, _ = tiny(Strand.FORWARD)
    masked = TextGenome(tiny=TINY[:13] + "NN" + TINY[15:])
    assert annotate_allele(Allele("tiny", start, ref, alt), transcript, masked).change.hgvs_p == hgvs_p


def test_annotate__ref_of_another_build_is_refused() -> None:
    with pytest.raises(InputError, match=r"tiny:7:G>C: the reference has 'A' there; check .* build"):
        on_tiny(6, "G", "C")


def test_annotate__prefers_the_gene_whose_protein_changes() -> None:
    host, genome = tiny(Strand.FORWARD)
    wide = Interval("tiny", 0, 3), Interval("tiny", len(TINY) - 6, len(TINY))
    other = Transcript("HOST", "NM_9", None, Build.GRCH38, "tiny", Strand.FORWARD,
                       tuple(CodingExon(None, span) for span in wide), None, None, None)  # fmt: skip
    both = TranscriptTable((other, host))
    found = annotate(Allele("tiny", 14, "G", "C"), both, genome)
    assert found is not None
    assert found.change.gene == "TINY"
    assert annotate(Allele("tiny", 14, "G", "C"), TranscriptTable(()), genome) is None


@pytest.mark.parametrize(
    ("contig", "build", "name"),
    [
        ("chr7", Build.GRCH38, "NC_000007.14"),
        ("7", Build.GRCH37, "NC_000007.13"),
        ("chr12", Build.GRCH38, "NC_000012.12"),
        ("chrX", Build.GRCH38, "NC_000023.11"),
        ("Y", Build.GRCH37, "NC_000024.9"),
        ("chrM", Build.GRCH38, "NC_012920.1"),
        ("chrUn_1", Build.GRCH38, "chrUn_1"),
    ],
)
def test_accession(contig: str, build: Build, name: str) -> None:
    assert accession(contig, build) == name
