"""All cases of the tests of the report, by name."""

from .report_cases import CASES as PLAIN
from .serial_cases import serial
from .serial_structural import serial_structural
from .special_cases import SPECIAL

CASES = PLAIN | SPECIAL | {"serial": serial, "serial_structural": serial_structural}
