"""One small complete case, made by `make_sample_case.py`."""
