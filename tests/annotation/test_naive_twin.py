"""Random alleles: every name, applied by `naive`, must give the sequence and the protein that the allele makes."""

import re
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from csfgeno.annotation.naming import annotate_allele
from csfgeno.records import Allele
from csfgeno.vocab import Build, Consequence

from . import naive
from .genome_slices import SEQUENCED, slice_genome, table

TAIL_BP = 380
BASES = st.text("ACGT", min_size=1, max_size=12)
IN_FRAME = (
    Consequence.MISSENSE,
    Consequence.SYNONYMOUS,
    Consequence.STOP_GAINED,
    Consequence.INFRAME_DELETION,
    Consequence.INFRAME_INSERTION,
    Consequence.INFRAME_DELINS,
)


@cache
def stored(gene: str, build: Build) -> dict[int, str]:
    """Every base around the exons of a gene, by position."""
    transcript, genome = table(build).by_gene(gene), slice_genome(build)
    bases: dict[int, str] = {}
    for exon in transcript.exons:
        low, high = exon.interval.start - TAIL_BP, exon.interval.end + TAIL_BP
        bases.update(enumerate(genome.fetch(exon.interval.contig, low, high), start=low))
    return bases


@st.composite
def exonic_alleles(draw: st.DrawFn, gene: str, build: Build) -> Allele:
    """A change inside one coding exon, padded at random, its edges left alone."""
    exon = draw(st.sampled_from(table(build).by_gene(gene).exons)).interval
    start = draw(st.integers(exon.start, exon.end - 1))
    end = draw(st.integers(start + 1, min(start + 20, exon.end)))
    ref = slice_genome(build).fetch(exon.contig, start, end)
    alt = draw(st.one_of(BASES, st.just(ref + ref), st.just(ref[:1]), BASES.map(lambda b: ref + b)))
    assume(alt != ref)
    return Allele(exon.contig, start, ref, alt)


@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize("gene", SEQUENCED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_names__give_back_the_mutant(gene: str, build: Build, data: st.DataObject) -> None:
    transcript = table(build).by_gene(gene)
    allele = data.draw(exonic_alleles(gene, build))
    change = annotate_allele(allele, transcript, slice_genome(build)).change
    assume(re.match(r"c\.\d", change.hgvs_c) and not re.search(r"\d[-+]|\*\d", change.hgvs_c))
    bases = stored(gene, build)
    reference = naive.mrna(transcript, bases, TAIL_BP)
    mutant = naive.mrna(transcript, naive.edited(bases, allele), TAIL_BP)
    assert naive.apply_coding(change.hgvs_c, reference) == mutant

    protein, changed = naive.translated(reference), naive.translated(mutant)
    if change.consequence is Consequence.UTR_3:  # a repeat of the last coding base goes behind the stop codon
        assert changed == protein
    elif change.hgvs_p == "p.?":
        coding_end = transcript.cds_length + len(mutant) - len(reference)
        runs_out = transcript.utr3_bp is None and "*" not in naive.translated(mutant[:coding_end])
        assert runs_out or change.consequence in (Consequence.SPLICE_REGION, Consequence.STOP_LOST)
    elif change.consequence is Consequence.START_LOST:
        assert not mutant.startswith("ATG")
    elif change.consequence is Consequence.FRAMESHIFT:
        match = re.fullmatch(r"p\.([A-Z])(\d+)([A-Z])fs\*(\d+|\?)", change.hgvs_p_short)
        assert match
        first = int(match[2])
        assert protein[: first - 1] == changed[: first - 1]
        assert (protein[first - 1], changed[first - 1]) == (match[1], match[3])
        assert match[1] != match[3]
        if match[4] != "?":
            assert len(changed) == first - 1 + int(match[4])
    elif change.consequence is Consequence.STOP_LOST:
        match = re.fullmatch(r"p\.\*(\d+)([A-Z])ext\*(\d+|\?)", change.hgvs_p_short)
        assert match
        assert len(protein) == int(match[1])
        assert changed.startswith(protein[:-1] + match[2])
        if match[3] != "?":
            assert len(changed) == len(protein) + int(match[3])
    else:
        assert change.consequence in IN_FRAME
        assert naive.apply_protein(change.hgvs_p_short, protein) == changed


@pytest.mark.parametrize("gene", ["EGFR", "TP53"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_names__do_not_depend_on_the_spelling(gene: str, data: st.DataObject) -> None:
    """Pad an allele and move it through its repeat: all names stay."""
    build = Build.GRCH38
    transcript, genome = table(build).by_gene(gene), slice_genome(build)
    allele = data.draw(exonic_alleles(gene, build))
    left, right = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 6))
    before = genome.fetch(allele.contig, allele.start - left, allele.start)
    after = genome.fetch(allele.contig, allele.end, allele.end + right)
    padded = Allele(allele.contig, allele.start - left, before + allele.ref + after, before + allele.alt + after)
    assert annotate_allele(padded, transcript, genome) == annotate_allele(allele, transcript, genome)
