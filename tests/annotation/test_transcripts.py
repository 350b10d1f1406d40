"""The frozen transcripts against the genome itself: splice sites, open reading frames, codons and exon numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.annotation.coding import read_coding
from csfgeno.annotation.protein import translate
from csfgeno.annotation.transcripts import CodingPosition, Datum, Transcript, load_transcripts
from csfgeno.errors import ReferenceDataError
from csfgeno.genome.sequence import Strand, StrandView
from csfgeno.records import Interval
from csfgeno.vocab import Build, ContigStyle

from .genome_slices import SEQUENCED, slice_genome, table
from .synthetic_genome import exon_at

BUILDS = list(Build)


def view_of(transcript: Transcript) -> StrandView:
    return StrandView(slice_genome(transcript.build), transcript.contig, transcript.strand)


@pytest.mark.parametrize("build", BUILDS)
def test_table__has_the_same_transcripts_in_both_builds(build: Build) -> None:
    here, other = table(build), table(Build.GRCH37 if build is Build.GRCH38 else Build.GRCH38)
    assert [(t.gene, t.name, [len(e.interval) for e in t.exons]) for t in here.transcripts] == [
        (t.gene, t.name, [len(e.interval) for e in t.exons]) for t in other.transcripts
    ]
    turned = [a.gene for a, b in zip(here.transcripts, other.transcripts, strict=True) if a.strand != b.strand]
    assert turned == ["NCOA4"]
    assert {t.build for t in here.transcripts} == {build}


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize(("gene", "residues"), [("EGFR", 1210), ("KRAS", 188), ("TP53", 393), ("PIK3CA", 1068)])
def test_coding_sequence__is_an_open_reading_frame(gene: str, residues: int, build: Build) -> None:
    transcript = table(build).by_gene(gene)
    protein = translate(read_coding(transcript, view_of(transcript)).bases[: transcript.cds_length])
    assert protein.startswith("M")
    assert protein.index("*") == len(protein) - 1 == residues


@pytest.mark.parametrize("build", BUILDS)
def test_exon_edges__stand_at_splice_sites(build: Build) -> None:
    """Every intron whose ends are stored starts with GT (or GC) and ends with AG."""
    donors, acceptors = [], []
    for transcript in table(build).transcripts:
        view = view_of(transcript)
        donors += [(transcript.gene, view.fetch(end, end + 2)) for _, end in transcript.oriented[:-1]]
        acceptors += [(transcript.gene, view.fetch(start - 2, start)) for start, _ in transcript.oriented[1:]]
    donors = [d for d in donors if "N" not in d[1]]
    acceptors = [a for a in acceptors if "N" not in a[1]]
    assert len(donors) > 60
    assert {site for _, site in donors} <= {"GT", "GC"}
    assert {site for _, site in acceptors} == {"AG"}


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize(
    ("gene", "codon", "bases", "exon"),
    [
        ("EGFR", 719, "GGC", 18),
        ("EGFR", 746, "GAA", 19),
        ("EGFR", 790, "ACG", 20),
        ("EGFR", 858, "CTG", 21),
        ("KRAS", 12, "GGT", 2),
        ("KRAS", 61, "CAA", 3),
        ("BRAF", 600, "GTG", 15),
        ("TP53", 175, "CGC", 5),
        ("TP53", 273, "CGT", 8),
        ("ERBB2", 776, "GGT", 20),
        ("MET", 1003, "TAC", 14),
        ("ALK", 1202, "GGA", 23),
        ("RET", 918, "ATG", 16),
        ("PIK3CA", 1047, "CAT", None),
    ],
)
def test_codon_interval__holds_the_known_codon(
    gene: str, codon: int, bases: str, exon: int | None, build: Build
) -> None:
    transcript = table(build).by_gene(gene)
    (piece,) = transcript.codon_interval(codon)
    assert StrandView(slice_genome(build), piece.contig, Strand.FORWARD).fetch(piece.start, piece.end) == (
        bases if transcript.strand == "+" else bases[::-1].translate(str.maketrans("ACGT", "TGCA"))
    )
    found = exon_at(transcript, piece.start)
    assert found is not None
    assert found.number == exon


def test_codon_interval__is_in_two_pieces_across_an_intron() -> None:
    transcript = table(Build.GRCH38).by_gene("EGFR")
    pieces = transcript.codon_interval(901)
    assert len(pieces) == 2
    assert sum(map(len, pieces)) == 3
    assert [transcript.coding_position(p) for piece in pieces for p in range(piece.start, piece.end)] == [
        CodingPosition(2701),
        CodingPosition(2702),
        CodingPosition(2703),
    ]


@pytest.mark.parametrize("codon", [0, 1212])
def test_codon_interval__refuses_what_is_no_codon(codon: int) -> None:
    with pytest.raises(ValueError, match="codons 1 to 1211"):
        table(Build.GRCH38).by_gene("EGFR").codon_interval(codon)


@given(st.data(), st.sampled_from(BUILDS))
def test_coding_position__goes_there_and_back(data: st.DataObject, build: Build) -> None:
    transcript = data.draw(st.sampled_from(table(build).transcripts))
    pos = data.draw(st.integers(transcript.span.start, transcript.span.end - 1))
    position = transcript.coding_position(pos)
    assert position is not None
    assert transcript.genomic_position(position) == pos
    assert (exon_at(transcript, pos) is None) == (
        position.offset != 0 or position.base < 0 or position.datum is Datum.AFTER_STOP
    )


@pytest.mark.parametrize(
    ("gene", "pos", "text"),
    [
        ("EGFR", 55191821, "2573"),
        ("EGFR", 55181291, "2284-1"),
        ("MET", 116771989, "3028+1"),
        ("MET", 116771990, "3028+2"),
        ("KRAS", 25245384, "-1"),
        ("KRAS", 25209794, "567"),
        ("KRAS", 25209793, "*1"),
        ("TP53", 7676593, "1"),
    ],
)
def test_coding_position__known_places(gene: str, pos: int, text: str) -> None:
    assert str(table(Build.GRCH38).by_gene(gene).coding_position(pos)) == text


def test_coding_position__stops_where_the_untranslated_exon_is_not_known() -> None:
    met, kras = table(Build.GRCH38).by_gene("MET"), table(Build.GRCH38).by_gene("KRAS")
    assert met.utr5_bp is None
    assert met.coding_position(met.span.start - 1) is None
    assert str(kras.coding_position(25245394)) == "-11"
    assert kras.coding_position(25245395) is None


def test_genomic_position__refuses_a_position_that_is_not_one() -> None:
    with pytest.raises(ValueError, match=r"c.2573\+1 is not a position"):
        table(Build.GRCH38).by_gene("EGFR").genomic_position(CodingPosition(2573, 1))


def test_load_transcripts__follows_the_contig_style() -> None:
    plain = load_transcripts(Build.GRCH38, ContigStyle.PLAIN)
    assert plain.by_gene("EGFR").contig == "7"
    assert [t.gene for t in plain.overlapping(Interval("7", 55191821, 55191822))] == ["EGFR"]
    assert plain.overlapping(Interval("chr7", 55191821, 55191822)) == ()


def test_by_gene__names_the_gene_it_lacks() -> None:
    with pytest.raises(ReferenceDataError, match="'BRCA9'"):
        table(Build.GRCH38).by_gene("BRCA9")


def test_aliases__met_has_a_second_numbering() -> None:
    (alias,) = table(Build.GRCH38).by_gene("MET").aliases
    assert (alias.transcript, alias.shift, alias.last_codon) == ("NM_001127500", 18, 1390)
    assert not any(table(Build.GRCH38).by_gene(gene).aliases for gene in SEQUENCED)


@pytest.mark.parametrize(
    ("gene", "name"),
    [
        ("EGFR", "NM_005228.5"),
        ("KRAS", "NM_004985.5"),
        ("ALK", "NM_004304.5"),
        ("BRAF", "NM_004333.6"),
        ("ERBB2", "NM_004448.4"),
        ("MET", "NM_000245.4"),
        ("RET", "NM_020975.6"),
        ("ROS1", "NM_002944.3"),
        ("NTRK1", "NM_002529.4"),
        ("NTRK2", "NM_006180.6"),
        ("NTRK3", "NM_001012338.3"),
        ("TP53", "NM_000546.6"),
        ("PIK3CA", "NM_006218.4"),
    ],
)
def test_by_gene__is_the_clinical_transcript(gene: str, name: str) -> None:
    assert table(Build.GRCH38).by_gene(gene).name == name
