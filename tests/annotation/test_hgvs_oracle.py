"""Names compared with the `hgvs` package (biocommons), every panel gene and both builds.

`tests/bench/study_hgvs.py` does the same on as many alleles as wanted.
"""

import random

import pytest

from csfgeno.annotation.naming import annotate_allele
from csfgeno.annotation.transcripts import Transcript
from csfgeno.genome.sequence import SequenceSource
from csfgeno.vocab import Build

from .genome_slices import SEQUENCED, slice_genome, table
from .hgvs_package import HgvsPackage, difference, inputs_of_hgvs_failing
from .random_alleles import random_allele
from .synthetic_genome import synthetic_genome, with_utrs

ALLELES_A_GENE, ALLELES_A_MADE_UP_GENE = 150, 15


def differences(transcript: Transcript, genome: SequenceSource, rng: random.Random, alleles: int) -> list[str]:
    """Return what differs on some random alleles that have a coding name."""
    package, found, compared = HgvsPackage(transcript, genome), [], 0
    for _ in range(alleles):
        allele = random_allele(rng, transcript, genome)
        ours = annotate_allele(allele, transcript, genome).change if allele else None
        if allele is None or ours is None or ours.hgvs_c == ours.hgvs_g:
            continue
        with inputs_of_hgvs_failing():
            found.append(difference(ours, package.name(allele)))
            compared += 1
    assert compared > alleles // 2
    return [text for text in found if text]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize("gene", SEQUENCED)
def test_names__agree_with_hgvs_package(gene: str, build: Build) -> None:
    rng = random.Random(f"{gene}-{build}")
    assert not differences(table(build).by_gene(gene), slice_genome(build), rng, ALLELES_A_GENE)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("build", list(Build))
def test_names__agree_with_hgvs_package_on_every_gene(build: Build) -> None:
    """The exons of all panel genes, filled with made-up sequence."""
    rng = random.Random(build)
    for transcript in map(with_utrs, table(build).transcripts):
        assert not differences(transcript, synthetic_genome(transcript, rng), rng, ALLELES_A_MADE_UP_GENE)
