"""Study of names against the `hgvs` package: random alleles of every panel gene in both builds.

    python -m tests.bench.study_hgvs [--alleles 1000] [--gene EGFR ...] [--seed 1]

Genes of which every coding base is stored are named on real sequence, and all on made-up sequence in their exons.
"""

import argparse
import random
import warnings
from collections import Counter

from csfgeno.annotation.naming import annotate_allele
from csfgeno.annotation.transcripts import Transcript
from csfgeno.genome.sequence import SequenceSource
from csfgeno.vocab import Build
from tests.annotation.genome_slices import SEQUENCED, slice_genome, table
from tests.annotation.hgvs_package import HgvsPackage, difference, explain, inputs_of_hgvs_failing
from tests.annotation.random_alleles import random_allele
from tests.annotation.synthetic_genome import synthetic_genome, with_utrs

NAMES, PROTEINS = "coding names compared", "protein names compared"


def compare(transcript: Transcript, genome: SequenceSource, rng: random.Random, alleles: int) -> Counter[str]:
    """Return how many names were compared and how many differ, by reason; print those that do so without one."""
    package, found = HgvsPackage(transcript, genome), Counter[str]()
    for _ in range(alleles):
        allele = random_allele(rng, transcript, genome)
        ours = annotate_allele(allele, transcript, genome).change if allele else None
        if allele is None or ours is None or ours.hgvs_c == ours.hgvs_g:
            continue
        with inputs_of_hgvs_failing():
            theirs = package.name(allele)
            found[NAMES] += 1
            if theirs.p is not None:
                found[PROTEINS] += 1
                found[explain(ours, theirs.p) or "no reason"] += 1
            unexplained = difference(ours, theirs)
            if unexplained:
                found["differences without a reason"] += 1
                print(transcript.gene, transcript.build, allele, unexplained, sep="\t", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alleles", type=int, default=1000)
    parser.add_argument("--gene", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    total: Counter[str] = Counter()
    for build in Build:
        for transcript in table(build).transcripts:
            if options.gene and transcript.gene not in options.gene:
                continue
            rng = random.Random(f"{transcript.gene}-{build}-{options.seed}")
            if transcript.gene in SEQUENCED:
                total += compare(transcript, slice_genome(build), rng, options.alleles)
            made_up = with_utrs(transcript)
            total += compare(made_up, synthetic_genome(made_up, rng), rng, options.alleles)
    for text, count in total.most_common():
        print(f"{count}\t{text}")


if __name__ == "__main__":
    main()
