"""Evidence against background: likelihood ratio, state, limit of detection."""
