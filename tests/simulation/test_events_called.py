"""`csfgeno call` on simulated specimens with structural events, in their true genes at true coordinates."""

import json
import random
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from csfgeno.records import Interval

from .conftest import run
from .rearranging import change, events_tsv, fusion
from .test_events import read_events

LENGTHS = {"chr2": 242_193_529, "chr7": 159_345_973}
KNOWN = (
    Interval("chr2", 29_222_500, 29_226_500),
    Interval("chr2", 42_296_500, 42_299_500),
    Interval("chr7", 116_769_500, 116_774_500),
)
"""What has sequence, random bases; everything else is masked."""
PANEL = "chr2\t29223530\t29225460\tALK_in19\tALK\nchr7\t116771500\t116772400\tMET_ex14\tMET\n"
LINE_BP = 65_279
"""With its line end as much as one block of BGZF takes, so that masked lines are one and the same block."""

EML4_ALK = fusion("chr2:42298001|", "chr2:29224601|", vaf=0.02, reciprocal="yes")
SKIPPING = change("DEL", "chr7", 116_771_801, 116_772_050, vaf=0.03)


def write_genome(path: Path) -> Path:
    """Write a masked genome of true chromosome lengths in bgzip, with both indices."""
    rng = random.Random(6)
    bases = {place: "".join(rng.choices("ACGT", k=len(place))) for place in KNOWN}
    blocks: list[tuple[int, int]] = []
    index, content, written = [], bytearray(), 0
    for contig, length in LENGTHS.items():
        for number, line in enumerate((f">{contig}\n", *_lines(contig, length, bases))):
            if number == 1:
                index.append(f"{contig}\t{length}\t{written}\t{LINE_BP}\t{LINE_BP + 1}\n")
            blocks.append((len(content), written))
            content += _block(line)
            written += len(line)
    path.write_bytes(bytes(content) + _block(""))
    path.with_name(path.name + ".fai").write_text("".join(index))
    rest = blocks[1:]
    path.with_name(path.name + ".gzi").write_bytes(
        struct.pack("<Q", len(rest)) + b"".join(struct.pack("<QQ", *block) for block in rest)
    )
    return path


def _lines(contig: str, length: int, bases: Mapping[Interval, str]) -> Iterator[str]:
    own = [(place, text) for place, text in bases.items() if place.contig == contig]
    for start in range(0, length, LINE_BP):
        end = min(start + LINE_BP, length)
        line = "N" * (end - start)
        for place, text in own:
            low, high = max(start, place.start), min(end, place.end)
            if low < high:
                line = line[: low - start] + text[low - place.start : high - place.start] + line[high - start :]
        yield line + "\n"


@lru_cache(maxsize=4)
def _block(text: str) -> bytes:
    """Return one block of BGZF (SAM v1, section 4.1)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(text.encode()) + packer.flush()
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(packed) + 25)
    return head + packed + struct.pack("<II", zlib.crc32(text.encode()), len(text))


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("called")
    (folder / "panel.bed").write_text(PANEL)
    return write_genome(folder / "genome.fa.gz").parent


def call(
    laboratory: Path, name: str, events: Sequence[Mapping[str, object]], seed: int = 1, **parameters: str
) -> tuple[Path, Any]:
    """Return the simulated BAM and the record of the call."""
    (laboratory / f"{name}.tsv").write_text(events_tsv(events))
    shared = ["--reference", laboratory / "genome.fa.gz", "--panel", laboratory / "panel.bed"]
    settings = [part for key, value in parameters.items() for part in ("--set", f"{key}={value}")]
    chosen = ["--variants", laboratory / f"{name}.tsv"] if events else []
    simulated = [*settings, *chosen, "--input-ng", 5, "--seed", seed, "--out-prefix", laboratory / name]
    assert run("simulate", *shared, *simulated) == 0
    bam = laboratory / f"{name}.bam"
    found = ["--csf", bam, "--csf-input-ng", 5, "--case-id", name, "--out-dir", laboratory / name]
    assert run("call", *shared, *found) == 0
    return bam, json.loads((laboratory / name / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def case(laboratory: Path) -> tuple[Path, Any]:
    return call(laboratory, "case", (EML4_ALK, SKIPPING), family_mean="3", chimera_share="0.001")


def test_a_fusion_is_called_with_the_molecules_of_the_truth(case: tuple[Path, Any]) -> None:
    bam, record = case
    junction = read_events(bam)[0]
    fusion = next(f for f in record["fusions"] if "ALK_fusion" in f["hotspot_ids"])
    assert (fusion["derived"]["name"], fusion["calls"][0]["state"]) == ("EML4::ALK", "DETECTED")
    assert (fusion["five_prime"]["breakpoint"]["pos"], fusion["three_prime"]["breakpoint"]["pos"]) == (
        int(junction["pos"]) - 1, int(junction["pos2"]) - 1)  # fmt: skip
    found = fusion["calls"][0]["derived"]["molecules"]
    assert abs(found - int(junction["shown"]) - int(junction["spanning"])) <= 1
    assert found <= int(junction["molecules"])


def test_a_deletion_of_met_exon_14_is_called(case: tuple[Path, Any]) -> None:
    bam, record = case
    deletion = read_events(bam)[2]
    (event,) = (f for f in record["rearrangements"] if "MET_ex14" in f["hotspot_ids"])
    assert event["calls"][0]["state"] == "DETECTED"
    assert abs(event["calls"][0]["derived"]["molecules"] - int(deletion["shown"])) <= 1
    (skipping,) = record["exon_skippings"]
    assert (skipping["exon"], skipping["calls"][0]["state"]) == (14, "DETECTED")


def test_chimeras_of_a_blank_are_not_called(laboratory: Path) -> None:
    bam, record = call(laboratory, "blank", (), family_mean="3", chimera_share="0.001")
    (chimeras,) = read_events(bam)
    assert int(chimeras["molecules"]) > 0
    assert not [f for f in (*record["fusions"], *record["rearrangements"]) if f["calls"][0]["state"] == "DETECTED"]
    assert {s["calls"][0]["state"] for s in record["exon_skippings"]} <= {"NOT_DETECTED", "INDETERMINATE"}
