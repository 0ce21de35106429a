"""Notes as values: what changed in one, edits by place, the digest that a finding knows it by."""
