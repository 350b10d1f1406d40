"""Whether the specimens of a case are of one person, and free of another's DNA."""
