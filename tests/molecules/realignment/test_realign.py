"""Reads moved to the haplotype that explains them: what is counted, what is left alone, what must not change."""

import random
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.genome.edit import Edit
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import Window
from csfgeno.io.batch import EVENT_CLIP_LEFT, EVENT_CLIP_RIGHT, ReadBatch
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.realignment.readtext import event_bounds, read_text
from csfgeno.molecules.realignment.realign import realign
from csfgeno.molecules.realignment.rewrite import gather, place, replace_reads
from csfgeno.records import Allele, Interval
from csfgeno.testing import BamBuilder
from csfgeno.thresholds import Thresholds

from ..planted import BASES, CONTIG, REGION, Planter, read_evidence

AT = 2_200
WINDOW = Window(Interval(CONTIG, 1_600, 2_800), BASES[1_600:2_800])
_FOLDER = tempfile.TemporaryDirectory()
INSERTED = "".join(random.Random(8).choices("ACGT", k=40))


def deletion(length: int) -> Allele:
    return normalise(Allele(CONTIG, AT - 1, BASES[AT - 1 : AT + length], BASES[AT - 1]), WINDOW)


def insertion(bases: str) -> Allele:
    return normalise(Allele(CONTIG, AT - 1, BASES[AT - 1], BASES[AT - 1] + bases), WINDOW)


class Reads:
    """Fragments whose forward read enters the change, or whose reverse read leaves it; each has its own ends."""

    def __init__(self, deleted: int, added: str) -> None:
        self.planter = Planter()
        self.mutant = BASES[:AT] + added + BASES[AT + deleted :]
        self._shift = len(added) - deleted
        self._deleted, self._added = deleted, added
        self._serial = 0

    def forward(self, overhang: int, cigar: str) -> None:
        """Add a forward read that shows `overhang` bases of the mutant behind `AT`."""
        start = AT + overhang - 100
        self._serial += 1
        mate = AT + 150 + self._serial
        self.planter.builder.add_pair(
            f"f{self._serial}", CONTIG, start, cigar, self.mutant[start : start + 100], mate, "100M",
            BASES[mate : mate + 100],
        )  # fmt: skip

    def reverse(self, overhang: int, cigar: str, clipped: int) -> None:
        """Add a reverse read that shows `overhang` bases of the mutant ahead of the change's end."""
        end = AT + self._deleted
        start = AT + len(self._added) - overhang
        self._serial += 1
        mate = AT - 300 - self._serial
        self.planter.builder.add_pair(
            f"r{self._serial}", CONTIG, mate, "100M", BASES[mate : mate + 100], end - overhang + clipped, cigar,
            self.mutant[start : start + 100],
        )  # fmt: skip

    def batch(self, folder: Path) -> ReadBatch:
        path = self.planter.builder.write(folder / "reads.bam")
        with AlignmentScanner(str(path), reference=None) as scanner:
            return scanner.scan(
                CONTIG, REGION.start, REGION.end, reference_bases=WINDOW.bases.encode(),
                reference_start=WINDOW.interval.start, min_mapq=20, min_baseq=20,
            )  # fmt: skip


def align(allele: Allele) -> Allele:
    return normalise(allele, WINDOW)


def test_clipped_and_mismatching_reads_join_the_deletion_that_others_show(tmp_path: Path) -> None:
    reads = Reads(15, "")
    for overhang in (40, 45, 50):
        reads.forward(overhang, f"{100 - overhang}M15D{overhang}M")
    reads.forward(12, "88M12S")
    reads.forward(9, "100M")
    reads.reverse(14, "14S86M", 14)
    tally = read_evidence(tmp_path, reads.planter).tally(deletion(15))
    assert (tally.alt.sum(), tally.depth.sum()) == (6, 6)


def test_reads_that_cannot_tell_speak_neither_for_nor_against(tmp_path: Path) -> None:
    reads = Reads(15, "")
    for overhang in (40, 45, 50):
        reads.forward(overhang, f"{100 - overhang}M15D{overhang}M")
    reads.forward(1, "99M1S")
    reads.forward(2, "100M")
    evidence = read_evidence(tmp_path, reads.planter)
    tally = evidence.tally(deletion(15))
    assert (tally.alt.sum(), tally.depth.sum()) == (3, 3)
    assert list(evidence.alleles()) == [deletion(15)]


def test_clips_alone_make_a_deletion(tmp_path: Path) -> None:
    reads = Reads(30, "")
    for overhang in (14, 18, 20):
        reads.forward(overhang, f"{100 - overhang}M{overhang}S")
        reads.reverse(overhang, f"{overhang}S{100 - overhang}M", overhang)
    tally = read_evidence(tmp_path, reads.planter).tally(deletion(30))
    assert (tally.alt.sum(), tally.ref.sum()) == (6, 0)


def test_an_insertion_longer_than_its_clips_is_assembled_from_both_sides(tmp_path: Path) -> None:
    reads = Reads(0, INSERTED)
    for overhang in (26, 28, 30):
        reads.forward(overhang, f"{100 - overhang}M{overhang}S")
        reads.reverse(overhang, f"{overhang}S{100 - overhang}M", overhang)
    evidence = read_evidence(tmp_path, reads.planter)
    assert list(evidence.alleles()) == [insertion(INSERTED)]
    assert evidence.tally(insertion(INSERTED)).alt.sum() == 3


@pytest.mark.parametrize("overhang", [41, 45, 49])
def test_ends_a_little_longer_than_an_insertion_spell_it(overhang: int, tmp_path: Path) -> None:
    """They go on into the reference by less than is needed to place them."""
    reads = Reads(0, INSERTED)
    for clipped in (overhang, overhang - 1):
        reads.forward(clipped, f"{100 - clipped}M{clipped}S")
        reads.reverse(clipped, f"{clipped}S{100 - clipped}M", clipped)
    evidence = read_evidence(tmp_path, reads.planter)
    assert list(evidence.alleles()) == [insertion(INSERTED)]


def test_one_end_that_reaches_far_is_believed_where_the_other_side_agrees(tmp_path: Path) -> None:
    reads = Reads(0, INSERTED)
    for clipped in (34, 12):
        reads.forward(clipped, f"{100 - clipped}M{clipped}S")
    for clipped in (20, 15):
        reads.reverse(clipped, f"{clipped}S{100 - clipped}M", clipped)
    assert list(read_evidence(tmp_path, reads.planter).alleles()) == [insertion(INSERTED)]


def test_a_substitution_in_cis_becomes_part_of_the_deletion(tmp_path: Path) -> None:
    reads = Reads(12, "")
    changed = {"A": "C", "C": "G", "G": "T", "T": "A"}[reads.mutant[AT + 3]]
    reads.mutant = reads.mutant[: AT + 3] + changed + reads.mutant[AT + 4 :]
    for overhang in (40, 45, 50):
        reads.forward(overhang, f"{100 - overhang}M12D{overhang}M")
    joined = normalise(
        Allele(CONTIG, AT, BASES[AT : AT + 16], BASES[AT + 12 : AT + 15] + changed), WINDOW
    )  # the bases between the two are part of it
    evidence = read_evidence(tmp_path, reads.planter)
    assert list(evidence.alleles()) == [joined]
    assert evidence.tally(joined).alt.sum() == 3


def test_a_substitution_that_is_also_elsewhere_stays_on_its_own(tmp_path: Path) -> None:
    reads = Reads(12, "")
    normal = reads.mutant
    place_of_it = AT - 5
    changed = {"A": "C", "C": "G", "G": "T", "T": "A"}[normal[place_of_it]]
    reads.mutant = normal[:place_of_it] + changed + normal[place_of_it + 1 :]
    for overhang in (40, 45, 50):
        reads.forward(overhang, f"{100 - overhang}M12D{overhang}M")
    reads.mutant = BASES[:place_of_it] + changed + BASES[place_of_it + 1 :]
    for overhang in (41, 46, 51, 52):
        reads.forward(overhang, "100M")
    evidence = read_evidence(tmp_path, reads.planter)
    snv = Allele(CONTIG, place_of_it, BASES[place_of_it], changed)
    assert set(evidence.alleles()) == {deletion(12), snv}
    assert evidence.tally(snv).alt.sum() == 7


def test_nothing_to_do_costs_nothing(tmp_path: Path) -> None:
    reads = Reads(0, "")
    reads.forward(40, "100M")
    batch = reads.batch(tmp_path)
    assert realign(batch, WINDOW, Thresholds(), align) is batch


def test_an_adapter_behind_short_fragments_makes_no_allele(tmp_path: Path) -> None:
    reads = Reads(0, "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA")
    for overhang in (20, 24, 28):
        reads.forward(overhang, f"{100 - overhang}M{overhang}S")
    assert list(read_evidence(tmp_path, reads.planter).alleles()) == []


def test_what_families_are_grouped_by_does_not_change(tmp_path: Path) -> None:
    reads = Reads(15, "")
    for overhang in (12, 14, 40, 45):
        reads.forward(
            overhang, f"{100 - overhang}M{overhang}S" if overhang < 30 else f"{100 - overhang}M15D{overhang}M"
        )
        reads.reverse(12, "12S88M", 12)
    batch = reads.batch(tmp_path)
    moved = realign(batch, WINDOW, Thresholds(), align)
    assert not np.array_equal(moved.reads["end"], batch.reads["end"])
    for name in batch.reads.dtype.names or ():
        if name not in ("start", "end", "mismatches"):
            np.testing.assert_array_equal(moved.reads[name], batch.reads[name])
    assert np.all(np.diff(moved.events["read"]) >= 0)
    twice = realign(moved, WINDOW, Thresholds(), align)
    for name in ("start", "end"):
        np.testing.assert_array_equal(twice.reads[name], moved.reads[name])


@pytest.mark.parametrize("cigar", ["100M", "70M30S", "30S70M"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_rewritten_read_spells_the_same_bases(cigar: str, data: st.DataObject) -> None:
    """Wherever a read is laid, and whatever is cut off, its bases can be read back; a clip's doubtful ones are N."""
    batch = _one_read(cigar, "".join(data.draw(st.lists(st.sampled_from("ACGT"), min_size=100, max_size=100))))
    text = read_text(batch, 0, event_bounds(batch), WINDOW)
    deleted, added = data.draw(st.integers(0, 20)), data.draw(st.text("ACGT", max_size=20))
    start = data.draw(st.integers(text.left_start + 5, text.left_start + 90))
    edit = Edit(start, start + deleted, BASES[start : start + deleted], added)
    mutant = BASES[:start] + added + BASES[start + deleted :]
    haplotype = np.frombuffer(mutant[1_600:].encode(), np.uint8)
    first = data.draw(st.integers(0, 3))
    new = place(text, edit, text.left_start, haplotype, 1_600, first, 100)
    moved = replace_reads(batch, gather({0: new}, len(batch.sequence)))
    again = read_text(moved, 0, event_bounds(moved), WINDOW)
    expected = text.bases.copy()
    inside = slice(max(start - text.left_start, 0), start - text.left_start + len(added))
    expected[inside] = haplotype[inside.start + text.left_start - 1_600 :][: len(expected[inside])]
    shown = again.bases[: len(expected)] if len(again.bases) >= len(expected) else again.bases
    assert len(shown) == len(expected)
    known = shown != ord("N")
    np.testing.assert_array_equal(shown[known], expected[known])
    assert known.sum() >= len(expected) - text.clip_left - text.clip_right


def _one_read(cigar: str, bases: str) -> ReadBatch:
    builder = BamBuilder({CONTIG: len(BASES)})
    builder.add_read("r", CONTIG, AT - 50 + (30 if cigar.startswith("30S") else 0), cigar, bases)
    folder = Path(_FOLDER.name)
    path = builder.write(folder / "one.bam")
    with AlignmentScanner(str(path), reference=None) as scanner:
        batch = scanner.scan(
            CONTIG, REGION.start, REGION.end, reference_bases=WINDOW.bases.encode(),
            reference_start=WINDOW.interval.start, min_mapq=0, min_baseq=20,
        )  # fmt: skip
    assert set(batch.events["kind"]) <= {1, EVENT_CLIP_LEFT, EVENT_CLIP_RIGHT}
    return batch
