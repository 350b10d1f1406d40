"""`Recipe`: every parameter of a simulated library with its unit, bounds, meaning and source, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from csfgeno.errors import SettingsError
from csfgeno.vocab import SpecimenKind

N = TypeVar("N", float, int)

MEMORY: Final = "assay literature, from memory"
CHOICE: Final = "project choice"
HOMOPOLYMERS: Final = "2% of Illumina reads that it reaches at most, Minoche 2011, doi:10.1186/gb-2011-12-11-r112"
TAQ_SLIPPAGE: Final = (
    "the losses of Taq alone, 5 to 1 in (A)n and 14 to 1 in (CA)n: Shinde 2003, Taq DNA polymerase slippage mutation "
    "rates measured by PCR and quasi-likelihood analysis"
)
CHIMERAS: Final = (
    "of clones of Illumina libraries 0.0009 to 0.0073 join two chromosomes, doi:10.1534/genetics.111.127530"
)
SEQC2: Final = "SEQC2 ctDNA reference material, coordinate families of real reads"
SEQC2_MULTIPLEX: Final = f"{SEQC2}: families of two or more have mean 7.95 and variance 45.9"


class UmiStyle(StrEnum):
    """How a read names its molecule: a UMI at both ends, at one end, or none."""

    DUAL = "dual"
    SINGLE = "single"
    SHARED = "shared"
    NONE = "none"


class QualityStyle(StrEnum):
    """Base qualities in the four bins of NovaSeq (2, 12, 23, 37), or every value from 2 to 41."""

    BINNED = "binned"
    UNBINNED = "unbinned"


def _parameter(value: N, unit: str, low: N, high: N, meaning: str, source: str) -> N:
    metadata = {"unit": unit, "low": low, "high": high, "meaning": meaning, "source": source}
    return field(default=value, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a library is made and read; `low` and `high` bound what a user may set."""

    # ------------------------------------------------------------------------------- molecules
    input_ng: float = _parameter(5.0, "ng", 0.001, 1000.0, "DNA that goes into the library", CHOICE)
    genome_pg: float = _parameter(3.3, "pg", 3.0, 4.0, "mass of a haploid genome", "convention; 303 genomes per ng")
    recovery: float = _parameter(
        0.31,
        "fraction of genomes",
        0.001,
        1.0,
        "share of the genomes that end as sequenced molecules",
        "hybrid capture of 32 ng: 2,100 to 4,000 of 9,697 genomes, Newman 2016, doi:10.1038/nbt.3520",
    )
    capture_overlap_bp: int = _parameter(20, "bp", 1, 100, "a fragment in reach shares this much with a target", CHOICE)
    contamination: float = _parameter(
        0.0,
        "fraction of molecules",
        0.0,
        0.9,
        "molecules of a second person, who carries `contaminant` variants",
        CHOICE,
    )
    index_hopping: float = _parameter(
        1e-3, "fraction of read pairs", 0.0, 0.2, "read pairs of a neighbour library, as singletons", MEMORY
    )
    snp_rate: float = _parameter(
        0.0,
        "per bp",
        0.0,
        0.01,
        "random inherited substitutions in targets, of each person",
        "0.001 is human-like; " + MEMORY,
    )
    snp_homozygous_share: float = _parameter(0.35, "fraction of SNPs", 0.0, 1.0, "the rest is heterozygous", MEMORY)
    tumour_fraction: float = _parameter(
        0.0, "fraction of cell-free genomes", 0.0, 1.0, "genomes of tumour cells, which have `--tumour-copies`", CHOICE
    )
    chimera_share: float = _parameter(
        0.0,
        "fraction of molecules",
        0.0,
        0.2,
        "two unrelated molecules of the panel joined before amplification",
        f"none by default, {CHOICE}; {CHIMERAS}",
    )
    # ------------------------------------------------------------------------------- fragments
    fragment_bp: float = _parameter(
        167.0, "bp", 60.0, 600.0, "mean of the mononucleosome", "plasma peak: doi:10.1038/s41598-020-69432-x"
    )
    fragment_sd_bp: float = _parameter(12.0, "bp", 1.0, 200.0, "its standard deviation", MEMORY)
    short_share: float = _parameter(
        0.2, "fraction of molecules", 0.0, 1.0, "fragments shorter than a nucleosome", MEMORY
    )
    short_bp: float = _parameter(140.0, "bp", 50.0, 300.0, "mean of the short fragments", MEMORY)
    short_sd_bp: float = _parameter(15.0, "bp", 1.0, 200.0, "their standard deviation", MEMORY)
    dinucleosome_share: float = _parameter(
        0.1, "fraction of molecules", 0.0, 1.0, "fragments of two nucleosomes", MEMORY
    )
    dinucleosome_bp: float = _parameter(
        334.0, "bp", 200.0, 600.0, "mean of the dinucleosome", "twice the mononucleosome"
    )
    dinucleosome_sd_bp: float = _parameter(25.0, "bp", 1.0, 200.0, "its standard deviation", MEMORY)
    ripple: float = _parameter(
        0.3, "fraction", 0.0, 1.0, "depth of the 10.4-bp wave of lengths below 150 bp", "helical pitch; " + MEMORY
    )
    leucocyte_share: float = _parameter(
        0.02, "fraction of molecules", 0.0, 1.0, "long DNA of lysed leucocytes or a bloody tap", MEMORY
    )
    leucocyte_bp: float = _parameter(450.0, "bp", 200.0, 600.0, "mean of what of it still forms clusters", CHOICE)
    leucocyte_sd_bp: float = _parameter(80.0, "bp", 1.0, 200.0, "its standard deviation", CHOICE)
    # -------------------------------------------------------------------------------- families
    duplex_yield: float = _parameter(
        0.30, "fraction of molecules", 0.0, 1.0, "molecules of which both strands are sequenced", MEMORY
    )
    singleton_share: float = _parameter(
        0.269, "fraction of strand families", 0.0, 1.0, "families of one read pair", SEQC2
    )
    family_mean: float = _parameter(
        7.95, "read pairs", 2.0, 500.0, "mean size of the other families: 2 + negative binomial", SEQC2_MULTIPLEX
    )
    family_shape: float = _parameter(
        0.886, "", 0.05, 100.0, "shape of the negative binomial: (mean - 2)^2 / (variance - mean + 2)", SEQC2_MULTIPLEX
    )
    jackpot_rate: float = _parameter(1e-3, "fraction of strand families", 0.0, 0.5, "families that PCR favours", CHOICE)
    jackpot_fold: int = _parameter(8, "times", 1, 100, "how much larger a favoured family is", CHOICE)
    # ------------------------------------------------------------------------------------- UMI
    umi_bp: int = _parameter(8, "bp", 1, 16, "length of a UMI, of each half if there are two", CHOICE)
    umi_error: float = _parameter(1e-3, "per base", 0.0, 0.5, "wrong bases in the UMI of a read pair", CHOICE)
    # ------------------------------------------------------------------------------------- PCR
    pcr_error: float = _parameter(1e-6, "per base and cycle", 0.0, 1e-2, "wrong bases of the polymerase", MEMORY)
    pcr_cycles: int = _parameter(20, "cycles", 4, 40, "cycles before sequencing", CHOICE)
    pcr_transition_share: float = _parameter(
        0.7, "fraction of PCR errors", 0.0, 1.0, "A<->G and C<->T", "transitions prevail; share " + MEMORY
    )
    # ------------------------------------------------------------------------------- slippage
    slip_strand: float = _parameter(
        3e-7,
        "per base of a strand",
        0.0,
        0.01,
        "insertions and deletions of the first copy of a strand, outside repeats",
        "a tenth of those of a read pair; " + CHOICE,
    )
    slip_read: float = _parameter(
        3e-6,
        "per base of a read pair",
        0.0,
        0.01,
        "insertions and deletions of later copies and of the sequencer, outside repeats",
        "order of magnitude of Illumina reads, " + MEMORY,
    )
    slip_growth: float = _parameter(
        2.3,
        "times",
        1.0,
        10.0,
        "growth of both with each further copy in a repeat of units of 1 to 3 bp",
        f"reaches half a percent at ten bases; {CHOICE} below the {HOMOPOLYMERS}",
    )
    slip_highest: float = _parameter(
        0.05, "per repeat", 0.0, 0.5, "most that either grows to", f"{CHOICE} above the {HOMOPOLYMERS}"
    )
    slip_deletion_share: float = _parameter(
        0.6, "fraction of slips", 0.0, 1.0, "losses; the rest inserts", f"{CHOICE}, more even than {TAQ_SLIPPAGE}"
    )
    slip_single_share: float = _parameter(
        0.85, "fraction of slips", 0.05, 1.0, "slips of one unit; more units are geometric", MEMORY
    )
    # ---------------------------------------------------------------------------------- damage
    oxidation: float = _parameter(
        2e-5,
        "per G of a strand",
        0.0,
        0.1,
        "G read as T on one strand",
        "three times the mean simplex error; " + MEMORY,
    )
    deamination: float = _parameter(
        1.5e-5, "per C of a strand", 0.0, 0.1, "C read as T on one strand, inside a fragment", MEMORY
    )
    deamination_end: float = _parameter(
        1e-4, "per C of a strand", 0.0, 0.1, "added to it at the very end of a fragment", CHOICE
    )
    deamination_decay_bp: float = _parameter(6.0, "bp", 0.5, 100.0, "distance over which that falls to 1/e", CHOICE)
    # ------------------------------------------------------------------------------ sequencing
    read_bp: int = _parameter(100, "bp", 40, 300, "cycles of each read; shorter fragments are trimmed", CHOICE)
    quality_mean: float = _parameter(37.5, "Phred", 10.0, 41.0, "latent base quality at the first cycle", CHOICE)
    quality_drop: float = _parameter(3.0, "Phred", 0.0, 30.0, "lost by the last cycle, growing as the square", CHOICE)
    read_2_drop: float = _parameter(1.0, "Phred", 0.0, 30.0, "lost by read 2 at every cycle", CHOICE)
    quality_read_sd: float = _parameter(2.0, "Phred", 0.0, 20.0, "spread between reads", CHOICE)
    quality_cycle_sd: float = _parameter(5.0, "Phred", 0.0, 20.0, "spread between cycles of one read", CHOICE)
    quality_correlation: float = _parameter(0.6, "", 0.0, 0.99, "of neighbouring cycles", CHOICE)
    error_scale: float = _parameter(
        1.0, "times", 0.0, 100.0, "true error rate over the rate that the quality states", CHOICE
    )
    low_mapq_share: float = _parameter(0.003, "fraction of read pairs", 0.0, 1.0, "mapping quality 0 to 19", CHOICE)
    # ----------------------------------------------------------------------------------- style
    umi_style: UmiStyle = field(
        default=UmiStyle.DUAL,
        metadata={"meaning": "UMI at both ends, at one of each strand, one that both strands share, or none"},
    )
    quality_style: QualityStyle = field(
        default=QualityStyle.BINNED, metadata={"meaning": "base qualities in four bins, or in full"}
    )

    @property
    def molecules_per_base(self) -> float:
        """Unique molecules over a base with two copies per cell."""
        return self.input_ng * 1000 / self.genome_pg * self.recovery

    @property
    def mean_family(self) -> float:
        """Mean read pairs of a strand family."""
        mean = self.singleton_share + (1 - self.singleton_share) * self.family_mean
        return mean * (1 + self.jackpot_rate * (self.jackpot_fold - 1))

    @property
    def pairs_per_molecule(self) -> float:
        """Mean read pairs of a molecule."""
        return self.mean_family * (1 + self.duplex_yield)


PRESETS: Final[Mapping[SpecimenKind, Mapping[str, Any]]] = {
    SpecimenKind.CSF: {
        "fragment_bp": 150.0,  # shorter than plasma; Mouliere 2018, the length from memory
        "fragment_sd_bp": 16.0,
        "short_bp": 125.0,
        "dinucleosome_share": 0.05,
    },
    SpecimenKind.PLASMA: {"input_ng": 20.0},
    SpecimenKind.TISSUE: {
        "input_ng": 50.0,
        "recovery": 0.05,
        "fragment_bp": 180.0,
        "fragment_sd_bp": 45.0,
        "short_share": 0.0,
        "dinucleosome_share": 0.0,
        "ripple": 0.0,
        "leucocyte_share": 0.0,
        "deamination": 2e-4,  # formalin
        "oxidation": 5e-5,
        "duplex_yield": 0.15,
    },
    SpecimenKind.NORMAL: {
        "input_ng": 20.0,
        "fragment_bp": 200.0,
        "fragment_sd_bp": 40.0,
        "short_share": 0.0,
        "dinucleosome_share": 0.0,
        "ripple": 0.0,
        "leucocyte_share": 0.0,
        "deamination_end": 0.0,
    },
}
"""What a specimen changes of the defaults, which are those of plasma."""


def make_recipe(kind: SpecimenKind, *overrides: Mapping[str, str]) -> Recipe:
    """Return the preset of a specimen with settings over it; of two settings of one name the later counts.

    Raises
    ------
    SettingsError
        For a name that is no parameter, a value of the wrong type or out of bounds, or shares that exceed one.
    """
    given: dict[str, Any] = dict(PRESETS[kind])
    for settings in overrides:
        given |= {name: _convert(name, text) for name, text in settings.items()}
    recipe = replace(Recipe(), **given)
    if recipe.short_share + recipe.dinucleosome_share > 1:
        raise SettingsError("short_share and dinucleosome_share exceed 1 together; the mononucleosome is the rest")
    return recipe


def describe(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    """Return name, value, unit, meaning and source of every parameter."""
    return tuple(
        (f.name, str(getattr(recipe, f.name)), *(str(f.metadata.get(k, "")) for k in ("unit", "meaning", "source")))
        for f in fields(Recipe)
    )


def _convert(name: str, text: str) -> Any:
    known = {f.name: f for f in fields(Recipe)}
    if name not in known:
        raise SettingsError(f"'{name}' is no parameter of the simulation; they are {', '.join(known)}")
    default, metadata = getattr(Recipe(), name), known[name].metadata
    try:
        value = type(default)(text)
    except ValueError:
        raise SettingsError(f"{name}: '{text}' is not {_expected(default)}") from None
    low, high = metadata.get("low", value), metadata.get("high", value)
    if not low <= value <= high:
        raise SettingsError(f"{name}: {text} is out of bounds; expected {low} to {high} {metadata['unit']}")
    return value


def _expected(default: object) -> str:
    if isinstance(default, StrEnum):
        return " or ".join(type(default))
    return "a whole number" if isinstance(default, int) else "a number"
