"""Votes on insertions and deletions, against counting fragment by fragment."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.io.batch import ReadBatch
from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.voting.indels import Claim, count_votes

from .test_fold import ORIGIN, make_inputs, molecules


def count_one(batch: ReadBatch, families: Families, claim: Claim) -> list[int]:
    """Go through the fragments of one molecule: a mate that shows the stretch or bears the indel has a say."""
    tally: Counter[tuple[int, bool]] = Counter()
    members = [row for row, owner in enumerate(families.molecule) if owner == claim.molecule]
    for fragment in sorted({int(families.fragment[row]) for row in members}):
        mates = [
            row
            for row in members
            if families.fragment[row] == fragment
            and (
                row in claim.bearers
                or (
                    batch.reads["start"][families.order[row]] <= claim.lo
                    and batch.reads["end"][families.order[row]] >= claim.hi
                )
            )
        ]
        if mates:
            speaker = members[0] if families.fixed_kind[claim.molecule] >= 0 else mates[0]
            tally[int(families.strand[speaker]), claim.bearers.issuperset(mates)] += 1
    return [tally[0, True], tally[0, False], tally[1, True], tally[1, False]]


@settings(max_examples=150, deadline=None)
@given(molecules(), st.data())
def test_votes_are_those_of_fragments_one_by_one(inputs: tuple[ReadBatch, Families], data: st.DataObject) -> None:
    batch, families = inputs
    claims = []
    for molecule in sorted(data.draw(st.lists(st.integers(0, len(families) - 1), min_size=1, max_size=5))):
        rows = np.flatnonzero(families.molecule == molecule).tolist()
        lo = ORIGIN + data.draw(st.integers(0, 40))
        bearers = data.draw(st.sets(st.sampled_from(rows), min_size=1))
        claims.append(Claim(molecule, lo, lo + data.draw(st.integers(0, 12)), bearers))
    expected = [count_one(batch, families, claim) for claim in claims]
    assert count_votes(batch.reads, families, claims).tolist() == expected


def test_mates_that_disagree_speak_against() -> None:
    mates = [(0, 0, 0, 100, 140), (0, 0, 0, 110, 150), (0, 1, 1, 100, 140)]
    batch, families = make_inputs(mates, [], [-1])
    assert count_votes(batch.reads, families, [Claim(0, 115, 120, {0, 2})]).tolist() == [[0, 1, 1, 0]]
    assert count_votes(batch.reads, families, [Claim(0, 105, 108, {0, 2})]).tolist() == [[1, 0, 1, 0]]
