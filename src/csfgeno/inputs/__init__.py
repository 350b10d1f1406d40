"""Case file and options to a validated case: specimens, panel, reference, build."""
