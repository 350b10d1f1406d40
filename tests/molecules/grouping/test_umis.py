"""Directed adjacency against a plain reading of the publication, and the rules for N."""

import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.molecules.grouping.umis import Umis, join_umis, swap_unknown

PLACE = 7
Group = frozenset[tuple[int, str]]


def pack(text: str) -> tuple[int, int, int]:
    """Return both halves and the places of N, base by base."""
    top, _, bottom = text.partition("-")
    words = [sum("ACGTN".index(b) % 4 << 2 * i for i, b in enumerate(half[::-1])) for half in (top, bottom)]
    holes = [sum((b == "N") << 2 * i for i, b in enumerate(half[::-1])) for half in (top, bottom)]
    return words[0], words[1], holes[0] | holes[1] << 1


def groups_of(counts: dict[tuple[int, str], int], max_mismatches: int = 1, seed: int = 0) -> set[Group]:
    """Return the groups that the code under test makes of {(place, UMI): fragments}, given in any order."""
    rows = sorted(counts)
    random.Random(seed).shuffle(rows)
    members: dict[int, set[tuple[int, str]]] = {}
    for row, founder in zip(rows, join(rows, counts, max_mismatches), strict=True):
        members.setdefault(founder, set()).add(row)
    return {frozenset(group) for group in members.values()}


def join(rows: list[tuple[int, str]], counts: dict[tuple[int, str], int], max_mismatches: int) -> list[int]:
    packed = [pack(umi) for _, umi in rows]
    columns = [[place for place, _ in rows], *zip(*packed, strict=True)]
    umis = Umis(*(np.array(column, np.uint64) for column in columns))
    founders: list[int] = join_umis(umis, np.array([counts[row] for row in rows]), max_mismatches).tolist()
    return founders


def naive_groups(counts: dict[tuple[int, str], int], max_mismatches: int) -> set[Group]:
    """Group as Smith 2017 describes: walk from the most abundant UMI along directed edges; N afterwards."""
    whole = sorted((key for key in counts if "N" not in key[1]), key=lambda k: (-counts[k], k[1]))
    groups: list[set[tuple[int, str]]] = []
    taken: set[tuple[int, str]] = set()
    for seed in whole:
        if seed in taken:
            continue
        group, frontier = {seed}, [seed]
        while frontier:
            a = frontier.pop()
            for b in whole:
                near = a[0] == b[0] and mismatches(a[1], b[1]) <= max_mismatches
                if b not in taken | group and near and counts[a] >= 2 * counts[b] - 1:
                    group.add(b)
                    frontier.append(b)
        taken |= group
        groups.append(group)
    for key in (key for key in counts if "N" in key[1]):
        matches = [k for k in whole if k[0] == key[0] and mismatches(k[1], key[1]) <= max_mismatches]
        if matches:
            next(group for group in groups if matches[0] in group).add(key)
        else:
            groups.append({key})
    return {frozenset(group) for group in groups}


def mismatches(one: str, other: str) -> int:
    """Return the bases that differ; N differs from everything."""
    return sum(a != b or "N" in a + b for a, b in zip(one, other, strict=True))


@st.composite
def families(draw: st.DrawFn) -> dict[tuple[int, str], int]:
    letters = draw(st.sampled_from(["ACGT", "AC", "ACN"]))
    length = draw(st.integers(2, 5))
    dual = draw(st.booleans())
    half = st.text(letters, min_size=length, max_size=length)
    umi = st.builds("{}-{}".format, half, half) if dual else half
    return draw(st.dictionaries(st.tuples(st.integers(1, 2), umi), st.integers(1, 12), min_size=1, max_size=25))


@settings(max_examples=400, deadline=None)
@given(families(), st.integers(0, 2), st.integers(0, 5))
def test_groups_are_those_of_the_plain_algorithm(
    counts: dict[tuple[int, str], int], max_mismatches: int, seed: int
) -> None:
    assert groups_of(counts, max_mismatches, seed) == naive_groups(counts, max_mismatches)


def at_one_place(**counts: int) -> dict[tuple[int, str], int]:
    return {(PLACE, umi.replace("_", "-")): number for umi, number in counts.items()}


def sizes(groups: set[Group]) -> list[int]:
    return sorted(map(len, groups))


@pytest.mark.parametrize(
    ("parent", "child", "joined"), [(1, 1, True), (2, 2, False), (3, 2, True), (10, 6, False), (11, 6, True)]
)
def test_a_umi_joins_only_one_about_twice_as_abundant(parent: int, child: int, joined: bool) -> None:
    assert sizes(groups_of(at_one_place(AAAA=parent, AAAC=child))) == ([2] if joined else [1, 1])


def test_joining_is_transitive_and_follows_the_counts() -> None:
    assert sizes(groups_of(at_one_place(AAAA=100, AAAC=20, AACC=5))) == [3]
    assert sizes(groups_of(at_one_place(AAAA=100, AAAC=20, AACC=20))) == [1, 2]


def test_both_halves_count_together() -> None:
    assert sizes(groups_of(at_one_place(AAAA_CCCC=9, AAAC_CCCC=1, AAAA_CCCG=1))) == [3]
    assert sizes(groups_of(at_one_place(AAAA_CCCC=9, AAAC_CCCG=1))) == [1, 1]
    assert sizes(groups_of(at_one_place(AAAA_CCCC=9, AAAC_CCCG=1), max_mismatches=2)) == [2]


def test_an_n_matches_any_base_at_the_cost_of_one() -> None:
    assert sizes(groups_of(at_one_place(CCGT=2, CNGT=5))) == [2], "it founds no family beside a compatible UMI"
    assert sizes(groups_of(at_one_place(CCGT=9, CNGA=1))) == [1, 1], "N and one more base are two"
    assert sizes(groups_of(at_one_place(AAGT=9, ANGA=1))) == [1, 1], "N is no A"
    assert sizes(groups_of(at_one_place(CCGT=9, CNNT=1))) == [1, 1]
    assert sizes(groups_of(at_one_place(CNGT=9))) == [1], "alone, it has its own family"


def test_an_n_joins_the_most_abundant_of_its_matches_and_links_nothing() -> None:
    groups = groups_of(at_one_place(CAGT=20, CTGT=11, CNGT=1))
    assert {frozenset({(PLACE, "CAGT"), (PLACE, "CNGT")}), frozenset({(PLACE, "CTGT")})} == groups


def test_zero_mismatches_joins_nothing() -> None:
    assert sizes(groups_of(at_one_place(AAAA=100, AAAC=1, AAAN=1), max_mismatches=0)) == [1, 1, 1]


def test_a_long_umi_is_compared_to_its_last_base() -> None:
    long = "ACGT" * 8
    wrong = ("C" + long[1:] + "-" + long, long + "-" + long[:-1] + "A")
    counts = {(PLACE, f"{long}-{long}"): 9} | {(PLACE, umi): 1 for umi in wrong}
    assert sizes(groups_of(counts)) == [3]


@given(st.text("ACGTN", min_size=1, max_size=32), st.text("ACGTN", min_size=1, max_size=32))
def test_exchanged_halves_exchange_their_ns(one: str, other: str) -> None:
    there, back = (np.array([pack(text)[2]], np.uint64) for text in (f"{one}-{other}", f"{other}-{one}"))
    assert swap_unknown(there) == back


def test_ten_thousand_umis_of_one_place_take_a_moment() -> None:
    rng = random.Random(3)
    true = ["".join(rng.choices("ACGT", k=12)) for _ in range(9_000)]
    counts = {(PLACE, umi): rng.randrange(5, 15) for umi in true}
    wrong = {(PLACE, umi[:-1] + "CGTA"["ACGT".index(umi[-1])]): 1 for umi in true[:1_000]}
    rows = list(wrong | counts)
    started = time.perf_counter()
    founders = join(rows, wrong | counts, 1)
    assert time.perf_counter() - started < 2.0
    assert 8_950 < len(set(founders)) <= 9_000


def test_nothing_gives_nothing() -> None:
    nothing = np.zeros(0, np.uint64)
    assert len(join_umis(Umis(nothing, nothing, nothing, nothing), np.zeros(0, np.int64), 1)) == 0
