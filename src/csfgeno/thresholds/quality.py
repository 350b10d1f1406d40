"""Quality of a specimen."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class QualityThresholds:
    """Quality of a specimen."""

    # ---------------------------------------------------------------------------------------- qc
    genome_mass_pg: float = threshold(
        3.3,
        unit="pg",
        low=3.0,
        high=3.6,
        meaning="mass of one haploid human genome",
        source="convention; 1 ng = 303 haploid genome equivalents",
    )
    csf_volume_low_ml: float = threshold(
        5.0,
        unit="mL",
        low=0.0,
        high=50.0,
        meaning="CSF volume below this is LIMITED",
        source="EANO-ESMO 2023, PMC10619142: ideally above 10 mL, at least 5 mL",
    )
    csf_volume_very_low_ml: float = threshold(
        2.0,
        unit="mL",
        low=0.0,
        high=50.0,
        meaning="CSF volume below this is LIMITED with a strong warning",
        source="positive rate 20% below 2 mL against 68.6% at 5 mL, see docs/limits.md",
    )
    csf_rbc_per_ul: float = threshold(
        1000.0,
        unit="red cells per uL",
        low=0.0,
        high=1e7,
        meaning="CSF with more red blood cells than this is LIMITED: blood was mixed into it",
        source="project choice; a traumatic tap brings in DNA of blood plasma and white cells",
    )
    mononucleosome_min_bp: int = threshold(
        120,
        unit="bp",
        low=20,
        high=1000,
        meaning="shortest fragment counted as DNA of one nucleosome",
        source="plasma cfDNA of 120-220 bp, peak at 167 bp: doi:10.1038/s41598-020-69432-x",
    )
    mononucleosome_max_bp: int = threshold(
        220,
        unit="bp",
        low=20,
        high=1000,
        meaning="longest fragment counted as DNA of one nucleosome",
        source="plasma cfDNA of 120-220 bp, peak at 167 bp: doi:10.1038/s41598-020-69432-x",
    )
    long_fragment_bp: int = threshold(
        250,
        unit="bp",
        low=20,
        high=1000,
        meaning="a fragment is long from this length on",
        source="short, medium and long (above 250 bp) cfDNA of CSF and serum: PMC7307366",
    )
    max_long_fragment_share: float = threshold(
        0.3,
        unit="fraction of molecules",
        low=0.0,
        high=1.0,
        meaning="cell-free DNA with a larger share of long fragments is LIMITED: DNA of lysed cells is mixed into it",
        source="project choice; DNA of two nucleosomes makes about a tenth of plasma cfDNA",
    )
    max_fragment_bp: int = threshold(
        1000,
        unit="bp",
        low=200,
        high=100_000,
        meaning="ends further apart are not those of one fragment; its length is left out",
        source="project choice; longer inserts hardly form clusters on short-read sequencers",
    )
    min_molecules_for_share: int = threshold(
        100,
        unit="molecules",
        low=1,
        high=100_000,
        meaning="a share of fewer molecules (long fragments, strands) is shown but not judged",
        source="project choice; keeps the standard error of a share at 5% or less",
    )
    max_single_strand_share: float = threshold(
        0.6,
        unit="fraction of molecules",
        low=0.5,
        high=1.0,
        meaning="a remark is made if a larger share of the molecules read on one strand alone is of the same strand",
        source="project choice; one half is expected of a two-sided library",
    )
    max_copies_without_umi: float = threshold(
        20.0,
        unit="read pairs a molecule",
        low=1.0,
        high=1e6,
        meaning="without UMIs, more read pairs of equal ends are LIMITED: molecules of amplicons cannot be told apart",
        source="project choice; a captured library has a few copies of each fragment, an amplicon thousands",
    )
    evenness_depth_share: float = threshold(
        0.2,
        unit="fraction of the mean depth",
        low=0.01,
        high=1.0,
        meaning="a base counts as evenly covered from this share of the mean depth of the panel on",
        source="convention of coverage uniformity, 0.2 x mean",
    )
    min_on_target_rate: float = threshold(
        0.5,
        unit="fraction of mapped alignments",
        low=0.0,
        high=1.0,
        meaning="a remark is made if a smaller share of the mapped alignments overlaps a target",
        source="eight ctDNA assays had 0.51 to 0.87: doi:10.1038/s41598-024-54361-w, table 1",
    )
    fail_assessable_share: float = threshold(
        0.5,
        unit="fraction of hotspots",
        low=0.0,
        high=1.0,
        meaning="a specimen FAILs if a smaller share of its covered hotspots is assessable",
        source="project choice",
    )
    min_assessable_share: float = threshold(
        0.9,
        unit="fraction of hotspots",
        low=0.0,
        high=1.0,
        meaning="a specimen is LIMITED if a smaller share of its covered hotspots is assessable",
        source="project choice",
    )
