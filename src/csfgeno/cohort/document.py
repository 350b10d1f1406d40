"""What a cohort takes from the JSON document of a case; the rest of the document is not looked at.

Only names that the JSON document has had since its first version are read, so every document of the same major version
can be loaded, whichever csfgeno wrote it.
"""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from csfgeno.errors import InputError
from csfgeno.io import outputs
from csfgeno.vocab import Build, CallState, QcVerdict, SpecimenKind

MAJOR_VERSION: Final = "1"

Count = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class SpecimenPart(_Part):
    """A specimen: its kind and when it was taken."""

    kind: SpecimenKind
    collected: date | None


class CasePart(_Part):
    """Who the case is of."""

    case_id: Annotated[str, Field(min_length=1)]
    patient_code: Annotated[str, Field(min_length=1)]
    specimens: tuple[SpecimenPart, ...]


class IntervalPart(_Part):
    """A stretch of the genome, 0-based half-open."""

    contig: str
    start: Count
    end: Count


class TargetPart(_Part):
    """One target of the panel."""

    interval: IntervalPart


class PanelPart(_Part):
    """The panel that was looked at."""

    name: str
    version: str
    sha256: Sha256
    build: Build
    targets: tuple[TargetPart, ...]


class AllelePart(_Part):
    """An allele in VCF spelling, 0-based."""

    contig: str
    start: Count
    ref: str
    alt: str


class ChangePart(_Part):
    """The names of an allele."""

    gene: str
    hgvs_c: str
    hgvs_p_short: str


class DerivedCounts(_Part):
    """Molecules of an allele, unknown where a VCF does not tell."""

    depth: Count | None
    alt: Count | None


class CountsPart(_Part):
    """Counts of an allele in a specimen."""

    derived: DerivedCounts


class CallPart(_Part):
    """What a specimen says of an allele."""

    specimen: SpecimenKind
    state: CallState
    counts: CountsPart
    filters: tuple[str, ...]


class FindingPart(_Part):
    """An allele with its calls."""

    allele: AllelePart
    change: ChangePart | None
    calls: tuple[CallPart, ...]
    hotspot_ids: tuple[str, ...]


class HotspotPart(_Part):
    """State of a hotspot in a specimen."""

    specimen: SpecimenKind
    state: CallState


class DerivedQuality(_Part):
    """Shares of a specimen's quality."""

    duplex_share: float | None
    duplicate_rate: float | None
    on_target_rate: float | None


class QualityPart(_Part):
    """Quality of a specimen."""

    specimen: SpecimenKind
    evidence_mode: str
    verdict: QcVerdict
    molecules: Count | None
    median_depth: float | None
    mean_family_size: float | None
    derived: DerivedQuality


class ProvenancePart(_Part):
    """Which csfgeno wrote the document."""

    version: str


class CaseDocument(_Part):
    """One case as far as a cohort knows it."""

    schema_version: str
    case: CasePart
    panel: PanelPart
    findings: tuple[FindingPart, ...]
    hotspots: tuple[HotspotPart, ...]
    qc: tuple[QualityPart, ...]
    provenance: ProvenancePart


class _Version(_Part):
    schema_version: str


def read_case_file(path: Path) -> tuple[bytes, str]:
    """Return the content of a case JSON, and its SHA-256.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    content = outputs.read_bytes(path)
    return content, hashlib.sha256(content).hexdigest()


def parse_case(content: bytes, name: str) -> CaseDocument:
    """Return what a cohort takes from a case JSON.

    Raises
    ------
    InputError
        If it is no case JSON, or has another major schema version.
    """
    try:
        version = _Version.model_validate_json(content).schema_version
        if version.partition(".")[0] != MAJOR_VERSION:
            raise InputError(
                f"'{name}' has schema version {version!r}, a cohort of this csfgeno takes {MAJOR_VERSION}.x; "
                "call the case again"
            )
        return CaseDocument.model_validate_json(content)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise InputError(f"'{name}' is no case JSON of csfgeno: {where}: {problem['msg']}") from None
