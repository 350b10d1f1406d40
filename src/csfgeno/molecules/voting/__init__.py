"""Families to statements: bases by position, insertions and deletions by event."""
