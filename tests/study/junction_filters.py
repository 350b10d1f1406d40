"""How often junctions at random fail the filters of sequence: `python -m tests.study.junction_filters FASTA ...`.

The files hold real genomic stretches, one a file, at least 20 kb long. Places are drawn evenly from all bases, in every
orientation; a true rearrangement breaks nearly evenly in introns, so the share that fails is that of true junctions
which the filters would keep from being detected.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import beta

from csfgeno.genome.sequence import reverse_complement
from csfgeno.records import Breakpoint
from csfgeno.simulation.rearranged import SparseGenome
from csfgeno.structural.sequence import FLANK_BP, beyond, complexity, join, towards
from csfgeno.vocab import Side

PAIRS: Final = 20_000
LENGTHS_BP: Final = (15, 20, 25, 30, 40, 50)
LEVELS: Final = (0.8, 0.9, 1.0, 1.1, 1.2)
LEAST_BP: Final = 20_000


def read_stretches(paths: Iterable[Path]) -> dict[str, str]:
    """Return the sequence of each file that is long enough, upper case."""
    texts = {path.stem: "".join(path.read_text().split("\n", 1)[1].split()).upper() for path in paths}
    return {name: bases for name, bases in texts.items() if len(bases) >= LEAST_BP}


def draw(stretches: Mapping[str, str], rng: np.random.Generator) -> Breakpoint:
    """Return a random place that is at least two flanks away from the ends of its stretch."""
    names = list(stretches)
    sizes = np.array([len(stretches[name]) for name in names], float)
    name = names[rng.choice(len(names), p=sizes / sizes.sum())]
    pos = int(rng.integers(2 * FLANK_BP, len(stretches[name]) - 2 * FLANK_BP))
    return Breakpoint(name, pos, Side.LEFT if rng.random() < 0.5 else Side.RIGHT)


def words(bases: str, length: int) -> set[str]:
    return {bases[i : i + length] for i in range(len(bases) - length + 1)}


def share_a_stretch(first: Breakpoint, second: Breakpoint, genome: SparseGenome, length: int) -> bool:
    """Whether `longest_shared` reaches a length, told by shared words."""
    one, other = (towards(place, genome) + beyond(place, genome) for place in (first, second))
    found = words(one, length)
    return bool(found & words(other, length) or found & words(reverse_complement(other), length))


def interval(failed: int, drawn: int) -> str:
    low = beta.ppf(0.025, failed, drawn - failed + 1) if failed else 0.0
    high = beta.ppf(0.975, failed + 1, drawn - failed) if failed < drawn else 1.0
    return f"{failed} ({failed / drawn:.2%}; {low:.2%} to {high:.2%})"


def measure(pairs: Sequence[tuple[Breakpoint, Breakpoint]], genome: SparseGenome) -> Iterable[str]:
    for length in LENGTHS_BP:
        failed = sum(share_a_stretch(*pair, genome, length) for pair in pairs)
        yield f"| shared stretch of {length} bp | {interval(failed, len(pairs))} |"
    joined = [join(*pair, "", genome) for pair in pairs]
    least = [min(complexity(own.before[-50:]), complexity(own.after[:50])) for own in joined]
    for level in LEVELS:
        yield f"| complexity below {level} | {interval(sum(own < level for own in least), len(pairs))} |"


def main() -> None:
    """Print the shares."""
    stretches = read_stretches(map(Path, sys.argv[1:]))
    genome = SparseGenome({name: ((0, bases),) for name, bases in stretches.items()})
    rng = np.random.default_rng(3)
    pairs = [(draw(stretches, rng), draw(stretches, rng)) for _ in range(PAIRS)]
    same = [own for own in pairs if own[0].contig == own[1].contig and abs(own[0].pos - own[1].pos) < 2_000]
    pairs = [own for own in pairs if own not in same]
    print(f"{len(stretches)} stretches, {sum(map(len, stretches.values())):,} bases, {len(pairs):,} junctions\n")
    print("| filter | junctions that fail (95% interval) |\n|---|---|")
    print("\n".join(measure(pairs, genome)))


if __name__ == "__main__":
    main()
