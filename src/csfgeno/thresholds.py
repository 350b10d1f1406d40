"""Every threshold of csfgeno: value, unit, direction, meaning and source, in one table.

The fields of `Thresholds` are the table. Help texts, the VCF header, the methods section of the report and the
documentation are generated from it, and every value can be set with `--set NAME=VALUE` or a settings file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, TypeVar

from csfgeno.errors import SettingsError
from csfgeno.records import Setting

Number = float | int
N = TypeVar("N", float, int)


def _threshold(value: N, *, unit: str, low: N, high: N, meaning: str, source: str) -> N:
    metadata = {"unit": unit, "low": low, "high": high, "meaning": meaning, "source": source}
    return field(default=value, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of one run; `low` and `high` bound what a user may set."""

    # ------------------------------------------------------------------------------------ reads
    min_mapq: int = _threshold(
        20,
        unit="Phred",
        low=0,
        high=60,
        meaning="a read counts if its mapping quality is at least this",
        source="project choice; bwa mem gives 60 to unique placements and below 20 to ambiguous ones",
    )
    min_baseq: int = _threshold(
        20,
        unit="Phred",
        low=0,
        high=60,
        meaning="a base counts if its quality is at least this; below it the position is not observed",
        source="project choice; 1% nominal error",
    )
    # -------------------------------------------------------------------------------- molecules
    umi_max_mismatches: int = _threshold(
        1,
        unit="bases",
        low=0,
        high=2,
        meaning="a UMI joins a more abundant one at the same place if it differs by at most this",
        source="Smith 2017, doi:10.1101/gr.209601.116",
    )
    min_family_agreement: float = _threshold(
        0.66,
        unit="fraction of reads",
        low=0.5,
        high=1.0,
        meaning="a strand family states an allele if at least this share of its reads shows it",
        source="project choice; two of three reads must agree",
    )
    error_rate_pre_umi: int = _threshold(
        45,
        unit="Phred",
        low=1,
        high=93,
        meaning="errors in a DNA molecule before it got its UMI, which no copy can tell; bounds a consensus quality",
        source="default of fgbio CallMolecularConsensusReads, --error-rate-pre-umi",
    )
    error_rate_post_umi: int = _threshold(
        40,
        unit="Phred",
        low=1,
        high=93,
        meaning="errors in a copy after the UMI and before sequencing, added to those its base qualities state",
        source="default of fgbio CallMolecularConsensusReads, --error-rate-post-umi",
    )
    # ------------------------------------------------------------------------------- haplotypes
    realign_gain: int = _threshold(
        3,
        unit="bases",
        low=1,
        high=20,
        meaning="a read is given to an indel, or against it, only if the two differ by at least this many of its bases",
        source="project choice; three coinciding errors in one read are rarer than one in a million at Q20",
    )
    min_haplotype_fragments: int = _threshold(
        2,
        unit="read pairs",
        low=1,
        high=100,
        meaning="other reads are compared with an indel that at least this many read pairs show or hint at by clips",
        source="project choice; one read pair alone is as likely an error",
    )
    complex_gap_bp: int = _threshold(
        10,
        unit="bp",
        low=0,
        high=50,
        meaning="an indel and other changes of the same reads closer than this are one complex allele",
        source="project choice; above the gaps that aligners open inside EGFR exon 19 deletion-insertions",
    )
    min_cis_share: float = _threshold(
        0.5,
        unit="fraction of molecules",
        low=0.0,
        high=1.0,
        meaning="neighbouring substitutions are one allele if more than this share of the rarer one's molecules show both",
        source="project choice; most molecules with one also have the other",
    )
    min_cis_share_of_common: float = _threshold(
        0.05,
        unit="fraction of molecules",
        low=0.0,
        high=1.0,
        meaning="and at least this share of the commoner one's molecules, so that an error beside it stays on its own",
        source="project choice; far above the error rate of a molecule",
    )
    phase_min_molecules: int = _threshold(
        3,
        unit="molecules",
        low=1,
        high=100,
        meaning="phase is stated if at least this many molecules show the rarer of two changes and cover both places",
        source="project choice",
    )
    phase_share: float = _threshold(
        0.9,
        unit="fraction of molecules",
        low=0.5,
        high=1.0,
        meaning="cis if at least this share of the rarer change's molecules shows both, trans if at most the rest does",
        source="project choice; template switching joins or parts about 1% of molecules",
    )
    # ---------------------------------------------------------------------------- error model
    background_max_vaf: float = _threshold(
        0.02,
        unit="fraction",
        low=0.0,
        high=0.5,
        meaning="a position with a larger alternate fraction is taken for a variant and left out of the background",
        source="project choice; above any observed background of a cfDNA assay",
    )
    default_error_duplex: float = _threshold(
        1e-6,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a duplex molecule before any error of the specimen was seen",
        source="assay parameters: 1e-7 to 1e-6 per base, from memory; weighs as one error",
    )
    default_error_simplex: float = _threshold(
        3e-5,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a simplex molecule before any error of the specimen was seen",
        source="assay parameters: 1e-5 to 1e-4 per base; weighs as one error",
    )
    default_error_singleton: float = _threshold(
        5e-4,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a molecule read once before any error of the specimen was seen",
        source="assay parameters: 5e-4 to 5e-3 per base for raw reads, from memory; weighs as one error",
    )
    default_error_raw: float = _threshold(
        5e-4,
        unit="errors per base and wrong base",
        low=1e-10,
        high=0.1,
        meaning="error rate of a molecule without UMI before any error of the specimen was seen",
        source="assay parameters: 5e-4 to 5e-3 per base, from memory; weighs as one error",
    )
    indel_to_base_errors: float = _threshold(
        0.1,
        unit="ratio",
        low=1e-4,
        high=10.0,
        meaning="indel errors outside repeats per wrong base, before any error of the specimen was seen",
        source="project choice",
    )
    design_vaf: float = _threshold(
        0.002,
        unit="fraction",
        low=1e-5,
        high=0.5,
        meaning="allele fraction at which the weights of duplex, simplex and raw molecules are optimal",
        source="project choice; the fraction the test is designed for",
    )
    # ----------------------------------------------------------------------------------- calling
    min_alt_molecules: int = _threshold(
        2,
        unit="molecules",
        low=1,
        high=100,
        meaning="an allele is detected only with at least this many mutant molecules",
        source="project choice; a single molecule can be a chimera or a contaminant whatever its quality",
    )
    hotspot_false_calls: float = _threshold(
        0.01,
        unit="calls per specimen",
        low=1e-9,
        high=1.0,
        meaning="expected number of false hotspot calls in a blank specimen, shared by all hotspot alleles",
        source="validation goal: at most 1 false hotspot call per 100 specimens",
    )
    panel_false_calls: float = _threshold(
        0.05,
        unit="calls per specimen",
        low=1e-9,
        high=10.0,
        meaning="expected number of false calls outside hotspots in a blank specimen",
        source="validation goal: at most 0.1 false panel calls per specimen",
    )
    indeterminate_p: float = _threshold(
        0.001,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="a hotspot with a smaller p-value that is not detected is INDETERMINATE",
        source="project choice",
    )
    max_lod95: float = _threshold(
        0.05,
        unit="fraction",
        low=0.0001,
        high=1.0,
        meaning="a negative is assessable only if its LoD95 is at most this, otherwise it is NOT_ASSESSABLE",
        source="project choice; far below the lower quartile (23%) of positive CSF samples",
    )
    lod_power: float = _threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.999,
        meaning="detection probability that defines the limit of detection",
        source="CLSI EP17-A2",
    )
    interval_level: float = _threshold(
        0.95,
        unit="probability",
        low=0.5,
        high=0.999,
        meaning="coverage of the interval of the allele fraction",
        source="convention",
    )
    # ----------------------------------------------------------------------------------- filters
    strand_bias_p: float = _threshold(
        1e-4,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="strand_bias: two-sided Fisher p of alt against ref molecules by strand below this",
        source="project choice",
    )
    strand_bias_share: float = _threshold(
        0.1,
        unit="fraction of molecules",
        low=0.0,
        high=0.5,
        meaning="strand_bias, oxidation: and at most this share of the mutant molecules is on their rarer strand",
        source="project choice; an artefact is one-sided, an uneven variant is not",
    )
    damage_p: float = _threshold(
        1e-3,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="oxidation, deamination: one-sided Fisher p of the pattern, no mutant on both strands, below this",
        source="project choice; at most one true variant in 1,000 of these two kinds is doubted",
    )
    deamination_end_bp: float = _threshold(
        10.0,
        unit="bp",
        low=0.0,
        high=50.0,
        meaning="deamination: half of the mutant molecules or more end closer than this to the allele",
        source="project choice; the overhangs that end repair fills in are a few bases long",
    )
    fragment_end_bp: float = _threshold(
        3.0,
        unit="bp",
        low=0.0,
        high=50.0,
        meaning="fragment_end: half of the mutant molecules or more end closer than this to the allele",
        source="project choice; end repair acts on the last bases",
    )
    fragment_end_p: float = _threshold(
        0.01,
        unit="probability",
        low=0.0,
        high=1.0,
        meaning="fragment_end: and the one-sided Fisher p against the other molecules of the site is below this",
        source="project choice; spares sites where every molecule ends",
    )
    min_alt_mapq: float = _threshold(
        30.0,
        unit="Phred",
        low=0.0,
        high=60.0,
        meaning="low_mapq: mean mapping quality of the mutant molecules below this",
        source="project choice",
    )
    low_complexity_bp: int = _threshold(
        10,
        unit="bp",
        low=2,
        high=1000,
        meaning="low_complexity: an insertion or deletion that changes a repeat of units up to 4 bp of at least this",
        source="project choice; the longest class of homopolymers that the error model tells apart",
    )
    germline_spread: float = _threshold(
        0.05,
        unit="fraction",
        low=0.0,
        high=0.4,
        meaning="germline_like: the interval of the VAF comes within this of 0.5 or 1",
        source="project choice; capture favours one allele by a few percent",
    )
    germline_min_depth: int = _threshold(
        20,
        unit="molecules",
        low=1,
        high=10_000,
        meaning="germline_like: a specimen with fewer molecules is not asked",
        source="project choice; below it the interval of any fraction is wide",
    )
    # ---------------------------------------------------------------------------------------- qc
    genome_mass_pg: float = _threshold(
        3.3,
        unit="pg",
        low=3.0,
        high=3.6,
        meaning="mass of one haploid human genome",
        source="convention; 1 ng = 303 haploid genome equivalents",
    )
    csf_volume_low_ml: float = _threshold(
        5.0,
        unit="mL",
        low=0.0,
        high=50.0,
        meaning="CSF volume below this is LIMITED",
        source="EANO-ESMO 2023, PMC10619142: ideally above 10 mL, at least 5 mL",
    )
    csf_volume_very_low_ml: float = _threshold(
        2.0,
        unit="mL",
        low=0.0,
        high=50.0,
        meaning="CSF volume below this is LIMITED with a strong warning",
        source="positive rate 20% below 2 mL against 68.6% at 5 mL, see docs/limits.md",
    )
    csf_rbc_per_ul: float = _threshold(
        1000.0,
        unit="red cells per uL",
        low=0.0,
        high=1e7,
        meaning="CSF with more red blood cells than this is LIMITED: blood was mixed into it",
        source="project choice; a traumatic tap brings in DNA of blood plasma and white cells",
    )
    mononucleosome_min_bp: int = _threshold(
        120,
        unit="bp",
        low=20,
        high=1000,
        meaning="shortest fragment counted as DNA of one nucleosome",
        source="plasma cfDNA of 120-220 bp, peak at 167 bp: doi:10.1038/s41598-020-69432-x",
    )
    mononucleosome_max_bp: int = _threshold(
        220,
        unit="bp",
        low=20,
        high=1000,
        meaning="longest fragment counted as DNA of one nucleosome",
        source="plasma cfDNA of 120-220 bp, peak at 167 bp: doi:10.1038/s41598-020-69432-x",
    )
    long_fragment_bp: int = _threshold(
        250,
        unit="bp",
        low=20,
        high=1000,
        meaning="a fragment is long from this length on",
        source="short, medium and long (above 250 bp) cfDNA of CSF and serum: PMC7307366",
    )
    max_long_fragment_share: float = _threshold(
        0.3,
        unit="fraction of molecules",
        low=0.0,
        high=1.0,
        meaning="cell-free DNA with a larger share of long fragments is LIMITED: DNA of lysed cells is mixed into it",
        source="project choice; DNA of two nucleosomes makes about a tenth of plasma cfDNA",
    )
    max_fragment_bp: int = _threshold(
        1000,
        unit="bp",
        low=200,
        high=100_000,
        meaning="ends further apart are not those of one fragment; its length is left out",
        source="project choice; longer inserts hardly form clusters on short-read sequencers",
    )
    min_molecules_for_share: int = _threshold(
        100,
        unit="molecules",
        low=1,
        high=100_000,
        meaning="a share of fewer molecules (long fragments, strands) is shown but not judged",
        source="project choice; keeps the standard error of a share at 5% or less",
    )
    max_single_strand_share: float = _threshold(
        0.6,
        unit="fraction of molecules",
        low=0.5,
        high=1.0,
        meaning="a remark is made if a larger share of the molecules read on one strand alone is of the same strand",
        source="project choice; one half is expected of a two-sided library",
    )
    evenness_depth_share: float = _threshold(
        0.2,
        unit="fraction of the mean depth",
        low=0.01,
        high=1.0,
        meaning="a base counts as evenly covered from this share of the mean depth of the panel on",
        source="convention of coverage uniformity, 0.2 x mean",
    )
    min_on_target_rate: float = _threshold(
        0.5,
        unit="fraction of mapped alignments",
        low=0.0,
        high=1.0,
        meaning="a remark is made if a smaller share of the mapped alignments overlaps a target",
        source="eight ctDNA assays had 0.51 to 0.87: doi:10.1038/s41598-024-54361-w, table 1",
    )
    fail_assessable_share: float = _threshold(
        0.5,
        unit="fraction of hotspots",
        low=0.0,
        high=1.0,
        meaning="a specimen FAILs if a smaller share of its covered hotspots is assessable",
        source="project choice",
    )
    min_assessable_share: float = _threshold(
        0.9,
        unit="fraction of hotspots",
        low=0.0,
        high=1.0,
        meaning="a specimen is LIMITED if a smaller share of its covered hotspots is assessable",
        source="project choice",
    )


DEFAULTS = Thresholds()


def describe(thresholds: Thresholds, origins: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return the table of thresholds as used, each with its default and where its value came from."""
    return tuple(
        Setting(
            name=f.name,
            value=getattr(thresholds, f.name),
            default=getattr(DEFAULTS, f.name),
            unit=f.metadata["unit"],
            meaning=f.metadata["meaning"],
            source=f.metadata["source"],
            origin=origins.get(f.name, "default"),
        )
        for f in fields(Thresholds)
    )


def override(thresholds: Thresholds, values: Mapping[str, object]) -> Thresholds:
    """Return `thresholds` with some values replaced.

    Raises
    ------
    SettingsError
        For an unknown name, a value that is not a number, or one outside its bounds.
    """
    known: dict[str, Field[Any]] = {f.name: f for f in fields(Thresholds)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"unknown setting '{name}'; known settings: {', '.join(sorted(known))}")
        checked[name] = _checked(known[name], value)
    return replace(thresholds, **checked)


def parse_assignments(texts: Iterator[str] | tuple[str, ...]) -> dict[str, str]:
    """Return `{name: text}` of `NAME=VALUE` texts.

    Raises
    ------
    SettingsError
        If a text has no `=`.
    """
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"'{text}' is not NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs


def _checked(known: Field[Any], value: object) -> Number:
    cast = type(getattr(DEFAULTS, known.name))
    low, high, unit = known.metadata["low"], known.metadata["high"], known.metadata["unit"]
    try:
        number: Number = cast(str(value))
    except ValueError:
        raise SettingsError(f"setting '{known.name}' is '{value}'; expected {cast.__name__} in {unit}") from None
    if not low <= number <= high:
        raise SettingsError(f"setting '{known.name}' is {number} {unit}; expected {low} to {high}")
    return number
