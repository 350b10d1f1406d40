import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.annotation.transcripts import TranscriptTable, load_transcripts
from csfgeno.errors import InputError, ReferenceDataError
from csfgeno.inputs.panel import covered_hotspot_ids, hotspot_intervals, load_hotspots, load_panel
from csfgeno.records import Hotspot, Interval, Panel
from csfgeno.vocab import Build, ContigStyle, HotspotKind

ROOT = Path(__file__).resolve().parents[2]
CODONS = dict(
    zip(
        (a + b + c for a in "TCAG" for b in "TCAG" for c in "TCAG"),
        "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        strict=True,
    )
)
BUILDS = pytest.mark.parametrize("build", list(Build))
HOTSPOTS = load_hotspots()
LOCATED = [h for h in HOTSPOTS if h.codons is not None]
GENES = {
    "EGFR": Interval("chr7", 55_019_000, 55_206_000),
    "KRAS": Interval("chr12", 25_205_000, 25_246_000),
    "BRAF": Interval("chr7", 140_719_000, 140_925_000),
}


def spans(build: Build, style: ContigStyle = ContigStyle.CHR) -> dict[str, Interval]:
    return {t.gene: t.span for t in load_transcripts(build, style).transcripts}


def write_bed(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "lab.bed"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def load_lab(tmp_path: Path, *lines: str) -> Panel:
    return load_panel(write_bed(tmp_path, *lines), Build.GRCH38, ContigStyle.CHR, GENES)


# ----------------------------------------------------------------------------- the shipped panel


@BUILDS
def test_every_located_hotspot_lies_in_targets_of_its_own_gene(build: Build) -> None:
    panel = load_panel("nsclc", build, ContigStyle.CHR, spans(build))
    assert covered_hotspot_ids(panel) == {h.hotspot_id for h in LOCATED}
    gene_of = {h.hotspot_id: h.gene for h in HOTSPOTS}
    assert all(gene_of[i] == target.gene for target in panel.targets for i in target.hotspot_ids)


@BUILDS
def test_regions_are_the_codons_of_the_transcript(build: Build) -> None:
    regions = hotspot_intervals(build, ContigStyle.CHR)
    transcripts = load_transcripts(build, ContigStyle.CHR)
    for hotspot in LOCATED:
        assert hotspot.codons is not None
        if hotspot.kind is not HotspotKind.SPLICE:
            expected = codon_bases(transcripts, hotspot.gene, *hotspot.codons)
            assert bases_in(regions[hotspot.hotspot_id]) == expected, hotspot.hotspot_id


@BUILDS
def test_met_exon_14_splice_sites_are_those_of_its_exon(build: Build) -> None:
    acceptor, donor = hotspot_intervals(build, ContigStyle.CHR)["MET_ex14"]
    (exon,) = (e for e in load_transcripts(build, ContigStyle.CHR).by_gene("MET").exons if e.number == 14)
    assert (acceptor.start, acceptor.end) == (exon.interval.start - 30, exon.interval.start + 3)
    assert (donor.start, donor.end) == (exon.interval.end - 3, exon.interval.end + 6)


@BUILDS
def test_targets_do_not_overlap_and_count_each_base_once(build: Build) -> None:
    panel = load_panel("nsclc", build, ContigStyle.CHR, spans(build))
    bases = [(t.interval.contig, pos) for t in panel.targets for pos in range(t.interval.start, t.interval.end)]
    assert len(bases) == len(set(bases)) == panel.size_bp


def test_both_builds_hold_the_same_targets_of_the_same_length() -> None:
    by_build = [load_panel("nsclc", b, ContigStyle.CHR, spans(b)) for b in Build]
    first, second = ({t.name: (t.gene, len(t.interval)) for t in p.targets} for p in by_build)
    assert first == second


@BUILDS
def test_contigs_follow_the_style_of_the_genome(build: Build) -> None:
    plain = load_panel("nsclc", build, ContigStyle.PLAIN, spans(build, ContigStyle.PLAIN))
    chrom = load_panel("nsclc", build, ContigStyle.CHR, spans(build))
    assert [f"chr{t.interval.contig}" for t in plain.targets] == [t.interval.contig for t in chrom.targets]
    assert plain.sha256 == chrom.sha256


@BUILDS
def test_panels_of_two_builds_differ_in_digest(build: Build) -> None:
    other = next(b for b in Build if b is not build)
    digests = {load_panel("nsclc", b, ContigStyle.CHR, spans(b)).sha256 for b in (build, other)}
    assert len(digests) == 2


@BUILDS
def test_listed_changes_start_from_the_residue_that_the_genome_encodes(build: Build) -> None:
    transcripts, genome = load_transcripts(build, ContigStyle.CHR), read_slices(build)
    seen = [h for h in HOTSPOTS if h.changes and wild_type_codon(genome, transcripts, h)]
    for hotspot in seen:
        codon = wild_type_codon(genome, transcripts, hotspot)
        assert {CODONS[codon]} == {change[0] for change in hotspot.changes}, hotspot.hotspot_id
    assert len(seen) >= 85


@pytest.mark.parametrize(
    ("hotspot_id", "grch37", "grch38"),
    [
        ("EGFR_L858R", "chr7:55259514-55259516", "chr7:55191821-55191823"),
        ("EGFR_T790M", "chr7:55249070-55249072", "chr7:55181377-55181379"),
        ("EGFR_G719X", "chr7:55241707-55241709", "chr7:55174014-55174016"),
        ("KRAS_G12C", "chr12:25398283-25398285", "chr12:25245349-25245351"),
        ("BRAF_V600E", "chr7:140453135-140453137", "chr7:140753335-140753337"),
        ("PIK3CA_H1047X", "chr3:178952084-178952086", "chr3:179234296-179234298"),
        ("TP53_R273X", "chr17:7577119-7577121", "chr17:7673801-7673803"),
    ],
)
def test_published_places(hotspot_id: str, grch37: str, grch38: str) -> None:
    for build, place in ((Build.GRCH37, grch37), (Build.GRCH38, grch38)):
        assert [str(i) for i in hotspot_intervals(build, ContigStyle.CHR)[hotspot_id]] == [place]


def codon_bases(transcripts: TranscriptTable, gene: str, first: int, last: int) -> set[int]:
    transcript = transcripts.by_gene(gene)
    return set().union(*(bases_in(transcript.codon_interval(codon)) for codon in range(first, last + 1)))


def bases_in(intervals: tuple[Interval, ...]) -> set[int]:
    return {pos for interval in intervals for pos in range(interval.start, interval.end)}


def read_slices(build: Build) -> dict[tuple[str, int], str]:
    """Return the stored bases by contig and 0-based position."""
    bases: dict[tuple[str, int], str] = {}
    text = gzip.decompress((ROOT / f"tests/data/sequences/{build}.fa.gz").read_bytes()).decode()
    for record in text.removeprefix(">").split("\n>"):
        header, *lines = record.splitlines()
        contig, _, place = header.split()[0].partition(":")
        start = int(place.partition("-")[0]) - 1
        bases.update(((contig, start + i), base) for i, base in enumerate("".join(lines)))
    return bases


def wild_type_codon(genome: dict[tuple[str, int], str], transcripts: TranscriptTable, hotspot: Hotspot) -> str:
    """Return the codon on the coding strand, or an empty text if its bases are not stored."""
    assert hotspot.codons is not None
    transcript = transcripts.by_gene(hotspot.gene)
    places = sorted(codon_bases(transcripts, hotspot.gene, hotspot.codons[0], hotspot.codons[0]))
    bases = "".join(genome.get((transcript.contig, pos), "") for pos in places)
    if transcript.strand == "-":
        bases = bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    return bases if len(bases) == 3 else ""


# ------------------------------------------------------------------------------------- hotspots


def test_hotspots_name_biomarkers_that_exist() -> None:
    known = {row["id"] for row in read_biomarkers()}
    assert {b for h in HOTSPOTS for b in h.biomarker_ids} <= known


def test_every_driver_and_resistance_biomarker_has_a_hotspot() -> None:
    wanted = {r["id"] for r in read_biomarkers() if r["role"].startswith(("driver", "resistance"))}
    # Compound and acquired states are read from findings together, not from one place of the genome.
    wanted -= {r["id"] for r in read_biomarkers() if r["match_type"] in ("cooccurrence", "fusion_acquired")}
    assert wanted <= {b for h in HOTSPOTS for b in h.biomarker_ids}


def test_codon_biomarkers_are_listed_change_by_change() -> None:
    listed = {(b, change) for h in HOTSPOTS for b in h.biomarker_ids for change in h.changes}
    rows = {r["id"]: r["match_rule"] for r in read_biomarkers() if r["match_type"] == "codon"}
    for biomarker in ("EGFR_G719X", "EGFR_L792X", "KRAS_Q61X", "RET_G810X", "MET_D1228X", "ALK_F1174X"):
        codon, alts = rows[biomarker].removesuffix(";").split(";alts=")
        changes = {change[1:] for b, change in listed if b == biomarker}
        assert changes == {f"{codon}{alt}" for alt in alts.split(",")}


def test_amplifications_and_fusions_are_listed_without_a_place() -> None:
    structural = [h for h in HOTSPOTS if h.kind in (HotspotKind.AMPLIFICATION, HotspotKind.FUSION)]
    assert {h.gene for h in structural} >= {"MET", "ERBB2", "EGFR", "ALK", "ROS1", "RET", "NTRK1", "NRG1"}
    placed = hotspot_intervals(Build.GRCH38, ContigStyle.CHR).keys()
    assert not placed & {h.hotspot_id for h in structural}
    assert placed == {h.hotspot_id for h in LOCATED}


def read_biomarkers() -> list[dict[str, str]]:
    with (ROOT / "reference/knowledge/biomarkers.tsv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


# ------------------------------------------------------------------------------- a panel of one's own


def test_own_bed_keeps_all_hotspots_and_says_which_are_covered(tmp_path: Path) -> None:
    panel = load_lab(tmp_path, "track name=x", "chr7\t55174711\t55174830\tEGFR_ex19\t0\t+")
    assert covered_hotspot_ids(panel) == {"EGFR_ex19del", "EGFR_ex19ins", "EGFR_L747PS", "EGFR_D761Y"}
    assert panel.hotspots == HOTSPOTS
    assert (panel.name, panel.size_bp, panel.targets[0].name) == ("lab", 119, "EGFR_ex19")


def test_a_hotspot_that_is_cut_by_the_target_is_not_covered(tmp_path: Path) -> None:
    whole = "chr7\t55174766\t55174814\tEGFR"
    assert "EGFR_ex19del" in covered_hotspot_ids(load_lab(tmp_path, whole))
    assert "EGFR_ex19del" not in covered_hotspot_ids(load_lab(tmp_path, whole.replace("814", "813")))


def test_two_targets_together_cover_a_hotspot(tmp_path: Path) -> None:
    panel = load_lab(tmp_path, "chr7\t55174766\t55174790\tEGFR_a", "chr7\t55174790\t55174814\tEGFR_b")
    assert ["EGFR_ex19del" in t.hotspot_ids for t in panel.targets] == [True, True]


def test_the_gene_may_stand_in_a_fifth_column(tmp_path: Path) -> None:
    assert load_lab(tmp_path, "7\t55174711\t55174830\tAMPL_0017\tEGFR").targets[0].gene == "EGFR"


@pytest.mark.parametrize("name", ["", "\tEGRF_ex19", "\tAMPL7153\t0\t+\tGENE_ID=EGFR"])
def test_a_target_without_a_known_name_is_of_the_gene_that_lies_there(tmp_path: Path, name: str) -> None:
    panel = load_lab(tmp_path, f"chr7\t55174711\t55174830{name}")
    assert panel.targets[0].gene == "EGFR"
    assert "EGFR_ex19del" in covered_hotspot_ids(panel)


def test_targets_in_genes_without_a_transcript_stay(tmp_path: Path) -> None:
    panel = load_lab(tmp_path, "chr7\t55174711\t55174830\tEGFR", "chr1\t26696404\t26697540\tARID1A_ex1", "chr1\t5\t9")
    assert [target.gene for target in panel.targets] == ["EGFR", "unnamed", "ARID1A"]


def test_metadata_lines_name_and_version_the_panel(tmp_path: Path) -> None:
    panel = load_lab(tmp_path, "#name=lung-12", "#version=3", "#build=GRCh38", "chr7\t55174711\t55174830\tEGFR")
    assert (panel.name, panel.version) == ("lung-12", "3")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["#only a comment"], "panel 'lab.bed' holds no target"),
        (["chr7\t55174711"], "'lab.bed' line 1 has 2 tab-separated columns"),
        (["chr7 55174711 55174830 EGFR"], "'lab.bed' line 1 has 1 tab-separated columns"),
        (["", "chr7\t55174711\t5517483O\tEGFR"], "line 2: start '55174711' and end '5517483O' must be whole"),
        (["chr7\t-5\t55174830\tEGFR"], "line 1: start '-5'"),
        (["chr7\t55174830\t55174830\tEGFR"], "line 1: start 55174830 is not before end 55174830"),
        (["chr7\t55242414\t55242513\tAMPL_1"], "covers 0 hotspots in GRCh38 and would cover 4 in GRCh37"),
        (["#build=GRCh37", "chr7\t55174711\t55174830\tEGFR"], "is of build GRCh37; the reference genome is GRCh38"),
        (["chr12\t25398207\t25398318\tKRAS_ex2"], "line 1: KRAS target chr12:25398208-25398318 is not near KRAS"),
        (["chr7\t55174711\t55174830\tBRAF"], "line 1: BRAF target chr7:55174712-55174830 is not near BRAF"),
    ],
)
def test_an_unusable_panel_is_refused_in_one_sentence(tmp_path: Path, lines: list[str], sentence: str) -> None:
    with pytest.raises(ReferenceDataError) as raised:
        load_lab(tmp_path, *lines)
    assert sentence in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_overlapping_genes_are_refused(tmp_path: Path) -> None:
    path = write_bed(tmp_path, "chr7\t100\t200\tEGFR_a", "chr7\t199\t300\tBRAF_b")
    genes = {gene: Interval("chr7", 0, 1000) for gene in ("EGFR", "BRAF")}
    with pytest.raises(ReferenceDataError, match="line 2: BRAF_b overlaps EGFR_a"):
        load_panel(path, Build.GRCH38, ContigStyle.CHR, genes)


def test_a_missing_or_binary_panel_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"panel 'none\.bed' is neither 'nsclc' nor a BED file"):
        load_panel(str(tmp_path / "none.bed"), Build.GRCH38, ContigStyle.CHR, GENES)
    (tmp_path / "packed.bed").write_bytes(b"\x1f\x8b\x08\xff")
    with pytest.raises(InputError, match=r"'packed\.bed' is not a text BED file"):
        load_panel(str(tmp_path / "packed.bed"), Build.GRCH38, ContigStyle.CHR, GENES)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), min_size=1, max_size=12))
def test_overlaps_within_a_gene_merge_without_losing_a_base(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int]]
) -> None:
    lines = [f"chr7\t{start}\t{start + length}\tEGFR_t{i}" for i, (start, length) in enumerate(spans)]
    path = write_bed(tmp_path_factory.mktemp("panel"), *lines)
    panel = load_panel(path, Build.GRCH38, ContigStyle.CHR, {"EGFR": Interval("chr7", 0, 400)})
    covered = [pos for t in panel.targets for pos in range(t.interval.start, t.interval.end)]
    assert sorted(covered) == sorted({pos for start, length in spans for pos in range(start, start + length)})
    assert {n for t in panel.targets for n in t.name.split("+")} == {f"EGFR_t{i}" for i in range(len(spans))}
