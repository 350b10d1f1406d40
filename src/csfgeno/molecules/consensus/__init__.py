"""Families to consensus reads for other tools."""
