"""Tests of `csfgeno.knowledge`."""
