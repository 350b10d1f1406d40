"""Alleles that recur in a laboratory at low fractions: an artefact of its assay, unless a person knows better.

The laboratory's own cases say how often. The remark stands with its counts at every allele with mutant molecules; an
allele that fails becomes INDETERMINATE and stays in every output. Hotspots never fail, for drivers recur as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from csfgeno.errors import InputError, UsageError
from csfgeno.genome.contigs import rename_contig
from csfgeno.intervals import share_low
from csfgeno.records import Allele, FilterRemark, Finding, Recurrence, SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallingTier, CallState, ContigStyle, FilterName

SCHEMA: Final = "csfgeno.recurrence/1"
HEADER: Final = "Detected at low fractions in many patients of the laboratory, see recurrence_share; never a hotspot"
THRESHOLDS: Final = ("recurrence_max_vaf", "recurrence_share", "recurrence_min_patients")

Key = tuple[Build, str, int, str, str]
"""Build, contig without `chr`, start, REF, ALT."""


@dataclass(frozen=True, slots=True)
class RecurrenceTable:
    """What a laboratory's cases say of alleles.

    Attributes
    ----------
    max_vaf
        Fraction up to which a detection counts as low-level.
    patients
        Patients with a usable specimen, by digest of their panel.
    alleles
        Alleles detected in any patient.
    """

    max_vaf: float
    patients: Mapping[str, int]
    alleles: Mapping[Key, Recurrence]

    def at(self, build: Build, allele: Allele, panel_sha256: str) -> Recurrence:
        """Return the recurrence of an allele; one not in the table was detected in nobody on this panel."""
        absent = Recurrence(self.patients.get(panel_sha256, 0), 0, 0)
        return self.alleles.get(key_of(build, allele), absent)


def key_of(build: Build, allele: Allele) -> Key:
    """Return how a table knows an allele, however its genome names contigs."""
    return build, rename_contig(allele.contig, ContigStyle.PLAIN), allele.start, allele.ref, allele.alt


def is_artefact_like(seen: Recurrence, thresholds: Thresholds) -> bool:
    """Return whether an allele recurs at low fractions as no somatic variant outside hotspots does."""
    # METHOD: the lower end of the interval, so that few patients never condemn an allele.
    is_common = share_low(seen.low_level, seen.tested) >= thresholds.recurrence_share
    # METHOD: an allele that most of its carriers show at high fractions is inherited or a driver, not an artefact.
    is_mostly_low = 2 * seen.low_level > seen.detected
    return is_common and is_mostly_low and seen.low_level >= thresholds.recurrence_min_patients


def weigh_recurrence(
    findings: Sequence[Finding], table: RecurrenceTable, build: Build, panel_sha256: str, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Return the findings with what the laboratory's cases say of them; none is taken away.

    Raises
    ------
    UsageError
        If the table was made with another `recurrence_max_vaf`.
    """
    if table.max_vaf != thresholds.recurrence_max_vaf:
        raise UsageError(
            f"the recurrence table was made with recurrence_max_vaf = {table.max_vaf:g}, the run has "
            f"{thresholds.recurrence_max_vaf:g}; use the same value or make the table again"
        )
    return tuple(_weigh(f, table.at(build, f.allele, panel_sha256), thresholds) for f in findings)


def _weigh(finding: Finding, seen: Recurrence, thresholds: Thresholds) -> Finding:
    return replace(finding, calls=tuple(_remark(call, seen, thresholds) for call in finding.calls))


def _remark(call: SpecimenCall, seen: Recurrence, thresholds: Thresholds) -> SpecimenCall:
    vaf = call.counts.vaf
    if not call.counts.alt or vaf is None:
        return call
    is_open = call.tier is not CallingTier.HOTSPOT and vaf <= thresholds.recurrence_max_vaf
    fails = is_open and is_artefact_like(seen, thresholds)
    remarks = (*call.remarks, FilterRemark(FilterName.LAB_RECURRENT, fails, _sentence(seen, thresholds)))
    if not fails:
        return replace(call, remarks=remarks)
    state = CallState.INDETERMINATE if call.state is CallState.DETECTED else call.state
    return replace(call, remarks=remarks, filters=(*call.filters, FilterName.LAB_RECURRENT), state=state)


def _sentence(seen: Recurrence, thresholds: Thresholds) -> str:
    if not seen.tested:
        return "no other patient of the laboratory was tested on this panel"
    return (
        f"detected in {seen.detected} of {seen.tested} patients of the laboratory, in {seen.low_level} of them "
        f"at no more than {thresholds.recurrence_max_vaf:g}"
    )


# ---------------------------------------------------------------------------------------- as text

COLUMNS: Final = ("build", "contig", "pos", "ref", "alt", "tested", "detected", "low_level")


def write_table(table: RecurrenceTable) -> str:
    """Return a table as text: counts alone, no case and no patient."""
    lines = [f"#{SCHEMA}", f"#max_vaf={table.max_vaf!r}"]
    lines += [f"#panel={sha256} patients={patients}" for sha256, patients in sorted(table.patients.items())]
    lines.append("\t".join(COLUMNS))
    for (build, contig, start, ref, alt), seen in sorted(table.alleles.items()):
        cells = (build, contig, start + 1, ref, alt, seen.tested, seen.detected, seen.low_level)
        lines.append("\t".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def parse_table(text: str, name: str) -> RecurrenceTable:
    """Return the table of a text.

    Raises
    ------
    InputError
        With the line, if it is no such table.
    """
    lines = text.splitlines()
    if not lines or lines[0] != f"#{SCHEMA}":
        raise InputError(f"{name} does not start with '#{SCHEMA}'; expected a table of `csfgeno cohort recurrence`")
    max_vaf, patients, alleles = None, {}, {}
    for number, line in enumerate(lines[1:], 2):
        try:
            if line.startswith("#max_vaf="):
                max_vaf = float(line.removeprefix("#max_vaf="))
            elif line.startswith("#panel="):
                sha256, count = line.removeprefix("#panel=").split(" patients=")
                patients[sha256] = int(count)
            elif line != "\t".join(COLUMNS):
                key, seen = _parse_row(line)
                alleles[key] = seen
        except ValueError as error:
            raise InputError(f"{name} line {number} cannot be read ({error}); make the table again") from None
    if max_vaf is None:
        raise InputError(f"{name} lacks the line '#max_vaf='; make the table again")
    return RecurrenceTable(max_vaf, patients, alleles)


def _parse_row(line: str) -> tuple[Key, Recurrence]:
    build, contig, pos, ref, alt, *counts = line.split("\t")
    seen = Recurrence(*map(int, counts)) if len(counts) == 3 else None
    if seen is None or not 0 <= seen.low_level <= seen.detected <= seen.tested or int(pos) < 1:
        raise ValueError("expected position and counts with low_level <= detected <= tested")
    return (Build(build), contig, int(pos) - 1, ref, alt), seen
