"""Planted molecules to a consensus BAM and back: the same molecules, counted as in the raw reads."""

import random
import subprocess
from collections import Counter
from pathlib import Path

import pysam
import pytest

from csfgeno import __version__
from csfgeno.errors import InputError
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.io.consensus_bam import write_consensus_bam
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.consensus.reads import ConsensusOptions, read_consensus
from csfgeno.molecules.consensus.sides import Loss
from csfgeno.molecules.grouping.umi_reads import UmiSource
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.strata import STRATA
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode

from ..planted import BASES, COMPLEMENT, CONTIG, READ_BP, REGION, Planter, write_reference

POS = 2_150
SNV = Allele(CONTIG, POS, BASES[POS], BASES[POS].translate(COMPLEMENT))
MOLECULES = 150


def make_consensus(
    folder: Path,
    planter: Planter,
    *,
    targets: tuple[Interval, ...] = (REGION,),
    options: ConsensusOptions | None = None,
    threads: int = 1,
    umis: UmiSource | None = None,
) -> tuple[Path, Counter[Loss]]:
    """Write the planted reads and their consensus; return the consensus BAM and what was left out."""
    folder.mkdir(exist_ok=True)
    raw = planter.builder.write(folder / "raw.bam")
    source = Source(raw, write_reference(folder), Thresholds(), normalise, umis or UmiSource())
    tiles = list(read_consensus(source, make_tiles(targets, 1.0), options or ConsensusOptions(), threads))
    path = folder / "consensus.bam"
    write_consensus_bam(path, raw, (read for tile in tiles for read in tile.reads))
    return path, sum((tile.losses for tile in tiles), Counter[Loss]())


def load(path: Path) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(path)) as bam:
        return list(bam)


def per_base(read: pysam.AlignedSegment, tag: str) -> list[int]:
    value = read.get_tag(tag)
    assert not isinstance(value, str | int | float)
    assert value.typecode == "h"
    return value.tolist()


def evidence_of(path: Path) -> tuple[EvidenceMode, SpecimenEvidence]:
    fasta = write_reference(path.parent)
    source = Source(path, fasta, Thresholds(), normalise)
    mode = probe(source, [REGION], None)
    tiles = tuple(read_molecules(source, make_tiles([REGION], mode.reads_per_bp), mode, 1))
    return mode.evidence, SpecimenEvidence(tiles, ReferenceFasta(fasta))


def by_kind(evidence: SpecimenEvidence, allele: Allele) -> dict[str, tuple[int, int]]:
    tally = evidence.tally(allele)
    counts: dict[str, tuple[int, int]] = {}
    for stratum, alt, depth in zip(STRATA, tally.alt.tolist(), tally.depth.tolist(), strict=True):
        before = counts.get(f"{stratum.kind}.{stratum.strand}", (0, 0))
        counts[f"{stratum.kind}.{stratum.strand}"] = (before[0] + alt, before[1] + depth)
    return {key: pair for key, pair in counts.items() if pair[1]}


def random_umi(rng: random.Random) -> str:
    return "-".join("".join(rng.choices("ACGT", k=8)) for _ in range(2))


def random_molecules(seed: int, *, errors: bool = False) -> Planter:
    """Plant molecules with SNVs at `POS`; errors hit single copies."""
    rng, planter = random.Random(seed), Planter()
    for _ in range(MOLECULES):
        left, length = rng.randrange(1_960, 2_240), rng.randrange(110, 260)
        snvs = {POS: SNV.alt} if left <= POS < left + length and rng.random() < 0.4 else {}
        copies = rng.randrange(1, 5), rng.randrange(4)
        wrong = {}
        if errors and rng.random() < 0.7:
            pos = rng.randrange(left, left + length)
            wrong = {(rng.randrange(sum(copies)), pos): BASES[pos].translate(COMPLEMENT)}
        planter.plant(left, length, random_umi(rng), snvs=snvs, copies_a=copies[0], copies_b=copies[1], errors=wrong)
    return planter


@pytest.mark.parametrize("errors", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_consensus_reads_count_as_the_raw_reads_do(tmp_path: Path, seed: int, errors: bool) -> None:
    path, losses = make_consensus(tmp_path, random_molecules(seed, errors=errors))
    raw_mode, raw = evidence_of(tmp_path / "raw.bam")
    mode, consensus = evidence_of(path)
    assert (raw_mode, mode) == (EvidenceMode.UMI_FAMILIES, EvidenceMode.CONSENSUS_READS)
    assert by_kind(consensus, SNV) == by_kind(raw, SNV)
    assert sum(depth for _, depth in by_kind(raw, SNV).values()) > 40
    assert consensus.depth_along(REGION).tolist() == raw.depth_along(REGION).tolist()
    assert list(consensus.alleles()) == list(raw.alleles())
    assert all(by_kind(consensus, allele) == by_kind(raw, allele) for allele in raw.alleles())
    assert not losses


def test_the_file_is_sound_sorted_and_indexed(tmp_path: Path) -> None:
    path, _ = make_consensus(tmp_path, random_molecules(4))
    subprocess.run(["samtools", "quickcheck", "-v", str(path)], check=True)
    text = subprocess.run(["samtools", "view", "-H", "--no-PG", str(path)], check=True, capture_output=True, text=True)
    assert [set(line.split("\t")) for line in text.stdout.splitlines()] == [
        {"@HD", "VN:1.6", "SO:coordinate"},
        {"@SQ", f"SN:{CONTIG}", f"LN:{len(BASES)}"},
        {"@RG", "ID:consensus", "SM:sample", "LB:sample", "PL:ILLUMINA"},
        {"@PG", "ID:csfgeno", "PN:csfgeno", f"VN:{__version__}"},
    ]
    starts = [read.reference_start for read in load(path)]
    assert starts == sorted(starts)
    with pysam.AlignmentFile(str(path)) as bam:
        assert sum(1 for _ in bam.fetch(CONTIG, POS, POS + 1)) == sum(
            read.reference_start <= POS < (read.reference_end or 0) for read in load(path)
        )
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("consensus")) == [
        "consensus.bam",
        "consensus.bam.bai",
    ]


def test_mates_describe_each_other(tmp_path: Path) -> None:
    path, _ = make_consensus(tmp_path, random_molecules(5))
    pairs: dict[str, list[pysam.AlignedSegment]] = {}
    for read in load(path):
        pairs.setdefault(str(read.query_name), []).append(read)
    for one, other in pairs.values():
        assert {one.is_read1, other.is_read1} == {True, False}
        assert {one.is_reverse, other.is_reverse} == {True, False}
        assert one.template_length == -other.template_length != 0
        for read, mate in ((one, other), (other, one)):
            assert read.next_reference_start == mate.reference_start
            assert read.get_tag("MC") == mate.cigarstring
            assert read.mate_is_reverse is mate.is_reverse
            assert not read.is_duplicate
            assert read.get_tag("MI") == read.query_name
            assert read.get_tag("RX") == mate.get_tag("RX")


def test_duplex_tags_are_those_of_fgbio(tmp_path: Path) -> None:
    """Three copies of strand A, the second with a wrong base at 2150, and two of strand B; all qualities are 37."""
    planter = Planter()
    planter.plant(2_100, 160, "AAAACCCC-GGGGTTTT", copies_a=3, copies_b=2, errors={(1, POS): SNV.alt})
    forward, reverse = load(make_consensus(tmp_path, planter)[0])
    assert (forward.flag, reverse.flag) == (99, 147)
    assert forward.get_tag("RX") == "AAAACCCC-GGGGTTTT"
    expected = {"cD": 5, "cM": 5, "aD": 3, "aM": 3, "bD": 2, "bM": 2, "aT": 3, "bT": 2, "cT": 5, "bE": 0.0}
    assert {tag: forward.get_tag(tag) for tag in expected} == expected
    assert forward.get_tag("aE") == pytest.approx(1 / (3 * READ_BP))
    assert forward.get_tag("cE") == pytest.approx(1 / (5 * READ_BP))
    wrong = [int(i == POS - 2_100) for i in range(READ_BP)]
    assert per_base(forward, "ad") == [3] * READ_BP
    assert per_base(forward, "bd") == [2] * READ_BP
    assert per_base(forward, "ae") == wrong
    assert per_base(forward, "be") == [0] * READ_BP
    assert forward.get_tag("ac") == forward.get_tag("bc") == forward.query_sequence == BASES[2_100:2_200]
    # The odds of two copies of quality 37 against one leave the error of one: e / 3 = 1.0e-4, with 10^-4.5: Phred 38.8.
    assert [ord(q) - 33 for q in str(forward.get_tag("aq"))] == [38 if w else 45 for w in wrong]
    # Two copies: e is 3.0e-4, both wrong alike e^2 / 3 = 3e-8, so 10^-4.5 is nearly all of it, rounded down to 44.
    assert str(forward.get_tag("bq")) == chr(44 + 33) * READ_BP
    assert not forward.has_tag("cd")


def test_simplex_tags_tell_the_strand_and_are_no_duplex_tags(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_100, 160, "AAAACCCC-GGGGTTTT", copies_a=3, errors={(1, POS): SNV.alt})
    planter.plant(2_101, 160, "AAAACCCC-GGGGTTTT", copies_a=0, copies_b=2)
    reads = load(make_consensus(tmp_path, planter)[0])
    top, bottom = (next(r for r in reads if r.reference_start == start) for start in (2_100, 2_101))
    assert (top.flag, bottom.flag) == (99, 163)
    assert (top.get_tag("RX"), bottom.get_tag("RX")) == ("AAAACCCC-GGGGTTTT", "GGGGTTTT-AAAACCCC")
    assert per_base(top, "cd") == [3] * READ_BP
    assert sum(per_base(top, "ce")) == 1
    assert not {"aD", "bD", "ad"} & {tag for tag, _ in top.get_tags()}
    assert (bottom.get_tag("cD"), bottom.get_tag("bD")) == (2, 2)
    # fgbio FilterConsensusReads takes a read with aD for a duplex.
    assert not bottom.has_tag("aD")


def test_a_read_read_once_comes_back_as_it_was(tmp_path: Path) -> None:
    planter = Planter()
    left, right = "5S60M3D30M5S", "20M4I76M"
    rng = random.Random(2)
    bases = ["".join(rng.choices("ACGT", k=100)) for _ in range(2)]
    planter.builder.add_pair("r", CONTIG, 2_100, left, bases[0], 2_150, right, bases[1], tags={"RX": "ACGTACGT"})
    reads = load(make_consensus(tmp_path, planter)[0])
    found = [(r.reference_start, r.cigarstring, r.query_sequence) for r in reads]
    # Where the mates overlap, two random sequences mostly disagree, and a fragment has one vote.
    assert [row[:2] for row in found] == [(2_100, left), (2_150, right)]
    for (_, _, sequence), raw in zip(found, bases, strict=True):
        assert sequence is not None
        assert all(base in (own, "N") for base, own in zip(sequence, raw, strict=True))
    assert str(found[0][2])[:55] == bases[0][:55]
    assert str(found[1][2])[-30:] == bases[1][-30:]
    assert str(found[1][2])[20:24] == bases[1][20:24]


def test_strands_that_disagree_are_n_in_the_duplex(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_100, 160, "AAAACCCC-GGGGTTTT", copies_a=2, copies_b=1, errors={(2, POS): SNV.alt})
    read = load(make_consensus(tmp_path, planter)[0])[0]
    assert str(read.query_sequence)[POS - 2_100] == "N"
    assert str(read.query_sequence).count("N") == 1
    assert (str(read.get_tag("ac"))[POS - 2_100], str(read.get_tag("bc"))[POS - 2_100]) == (SNV.ref, SNV.alt)


def test_a_molecule_over_two_tiles_is_written_once_for_any_number_of_threads(tmp_path: Path) -> None:
    planter = random_molecules(7)
    parts = (Interval(CONTIG, 2_000, 2_050), Interval(CONTIG, 2_201, 2_230), Interval(CONTIG, 2_390, 2_400))
    assert len(make_tiles(parts, 1.0)) == 3
    one, _ = make_consensus(tmp_path / "one", planter, targets=parts)
    two, _ = make_consensus(tmp_path / "two", planter, targets=parts, threads=2)
    assert one.read_bytes() == two.read_bytes()
    assert Path(f"{one}.bai").read_bytes() == Path(f"{two}.bai").read_bytes()
    written = Counter((read.query_name, read.flag) for read in load(one))
    assert set(written.values()) == {1}
    touching = {
        (read.reference_start, read.cigarstring, read.query_sequence, read.query_name)
        for read in load(make_consensus(tmp_path / "whole", planter, targets=(Interval(CONTIG, 1_700, 2_700),))[0])
        if any(read.get_overlap(part.start, part.end) for part in parts)
    }
    found = {(r.reference_start, r.cigarstring, r.query_sequence, r.query_name) for r in load(one)}
    assert touching <= found
    assert {name for *_, name in found} == {name for *_, name in touching}


def test_few_reads_and_single_strands_can_be_left_out(tmp_path: Path) -> None:
    planter = Planter()
    for copies in ((1, 0), (3, 0), (2, 2)):
        planter.plant(2_100, 160 + sum(copies), "AAAACCCC-GGGGTTTT", copies_a=copies[0], copies_b=copies[1])
    path, losses = make_consensus(tmp_path / "few", planter, options=ConsensusOptions(min_reads=3))
    assert sorted(read.get_tag("cD") for read in load(path)) == [3, 3, 4, 4]
    assert losses == {Loss.FEW_READS: 2}
    path, losses = make_consensus(tmp_path / "duplex", planter, options=ConsensusOptions(duplex_only=True))
    assert [read.get_tag("cD") for read in load(path)] == [4, 4]
    assert losses == {Loss.NOT_DUPLEX: 4}


def add_copies(planter: Planter, cigars: list[str]) -> None:
    """Add copies of one molecule whose left reads are aligned in different ways; each is of 100 bases."""
    for number, cigar in enumerate(cigars):
        planter.builder.add_pair(
            f"c{number}", CONTIG, 2_100, cigar, BASES[2_100:2_200], 2_220, "100M", BASES[2_220:2_320],
            tags={"RX": "AAAACCCC-GGGGTTTT"},
        )  # fmt: skip


def test_reads_of_another_alignment_are_left_out_and_counted(tmp_path: Path) -> None:
    planter = Planter()
    add_copies(planter, ["50M2D50M", "50M2D50M", "50M2D50M", "100M"])
    path, losses = make_consensus(tmp_path, planter)
    left, right = load(path)
    assert (left.cigarstring, left.get_tag("cD"), left.get_tag("cT")) == ("50M2D50M", 3, 4)
    assert right.get_tag("cD") == 4
    assert losses == {Loss.OTHER_INDELS: 1}


def test_a_family_that_does_not_agree_on_an_indel_says_nothing_there(tmp_path: Path) -> None:
    planter = Planter()
    add_copies(planter, ["50M2D50M", "100M"])
    path, losses = make_consensus(tmp_path, planter)
    (right,) = load(path)
    assert right.is_reverse
    assert losses == {Loss.NO_AGREEMENT: 1}


def test_names_come_from_mi_or_from_place_and_umi(tmp_path: Path) -> None:
    single = Planter()
    single.plant(2_100, 160, "AAAACCCC", copies_a=2, copies_b=2)
    names = {read.query_name for read in load(make_consensus(tmp_path / "single", single)[0])}
    assert names == {"chr7:2101-2260:AAAACCCC/A", "chr7:2101-2260:AAAACCCC/B"}
    named = Planter()
    named.plant(2_100, 160, None, copies_a=2, tags={"MI": "17/A"})
    named.plant(2_100, 160, None, copies_a=0, copies_b=1, tags={"MI": "17/B"})
    reads = load(make_consensus(tmp_path / "mi", named)[0])
    assert [(read.query_name, read.get_tag("MI"), read.get_tag("cD")) for read in reads] == [("17", "17", 3)] * 2
    assert not reads[0].has_tag("RX")


def test_umis_may_stand_in_the_names(tmp_path: Path) -> None:
    planter = Planter()
    planter.builder.add_pair("r1_AACC+GGTT", CONTIG, 2_100, "50M", BASES[2_100:2_150], 2_180, "50M", BASES[2_180:2_230])
    read = load(make_consensus(tmp_path, planter, umis=UmiSource("_"))[0])[0]
    assert (read.get_tag("RX"), read.query_name) == ("AACC-GGTT", "chr7:2101-2230:AACC-GGTT")


def test_reads_without_umi_are_refused_or_left_out(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_100, 160, "AAAACCCC-GGGGTTTT")
    planter.plant(2_100, 160, None)
    with pytest.raises(InputError, match="carry no UMI"):
        make_consensus(tmp_path / "refused", planter)
    path, _ = make_consensus(tmp_path / "left", planter, umis=UmiSource(allow_missing=True))
    assert len(load(path)) == 2


def test_a_lone_read_and_a_pair_of_one_direction(tmp_path: Path) -> None:
    planter = Planter()
    planter.builder.add_read("lone", CONTIG, 2_100, "50M", BASES[2_100:2_150], tags={"RX": "ACGT"})
    for flag, start, mate in ((0x41, 2_100, 2_200), (0x81, 2_200, 2_100)):
        planter.builder.add_read(
            "same", CONTIG, start, "50M", BASES[start : start + 50], flag=flag, mate=(CONTIG, mate),
            tags={"RX": "ACGT", "MC": "50M"},
        )  # fmt: skip
    path, losses = make_consensus(tmp_path, planter)
    (lone,) = load(path)
    assert (lone.flag, lone.query_name, lone.next_reference_id) == (0, "chr7:2101-*/F:ACGT/A", -1)
    assert losses == {Loss.SAME_DIRECTION: 2}
