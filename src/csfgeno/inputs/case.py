"""The case: a YAML file or command-line values, checked once and turned into records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from csfgeno import thresholds
from csfgeno.errors import SettingsError
from csfgeno.inputs.dialects import TagMap, parse_tags
from csfgeno.inputs.entry import (
    DEFAULT_PANEL,
    LABEL,
    ClinicalEntry,
    RequestEntry,
    SignOffEntry,
    SpecimenEntry,
    Where,
    check_label,
    validate_entry,
)
from csfgeno.io.headers import read_header
from csfgeno.io.vcf import is_vcf, read_vcf
from csfgeno.io.yamlfile import Loc, read_yaml
from csfgeno.records import Amendment, Case, Clinical, PriorTherapy, Request, SignOff, Specimen
from csfgeno.vocab import Build, SpecimenKind

UNNAMED_PATIENT: Final = "unnamed"


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """A case and where its files are.

    Attributes
    ----------
    case
        What is known of the patient and the specimens.
    paths
        Alignment file of each specimen.
    reference
        Genome FASTA.
    build
        Declared build, `None` if the FASTA decides.
    panel
        Name of a shipped panel or path of a BED.
    settings
        Thresholds set by the case, as text, known and within bounds.
    vcfs
        VCF of each specimen that comes as one.
    tags
        Where the counts of a VCF are that follows no known dialect.
    """

    case: Case
    paths: Mapping[SpecimenKind, Path]
    reference: Path
    build: Build | None
    panel: str
    settings: Mapping[str, object]
    vcfs: Mapping[SpecimenKind, Path] = field(default_factory=dict)
    tags: Mapping[SpecimenKind, TagMap] = field(default_factory=dict)


def load_case(path: Path, options: Mapping[str, Any] | None = None) -> LoadedCase:
    """Return the case of a YAML file; its relative paths are relative to the file.

    Parameters
    ----------
    options
        What lies over the file, of the form of a case file (`option_entry`).

    Raises
    ------
    SettingsError
        If the file is not a case: with file, line, key, what was found and what was expected.
    InputError
        If a specimen without `sample` has a file whose header cannot be read.
    """
    document, over = read_yaml(path), options or {}

    def where(loc: Loc) -> str:
        return "options" if _states(over, loc) else f"{document.name} line {document.line(loc)}"

    return _load(_laid_over(document.value, over), path.parent, where)


def case_from_options(
    *,
    reference: Path,
    csf: Path | None = None,
    plasma: Path | None = None,
    tissue: Path | None = None,
    normal: Path | None = None,
    build: Build | None = None,
    panel: str = DEFAULT_PANEL,
    case_id: str | None = None,
    patient_code: str = UNNAMED_PATIENT,
    samples: Mapping[SpecimenKind, str] | None = None,
    input_ng: Mapping[SpecimenKind, float] | None = None,
    volume_ml: Mapping[SpecimenKind, float] | None = None,
    tags: Mapping[SpecimenKind, str] | None = None,
    settings: Mapping[str, object] | None = None,
) -> LoadedCase:
    """Return the case of command-line values; `case_id` defaults to the sample name of the first specimen.

    Raises
    ------
    SettingsError
        If a value is impossible, or belongs to a specimen that is not given.
    InputError
        If a file whose sample name is needed cannot be read.
    """
    given = zip(SpecimenKind, (csf, plasma, tissue, normal), strict=True)
    paths = {kind: path for kind, path in given if path is not None}
    facts = {"sample": samples or {}, "input_ng": input_ng or {}, "volume_ml": volume_ml or {}, "tags": tags or {}}
    for key, values in facts.items():
        for kind in values:
            if kind not in paths:
                raise SettingsError(f"options: {key} is given for {kind}, but no {kind} file; give the file as well")
    if case_id is None and paths:
        first = next(iter(paths))
        case_id = (samples or {}).get(first) or _default_sample(paths[first])
    whole = {
        "case_id": case_id or UNNAMED_PATIENT,
        "patient_code": patient_code,
        "build": build,
        "reference": reference,
        "panel": panel,
        "settings": {name: str(value) for name, value in (settings or {}).items()},
    }
    return _load(option_entry(whole, paths, facts), Path(), lambda _: "options")


def option_entry(
    whole: Mapping[str, object], paths: Mapping[SpecimenKind, Path], facts: Mapping[str, Mapping[SpecimenKind, object]]
) -> dict[str, Any]:
    """Return command-line values in the form of a case file; paths become absolute.

    Parameters
    ----------
    whole
        Keys of the case.
    paths
        File of each specimen.
    facts
        Values of the specimens, by key of the specimen.
    """
    specimens: dict[str, dict[str, object]] = {
        kind: {"alignments": str(path.absolute())} for kind, path in paths.items()
    }
    for key, values in facts.items():
        for kind, value in values.items():
            specimens.setdefault(kind, {})[key] = value
    entry: dict[str, Any] = {**whole, "specimens": specimens}
    if "reference" in whole:
        entry["reference"] = str(Path(str(whole["reference"])).absolute())
    if _is_path(str(whole.get("panel", ""))):
        entry["panel"] = str(Path(str(whole["panel"])).absolute())
    return entry


def _laid_over(value: object, over: Mapping[str, Any]) -> object:
    """Return a nested value with what lies over it put in; what is not a mapping is for the validation to refuse."""
    if not isinstance(value, dict):
        return value
    merged = dict(value)
    for key, new in over.items():
        merged[key] = _laid_over(value.get(key) or {}, new) if isinstance(new, Mapping) else new
    return merged


def _states(over: object, loc: Loc) -> bool:
    """Return whether a nested mapping holds the place `loc` itself."""
    for part in loc:
        if not isinstance(over, Mapping) or part not in over:
            return False
        over = over[part]
    return not isinstance(over, Mapping)


def _load(value: object, base: Path, where: Where) -> LoadedCase:
    entry = validate_entry(value, where)
    _check_settings(entry.settings, where)
    paths = {kind: base / specimen.alignments for kind, specimen in entry.specimens.given()}
    _check_distinct(paths, where)
    specimens = tuple(_specimen(kind, specimen, paths[kind]) for kind, specimen in entry.specimens.given())
    return LoadedCase(
        case=Case(
            case_id=entry.case_id,
            patient_code=entry.patient_code,
            specimens=specimens,
            clinical=_clinical(entry.clinical),
            request=_request(entry.request),
            sign_off=_sign_off(entry.sign_off),
        ),
        paths={kind: path for kind, path in paths.items() if not is_vcf(path)},
        reference=base / entry.reference,
        build=entry.build,
        panel=str(base / entry.panel) if _is_path(entry.panel) else entry.panel,
        settings=entry.settings,
        vcfs={kind: path for kind, path in paths.items() if is_vcf(path)},
        tags={kind: parse_tags(specimen.tags) for kind, specimen in entry.specimens.given() if specimen.tags},
    )


def _check_settings(settings: Mapping[str, str], where: Where) -> None:
    for name, value in settings.items():
        try:
            thresholds.override(thresholds.DEFAULTS, {name: value})
        except SettingsError as error:
            raise SettingsError(f"{where(('settings', name))}: {error}") from None


def _check_distinct(paths: Mapping[SpecimenKind, Path], where: Where) -> None:
    kinds: dict[Path, SpecimenKind] = {}
    for kind, path in paths.items():
        first = kinds.setdefault(path.resolve(), kind)
        if first is not kind:
            place = where(("specimens", kind.value, "alignments"))
            raise SettingsError(
                f"{place}: {path.name} is given as {first} and as {kind}; give each specimen its own file"
            )


def _specimen(kind: SpecimenKind, entry: SpecimenEntry, path: Path) -> Specimen:
    return Specimen(
        kind=kind,
        sample=entry.sample or _default_sample(path),
        input_ng=entry.input_ng,
        volume_ml=entry.volume_ml,
        collected=entry.collected,
        note=entry.note,
        rbc_per_ul=entry.rbc_per_ul,
        barcode=entry.barcode,
        received=entry.received,
        tube=entry.tube,
        minutes_to_spin=entry.minutes_to_spin,
        preparation=entry.preparation,
    )


def _default_sample(path: Path) -> str:
    if is_vcf(path):
        name = read_vcf(path, None).sample or path.name.partition(".")[0]
    else:
        header = read_header(path)
        name = header.samples[0] if header.samples else path.stem
    try:
        return check_label(name)
    except ValueError:
        raise SettingsError(
            f"{path.name}: its sample name {name!r} is no label ({LABEL}); give one as 'sample'"
        ) from None


def _clinical(entry: ClinicalEntry) -> Clinical:
    therapies = tuple(PriorTherapy(t.drug, t.started, t.stopped, t.outcome) for t in entry.prior_therapies)
    return Clinical(entry.question, entry.cytology, entry.mri, therapies)


def _request(entry: RequestEntry) -> Request:
    return Request(entry.second_identifier, entry.clinician, entry.laboratory, entry.ordered)


def _sign_off(entry: SignOffEntry) -> SignOff:
    amendments = tuple(Amendment(a.amended, a.text) for a in entry.amendments)
    return SignOff(entry.status, entry.reported, entry.reviewer, amendments)


def _is_path(panel: str) -> bool:
    return "/" in panel or Path(panel).suffix != ""
