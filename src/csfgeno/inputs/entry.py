"""What a user may write in a case file: the pydantic models of the edge, and what is said when it is something else.

`description` of a field is what a message says was expected, so rule and message stand in one place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from csfgeno.errors import SettingsError
from csfgeno.inputs.dialects import TAGS_EXPECTED, parse_tags
from csfgeno.io.vcf import is_vcf
from csfgeno.io.yamlfile import Loc
from csfgeno.vocab import Build, Preparation, ReportStatus, SpecimenKind, TherapyOutcome

DEFAULT_PANEL: Final = "nsclc"
LABEL_LENGTH: Final = 64

_TEXT_LENGTH: Final = 2000
_HINTS: Final[Mapping[str, str]] = {
    "vcf": "write 'alignments'; it may be a VCF",
    "bam": "write 'alignments'",
    "cram": "write 'alignments'",
}

Where = Callable[[Loc], str]
"""Says where a value stands: `case.yaml line 7`, or `options`."""


# ----------------------------------------------------------------------------------------- models


def check_label(text: str) -> str:
    """Return `text` if it can name a case, a patient or a sample in file names, VCF columns and tables.

    Raises
    ------
    ValueError
        If it is empty, too long, has control characters or slashes, is padded, or starts with `.` or `-`.
    """
    is_plain = text.isprintable() and text == text.strip() and not {"/", "\\"} & set(text)
    if not is_plain or not 1 <= len(text) <= LABEL_LENGTH or text.startswith((".", "-")):
        raise ValueError("not a label")
    return text


def _text(text: str) -> str:
    if not text.replace("\n", " ").isprintable():
        raise ValueError("not printable")
    return " ".join(text.split())


def _iso_date(value: object) -> object:
    # pydantic alone would read 20261002 as seconds since 1970.
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("not a date")
    return value


def _check_tags(text: str) -> str:
    parse_tags(text)
    return text


Label = Annotated[str, AfterValidator(check_label)]
Text = Annotated[str, Field(max_length=_TEXT_LENGTH), AfterValidator(_text)]
FileName = Annotated[str, Field(min_length=1, pattern=r"^[^\x00\n]+$")]
IsoDate = Annotated[date, BeforeValidator(_iso_date)]

LABEL: Final = f"1 to {LABEL_LENGTH} printable characters without slashes, not starting with '.' or '-'"
_TEXT: Final = f"up to {_TEXT_LENGTH} printable characters"
_SPECIMEN: Final = "the keys of one specimen, at least 'alignments'"
_DATE: Final = "a date as YYYY-MM-DD"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Section(_Entry):
    """An entry in which a key without a value counts as not given."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {k: v for k, v in value.items() if v is not None or k not in cls.model_fields}


class SpecimenEntry(_Entry):
    """One specimen as written by the user."""

    alignments: FileName = Field(description="the path of a BAM, CRAM or VCF")
    sample: Label | None = Field(None, description=LABEL)
    input_ng: float | None = Field(None, gt=0, le=10_000, description="a number above 0 and at most 10000, in ng")
    volume_ml: float | None = Field(None, gt=0, le=500, description="a number above 0 and at most 500, in mL")
    collected: IsoDate | None = Field(None, description=_DATE)
    note: Text | None = Field(None, description=_TEXT)
    rbc_per_ul: float | None = Field(None, ge=0, le=10_000_000, description="a number from 0 to 10000000, per uL")
    barcode: Label | None = Field(None, description=LABEL)
    received: IsoDate | None = Field(None, description=_DATE)
    tube: Text | None = Field(None, description=_TEXT)
    minutes_to_spin: float | None = Field(None, ge=0, le=100_000, description="a number from 0 to 100000, in minutes")
    preparation: Preparation | None = Field(None, description="supernatant, pellet or whole")
    tags: Annotated[str, AfterValidator(_check_tags)] | None = Field(None, description=TAGS_EXPECTED)

    @model_validator(mode="after")
    def _tags_are_of_a_vcf(self) -> Self:
        if self.tags is not None and not is_vcf(Path(self.alignments)):
            raise ValueError(f"'tags' say where a VCF keeps its counts, but {Path(self.alignments).name} is none")
        return self


def _not_empty(value: object) -> object:
    # A specimen that is named but left empty must not pass for one that was never taken.
    if value is None:
        raise ValueError("empty")
    return value


GivenSpecimen = Annotated[SpecimenEntry | None, BeforeValidator(_not_empty)]


class SpecimensEntry(_Entry):
    """The specimens of a case by kind."""

    csf: GivenSpecimen = Field(None, description=_SPECIMEN)
    plasma: GivenSpecimen = Field(None, description=_SPECIMEN)
    tissue: GivenSpecimen = Field(None, description=_SPECIMEN)
    normal: GivenSpecimen = Field(None, description=_SPECIMEN)

    def given(self) -> Iterator[tuple[SpecimenKind, SpecimenEntry]]:
        """Yield the specimens that are there, in the order of `SpecimenKind`."""
        for kind in SpecimenKind:
            entry: SpecimenEntry | None = getattr(self, kind)
            if entry is not None:
                yield kind, entry

    @model_validator(mode="after")
    def _need_one(self) -> Self:
        if next(self.given(), None) is None:
            raise ValueError("no specimen; expected at least one of csf, plasma, tissue, normal")
        return self


class PriorTherapyEntry(_Entry):
    """A treatment the patient has had."""

    drug: Label = Field(description=f"a drug, {LABEL}")
    started: IsoDate | None = Field(None, description=_DATE)
    stopped: IsoDate | None = Field(None, description=_DATE)
    outcome: TherapyOutcome | None = Field(None, description=f"how it ended: {', '.join(TherapyOutcome)}")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.started and self.stopped and self.stopped < self.started:
            raise ValueError(f"{self.drug} stopped on {self.stopped}, before it started on {self.started}")
        return self


class ClinicalEntry(_Section):
    """What the requester says."""

    question: Text | None = Field(None, description=_TEXT)
    cytology: Literal["positive", "equivocal", "negative", "not_done"] | None = Field(
        None, description="positive, equivocal, negative or not_done"
    )
    mri: Text | None = Field(None, description=f"an EANO-ESMO type (A, B, C, D) or text, {_TEXT}")
    prior_therapies: tuple[PriorTherapyEntry, ...] = Field(
        (), description="a list of treatments, each with 'drug', 'started', 'stopped', 'outcome'"
    )


class RequestEntry(_Section):
    """Who asks and who answers."""

    second_identifier: Text | None = Field(None, description=_TEXT)
    clinician: Text | None = Field(None, description=_TEXT)
    laboratory: Text | None = Field(None, description=_TEXT)
    ordered: IsoDate | None = Field(None, description=_DATE)


class AmendmentEntry(_Entry):
    """A change of a report that was already given out."""

    amended: IsoDate = Field(description=_DATE)
    text: Text = Field(description=_TEXT)


class SignOffEntry(_Section):
    """Standing of the report."""

    status: ReportStatus | None = Field(None, description="preliminary, final or amended")
    reported: IsoDate | None = Field(None, description=_DATE)
    reviewer: Text | None = Field(None, description=_TEXT)
    amendments: tuple[AmendmentEntry, ...] = Field((), description="a list of changes, each with 'amended' and 'text'")


class CaseEntry(_Section):
    """A whole case as written by the user."""

    case_id: Label = Field(description=LABEL)
    patient_code: Label = Field(description=LABEL)
    build: Build | None = Field(None, description="GRCh38 or GRCh37")
    reference: FileName = Field(description="the path of the genome FASTA the reads were aligned to")
    panel: FileName = Field(DEFAULT_PANEL, description="the name of a shipped panel or the path of a BED")
    specimens: SpecimensEntry = Field(description="at least one of csf, plasma, tissue, normal")
    clinical: ClinicalEntry = Field(ClinicalEntry(), description="a mapping of clinical keys")
    request: RequestEntry = Field(RequestEntry(), description="a mapping of request keys")
    sign_off: SignOffEntry = Field(SignOffEntry(), description="a mapping of sign-off keys")
    settings: dict[str, str] = Field({}, description="a mapping of threshold to value")


def validate_entry(value: object, where: Where) -> CaseEntry:
    """Return the case entry that plain values make.

    Raises
    ------
    SettingsError
        With one line a problem: where it is, what was found, what was expected.
    """
    try:
        return CaseEntry.model_validate(value)
    except ValidationError as error:
        raise SettingsError("\n".join(_message(details, where) for details in error.errors())) from None


# ----------------------------------------------------------------------------------------- messages


def _message(details: ErrorDetails, where: Where) -> str:
    loc = details["loc"]
    key = ".".join(map(str, loc))
    if details["type"] == "extra_forbidden":
        return f"{where(loc)}: unknown key '{key}'; {_suggest(loc)}"
    if details["type"] == "value_error" and isinstance(details["input"], dict):
        return f"{where(loc)}: {details['ctx']['error']}"
    field = _field_at(loc)
    expected = field.description if field else f"a mapping with the keys {', '.join(CaseEntry.model_fields)}"
    if details["type"] == "missing":
        return f"{where(loc)}: the key '{key}' is missing; expected {expected}"
    subject = f"'{key}'" if key else "the case"
    return f"{where(loc)}: {subject} is {_shown(details['input'])}; expected {expected}"


def _suggest(loc: Loc) -> str:
    name = str(loc[-1])
    if name in _HINTS and loc[0] == "specimens":
        return _HINTS[name]
    parent = _field_at(loc[:-1])
    model = (_model_in(parent.annotation) if parent else None) or CaseEntry
    near = get_close_matches(name, model.model_fields, n=1)
    question = f"did you mean '{near[0]}'? " if near else ""
    return f"{question}known keys: {', '.join(model.model_fields)}"


def _field_at(loc: Loc) -> FieldInfo | None:
    """Return the innermost field that `loc` passes through, `None` at the root."""
    model: type[BaseModel] | None = CaseEntry
    field = None
    for name in (part for part in loc if isinstance(part, str)):
        if model is None or name not in model.model_fields:
            break
        field = model.model_fields[name]
        model = _model_in(field.annotation)
    return field


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for arg in get_args(annotation) if (model := _model_in(arg))), None)


def _shown(value: object) -> str:
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            text = str(value)
            return f"'{text[:40]}...'" if len(text) > 40 else f"'{text}'"
