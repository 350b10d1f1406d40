"""Tests of `csfgeno.annotation`."""
