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
    fragment_end_bp: float = _threshold(
        3.0,
        unit="bp",
        low=0.0,
        high=50.0,
        meaning="fragment_end: median distance of the allele to the nearest fragment end below this",
        source="project choice; end repair acts on the last bases",
    )
    min_alt_mapq: float = _threshold(
        30.0,
        unit="Phred",
        low=0.0,
        high=60.0,
        meaning="low_mapq: mean mapping quality of the mutant molecules below this",
        source="project choice",
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
