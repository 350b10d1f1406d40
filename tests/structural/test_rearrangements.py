"""Deletions and tandem duplications of one gene: which ones, exons, frame, names, records; and from aligned reads."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.annotation.naming import annotate_allele
from csfgeno.annotation.transcripts import Transcript, load_transcripts
from csfgeno.genome.sequence import Strand, Window
from csfgeno.io.outputs import write_vcf
from csfgeno.records import Allele, Breakpoint, CaseReport, Interval, Rearrangement
from csfgeno.report.page import render_html
from csfgeno.report.tables import rearrangements_tsv
from csfgeno.report.vcf import to_vcf
from csfgeno.simulation.rearranged import SparseGenome
from csfgeno.structural.rearrangements import GeneChange, frame_of, hgvs_names, name_change
from csfgeno.vocab import Build, CallState, ContigStyle, Frame, PartnerKind, RearrangementKind, Side
from tests.report.report_cases import CASES
from tests.structural.builders import COPY_NUMBER, HETEROZYGOSITY_LOSS, REARRANGEMENT

TABLES = {build: load_transcripts(build, ContigStyle.CHR) for build in Build}
TABLE = TABLES[Build.GRCH38]
SUPPRESSORS = ("TP53", "RB1", "CDKN2A", "STK11", "PTEN")


def deletion(contig: str, start: int, end: int) -> tuple[Breakpoint, Breakpoint]:
    """Return the junction of a deletion of [start, end)."""
    return Breakpoint(contig, start - 1, Side.LEFT), Breakpoint(contig, end, Side.RIGHT)


def duplication(contig: str, start: int, end: int) -> tuple[Breakpoint, Breakpoint]:
    """Return the junction of a tandem duplication of [start, end)."""
    return Breakpoint(contig, start, Side.RIGHT), Breakpoint(contig, end - 1, Side.LEFT)


def around(transcript: Transcript, first: int, last: int, flank: int = 60) -> tuple[int, int]:
    """Return the stretch of coding exons, counted from 0, with a flank of intron."""
    places = [exon.interval for exon in transcript.exons[first : last + 1]]
    return min(p.start for p in places) - flank, max(p.end for p in places) + flank


@pytest.mark.parametrize("build", Build)
@pytest.mark.parametrize("gene", SUPPRESSORS)
def test_every_run_of_exons_of_a_suppressor_is_a_deletion(build: Build, gene: str) -> None:
    transcript = TABLES[build].by_gene(gene)
    count = len(transcript.exons)
    for first in range(count):
        for last in range(first, count):
            start, end = around(transcript, first, last)
            change = name_change(*deletion(transcript.contig, start, end), TABLES[build])
            assert change is not None
            assert (change.kind, change.transcript.gene) == (RearrangementKind.DELETION, gene)
            coding = sum(len(exon.interval) for exon in transcript.exons[first : last + 1])
            inner = Frame.IN_FRAME if coding % 3 == 0 else Frame.OUT_OF_FRAME
            assert frame_of(change, 0) is (Frame.NO_TRANSCRIPT if first == 0 or last == count - 1 else inner)


def test_a_deletion_that_ends_outside_the_gene_is_looked_for_everywhere() -> None:
    gene = TABLE.by_gene("CDKN2A")
    inside = name_change(*deletion(gene.contig, *around(gene, 1, 1)), TABLE)
    beyond = name_change(*deletion(gene.contig, gene.span.start - 50_000, gene.span.end + 90_000), TABLE)
    assert inside is not None
    assert beyond is not None
    assert (inside.partners, beyond.partners) == (PartnerKind.KNOWN, PartnerKind.NOVEL)


@given(st.data())
def test_a_deletion_inside_an_intron_away_from_splice_sites_is_none(data: st.DataObject) -> None:
    gene = TABLE.by_gene(data.draw(st.sampled_from(SUPPRESSORS)))
    introns = [
        (left.interval.end, right.interval.start)
        for left, right in zip(
            sorted(gene.exons, key=lambda e: e.interval)[:-1],
            sorted(gene.exons, key=lambda e: e.interval)[1:],
            strict=True,
        )
    ]
    low, high = data.draw(st.sampled_from([own for own in introns if own[1] - own[0] > 80]))
    start = data.draw(st.integers(low + 2, high - 60))
    end = data.draw(st.integers(start + 51, high - 2))
    assert name_change(*deletion(gene.contig, start, end), TABLE) is None
    assert name_change(*deletion(gene.contig, low, end), TABLE) is not None  # takes a splice site
    assert name_change(*duplication(gene.contig, start, end), TABLE) is None


def test_variant_iii_is_exons_2_to_7_and_no_other() -> None:
    gene = TABLE.by_gene("EGFR")
    named = {
        (first + 1, last + 1): name_change(*deletion(gene.contig, *around(gene, first, last)), TABLE)
        for first in range(len(gene.exons))
        for last in range(first, len(gene.exons))
    }
    (found,) = [exons for exons, change in named.items() if change is not None]
    assert found == (2, 7)
    change = named[found]
    assert change is not None
    assert change.name == "EGFRvIII"
    assert frame_of(change, 0) is Frame.IN_FRAME


def test_the_kinase_duplication_is_its_hotspot_and_a_deletion_of_it_is_not() -> None:
    gene = TABLE.by_gene("EGFR")
    change = name_change(*duplication(gene.contig, *around(gene, 17, 24)), TABLE)
    assert change is not None
    assert (change.name, change.hotspot_ids) == ("EGFR-KDD", ("EGFR_KDD",))
    assert frame_of(change, 0) is Frame.IN_FRAME
    assert name_change(*duplication(gene.contig, *around(gene, 18, 24)), TABLE) is None
    assert name_change(*deletion(gene.contig, *around(gene, 17, 24)), TABLE) is None


def test_met_exon_14_alone_is_skipped() -> None:
    gene = TABLE.by_gene("MET")
    at = next(i for i, exon in enumerate(gene.exons) if exon.number == 14)
    change = name_change(*deletion(gene.contig, *around(gene, at, at)), TABLE)
    assert change is not None
    assert change.hotspot_ids == ("MET_ex14",)
    assert name_change(*deletion(gene.contig, *around(gene, at, at + 1)), TABLE) is None
    assert name_change(*deletion(gene.contig, *around(gene, at - 1, at)), TABLE) is None


# ------------------------------------------------------------------------------------------- names


@given(st.data())
def test_names_of_deletions_are_those_of_the_allele(data: st.DataObject) -> None:
    """On both strands, in a sequence of few letters so that many deletions can move."""
    gene = TABLE.by_gene(data.draw(st.sampled_from(["TP53", "PTEN"])))
    exon = gene.exons[5].interval
    bases = data.draw(st.text("AC", min_size=900, max_size=900))
    window = SparseGenome({gene.contig: ((exon.start - 400, bases),)})
    start = exon.start - 300 + data.draw(st.integers(0, 200))
    end = start + data.draw(st.integers(51, 300))
    inserted = data.draw(st.sampled_from(["", "G", "TTG"]))
    change = GeneChange(RearrangementKind.DELETION, gene, Interval(gene.contig, start, end))
    ref = window.fetch(gene.contig, start - 1, end)
    allele = Allele(gene.contig, start - 1, ref, ref[0] + inserted)
    named = annotate_allele(allele, gene, window).change
    assert hgvs_names(change, inserted, window) == (named.hgvs_g, named.hgvs_c)


def test_names_of_duplications() -> None:
    """By hand: EGFR lies on the forward strand, so c. and g. move the same way; inserted bases make an insertion."""
    gene = TABLE.by_gene("EGFR")
    assert gene.strand is Strand.FORWARD
    exon = gene.exons[19].interval
    bases = "G" * 100 + "ACGTTGCA" * 20 + "T" * 100
    window = Window(Interval(gene.contig, exon.start, exon.start + len(bases)), bases)
    first = exon.start + 110
    change = GeneChange(RearrangementKind.TANDEM_DUPLICATION, gene, Interval(gene.contig, first, first + 20))
    assert hgvs_names(change, "", window) == (
        f"NC_000007.14:g.{first + 1}_{first + 20}dup",
        f"c.{gene.coding_position(first)}_{gene.coding_position(first + 19)}dup",
    )
    assert hgvs_names(change, "TT", window)[0] == (
        f"NC_000007.14:g.{first + 20}_{first + 21}ins[TT;{first + 1}_{first + 20}]"
    )


def test_a_deletion_of_the_whole_gene_has_a_genomic_name_alone() -> None:
    gene = TABLE.by_gene("CDKN2A")
    span = Interval(gene.contig, gene.span.start - 20_000, gene.span.end + 100)
    window = Window(Interval(gene.contig, span.start - 50, span.end + 50), "ACGGT" * (len(span) // 5 + 21))
    genomic, coding = hgvs_names(GeneChange(RearrangementKind.DELETION, gene, span), "", window)
    assert genomic.endswith("del")
    assert coding is None


# ----------------------------------------------------------------------------------------- records


def report(change: Rearrangement = REARRANGEMENT) -> CaseReport:
    lost = replace(COPY_NUMBER, gene="RB1", amplification=CallState.NOT_DETECTED, deep_loss=CallState.DETECTED)
    plain = CASES["driver_positive"]()
    return replace(
        plain,
        contigs={**plain.contigs, "chr13": 114_364_328},
        rearrangements=(change,),
        copy_numbers=(lost,),
        heterozygosity_losses=(replace(HETEROZYGOSITY_LOSS, gene="RB1"),),
    )


def test_records_are_read_by_bcftools(tmp_path: Path) -> None:
    double = replace(
        REARRANGEMENT,
        kind=RearrangementKind.TANDEM_DUPLICATION,
        first=Breakpoint("chr7", 55_173_000, Side.RIGHT),
        second=Breakpoint("chr7", 55_201_500, Side.LEFT),
        name="EGFR-KDD",
        inserted="TT",
        microhomology="",
    )
    path = tmp_path / "case.vcf.gz"
    write_vcf(path, to_vcf(replace(report(), copy_numbers=(), rearrangements=(REARRANGEMENT, double))))
    wanted = "%CHROM %POS %REF %ALT %FILTER %SVTYPE %END %SVLEN %CIPOS %HOMSEQ %COMMON_NAME %LOST_EXONS[ %ST:%AD]\n"
    command = ["bcftools", "query", "-i", 'ALT~"<D"', "-f", wanted, str(path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not run.stderr
    absent = " .:." * 3
    assert run.stdout.splitlines() == [
        f"chr7 55173000 A <DUP:TANDEM> PASS DUP 55201501 28503 . . EGFR-KDD 7,~8 DETECTED:93,7{absent}",
        f"chr13 48349500 A <DEL> PASS DEL 48363000 -13500 -2,0 AG . 7,~8 DETECTED:93,7{absent}",
    ]
    with pysam.VariantFile(str(path)) as file:
        assert {"DEL", "DUP:TANDEM"} <= {str(record["ID"]) for record in file.header.records if record.key == "ALT"}


def test_table_and_page_join_the_junction_with_depth_and_balance() -> None:
    header, line = (text.split("\t") for text in rearrangements_tsv(report()).decode().splitlines())
    row = dict(zip(header, line, strict=True))
    assert (row["first_changed"], row["last_changed"], row["size"]) == ("48349501", "48363000", "13500")
    assert (row["exons"], row["cut_exons"], row["exon_count"]) == ("7", "8", "coding_exons")
    assert (row["deep_loss"], row["heterozygosity_loss"]) == ("DETECTED", "INDETERMINATE")
    page = render_html(report()).decode()
    assert "RB1 deletion" in page
    assert "NM_000321.3:c.607+477_861+44del" in page
    assert "loss of both copies: Detected; loss of heterozygosity: Indeterminate" in page
