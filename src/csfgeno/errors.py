"""The exceptions of csfgeno. Library code raises them; only `cli` turns them into exit codes.

A message says what was found, where, what was expected and what to do, in one sentence or two.
"""


class CsfgenoError(Exception):
    """Base of every anticipated error."""


class UsageError(CsfgenoError):
    """Options or settings that cannot be used together (exit 2)."""


class SettingsError(UsageError):
    """A settings or case file with an unknown key or an impossible value (exit 2)."""


class InputError(CsfgenoError):
    """A file of the user's that cannot be used: missing index, wrong build, truncated (exit 3)."""


class ReferenceDataError(CsfgenoError):
    """A file that csfgeno ships, or a panel given in its place, that contradicts itself (exit 3)."""


class QualityGateError(CsfgenoError):
    """A quality gate that failed under `--strict` (exit 4)."""
