"""The shared schema: what publishers, partners and services agree on. Frozen pydantic models."""
