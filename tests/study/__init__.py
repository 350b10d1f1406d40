"""Calibration and sensitivity of the caller on molecules whose truth is known: `python -m tests.study`."""
