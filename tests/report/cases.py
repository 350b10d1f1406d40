"""All cases of the tests of the report, by name."""

from .report_cases import CASES as PLAIN
from .serial_cases import serial
from .special_cases import SPECIAL

CASES = PLAIN | SPECIAL | {"serial": serial}
