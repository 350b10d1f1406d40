"""UMIs in read names, and reads without any."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.errors import InputError, UsageError
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.io._scan_twin_tags import pack_umi
from csfgeno.io.batch import EVENT_DTYPE, READ_DTYPE, UMI_PRESENT, ReadBatch
from csfgeno.molecules.grouping.umi_reads import UmiSource, drop_without_umi, has_umi, take_umis
from csfgeno.vocab import EvidenceMode

from ..planted import Planter, read_evidence

COLUMNS = ["umi_state", "umi_1", "umi_2", "umi_n", "umi_1_length", "umi_2_length"]
OF_NAMES = UmiSource(name_separator=":")


def named(*names: str) -> ReadBatch:
    return ReadBatch(
        np.zeros(len(names), READ_DTYPE),
        np.zeros(0, EVENT_DTYPE),
        np.zeros(0, np.uint8),
        "".join(f"{name}\n" for name in names).encode(),
        len(names),
    )


@settings(max_examples=300)
@given(st.lists(st.text("ACGTNacgtn-+_X", max_size=70), max_size=6))
def test_a_name_ends_as_rx_would_read(umis: list[str]) -> None:
    batch = take_umis(named(*(f"A01:7:{umi}" for umi in umis)), OF_NAMES)
    assert batch.reads[COLUMNS].tolist() == [pack_umi(umi) for umi in umis]


@pytest.mark.parametrize(
    ("name", "separator", "umi"),
    [("A01:7:ACGT+TTTT", ":", "ACGT-TTTT"), ("A01:7_ACGT", "_", "ACGT"), ("_x_ACGT-NTT", "_", "ACGT-NTT")],
)
def test_the_last_field_counts(name: str, separator: str, umi: str) -> None:
    reads = take_umis(named(name, "ACGT"), UmiSource(separator)).reads
    assert reads[COLUMNS].tolist() == [pack_umi(umi), pack_umi("")]


def test_names_overrule_tags() -> None:
    batch = named("a:ACGT", "b:TTTT")
    batch.reads["mi"], batch.reads["umi_1"] = 5, 99
    reads = take_umis(batch, OF_NAMES).reads
    assert reads["mi"].tolist() == [0, 0]
    assert reads["umi_1"].tolist() == [0b00011011, 0b11111111]


@pytest.mark.parametrize("separator", ["", "ab", "A", "\n"])
def test_a_separator_is_one_sign(separator: str) -> None:
    with pytest.raises(UsageError, match="expected one sign"):
        UmiSource(separator)


def test_dropped_reads_take_their_events_along() -> None:
    batch = named("a", "b", "c")
    batch.reads["umi_state"] = [UMI_PRESENT, 0, UMI_PRESENT]
    events = np.zeros(4, EVENT_DTYPE)
    events["read"], events["pos"] = [0, 1, 1, 2], [10, 11, 12, 13]
    batch = ReadBatch(batch.reads, events, batch.sequence, b"", 3)
    kept, lacking = drop_without_umi(batch, UmiSource(allow_missing=True), "x.bam")
    assert lacking.tolist() == [False, True, False]
    assert has_umi(kept).all()
    assert kept.events[["read", "pos"]].tolist() == [(0, 10), (1, 13)]


# ---------------------------------------------------------------------------------- whole files


def molecules(evidence: SpecimenEvidence) -> list[tuple[int, int]]:
    """Return the sizes of both strand families of each molecule."""
    return sorted(
        pair for tile in evidence.tiles for pair in zip(tile.molecules.size_a, tile.molecules.size_b, strict=True)
    )


def without_umi(evidence: SpecimenEvidence) -> int:
    return sum(tile.reads_without_umi for tile in evidence.tiles)


def rename(planter: Planter, separator: str) -> None:
    """Move RX to the end of the read names."""
    for read in planter.builder.reads:
        read.query_name = f"{read.query_name}{separator}{str(read.get_tag('RX')).replace('-', '+')}"
        read.set_tag("RX", None)


@pytest.mark.parametrize("separator", ["_", ":"])
def test_umis_in_names_make_the_families_of_umis_in_rx(tmp_path: Path, separator: str) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", copies_a=2, copies_b=3)
    planter.plant(2_080, 160, "GGGG-CCCC", copies_a=4)
    by_tag = molecules(read_evidence(tmp_path, planter))
    rename(planter, separator)
    assert molecules(read_evidence(tmp_path, planter, umis=UmiSource(separator))) == by_tag == [(2, 3), (4, 0)]
    assert molecules(read_evidence(tmp_path, planter)) == [(6, 3)], "by their ends alone"


def test_names_without_a_umi_are_refused(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC")
    with pytest.raises(InputError, match=r"reads\.bam: 2 of 2 reads \(100\.0%\) carry no UMI \(read name after"):
        read_evidence(tmp_path, planter, umis=UmiSource("_"))


def test_reads_without_a_umi_are_left_out_and_counted_if_allowed(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", copies_a=2)
    planter.plant(2_080, 160, None, copies_a=3)
    evidence = read_evidence(tmp_path, planter, umis=UmiSource(allow_missing=True))
    assert molecules(evidence) == [(2, 0)]
    assert without_umi(evidence) == 6


def test_a_late_read_without_a_umi_is_not_passed_over(tmp_path: Path) -> None:
    """The first reads all carry one, so the mode is settled before the bare read comes."""
    planter = Planter()
    planter.plant(2_000, 100, "AAAA-CCCC", copies_a=20)
    planter.plant(2_290, 100, None)
    with pytest.raises(InputError, match=r"reads\.bam at chr7:\d+-\d+: 2 of \d+ reads"):
        read_evidence(tmp_path, planter)


def test_a_umi_that_is_no_umi_is_named(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "ACGTTT")
    for read in planter.builder.reads:
        read.set_tag("RX", "AC-GT-TT")
    with pytest.raises(InputError, match="2 of them something else than at most 32 bases a half"):
        read_evidence(tmp_path, planter)


def test_forced_families_need_umis(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, None)
    with pytest.raises(InputError, match="carry no UMI"):
        read_evidence(tmp_path, planter, mode=EvidenceMode.UMI_FAMILIES)
