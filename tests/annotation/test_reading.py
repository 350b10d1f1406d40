"""Coding names read back: the name of an allele leads back to it, and what contradicts the genome is refused."""

import random

import pytest

from csfgeno.annotation.hotspots import place_listed
from csfgeno.annotation.naming import annotate, annotate_allele
from csfgeno.annotation.reading import read_coding_name
from csfgeno.errors import ReferenceDataError
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.panel import load_listed_alleles
from csfgeno.records import ListedAllele
from csfgeno.vocab import Build

from .genome_slices import slice_genome, table
from .random_alleles import random_allele
from .synthetic_genome import synthetic_genome, with_utrs


@pytest.mark.parametrize("build", list(Build))
def test_the_name_of_an_allele_leads_back_to_it(build: Build) -> None:
    rng = random.Random(build)
    for transcript in map(with_utrs, table(build).transcripts):
        genome = synthetic_genome(transcript, rng)
        for _ in range(20):
            allele = random_allele(rng, transcript, genome)
            name = annotate_allele(allele, transcript, genome).change.hgvs_c if allele else ""
            if allele is not None and name.startswith("c."):
                assert normalise(read_coding_name(name, transcript, genome), genome) == normalise(allele, genome)


@pytest.mark.parametrize(
    ("gene", "name", "message"),
    [
        ("EGFR", "c.2573A>G", "'c.2573A>G' states A, but NM_005228.5 has T there"),
        ("EGFR", "c.2235_2249delGGAATTAAGAGAAGG", "states GGAATTAAGAGAAGG, but .* has GGAATTAAGAGAAGC there"),
        ("KRAS", "c.34C>T", "states C, but .* has G there"),
        ("EGFR", "c.2573T", "is no coding name such as"),
        ("EGFR", "c.9999A>G", "c.9999 is not a position of NM_005228.5"),
        ("EGFR", "c.2310_2312insGGT", "must name the two neighbouring bases"),
    ],
)
def test_a_name_that_contradicts_the_genome_is_refused(gene: str, name: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=message):
        read_coding_name(name, table(Build.GRCH38).by_gene(gene), slice_genome(Build.GRCH38))


def test_a_masked_base_fits_anything() -> None:
    transcript = table(Build.GRCH38).by_gene("STK11")
    assert read_coding_name("c.100G>T", transcript, slice_genome(Build.GRCH38)).ref == "N"


@pytest.mark.parametrize("build", list(Build))
def test_listed_alleles_are_what_their_rows_say(build: Build) -> None:
    genome, transcripts, listed = slice_genome(build), table(build), load_listed_alleles()
    contigs = {transcript.contig for transcript in transcripts.transcripts}
    placed = place_listed(listed, transcripts, genome, contigs)
    named = {found.change.hgvs_c for allele in placed if (found := annotate(allele, transcripts, genome))}
    assert named == {row.hgvs_c for row in listed if row.gene != "KIT" or build is Build.GRCH38}
    assert all(len(allele.ref) != len(allele.alt) for allele in placed)


def test_a_listed_allele_that_contradicts_the_genome_is_refused_by_line() -> None:
    row = ListedAllele("EGFR", "c.2235_2249delGGAATTAAGAGAAGG", "nsclc.alleles.tsv line 8")
    with pytest.raises(ReferenceDataError, match=r"nsclc.alleles.tsv line 8: .* states GGAATTAAGAGAAGG"):
        place_listed([row], table(Build.GRCH38), slice_genome(Build.GRCH38), {"chr7"})
