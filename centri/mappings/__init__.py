"""The language of mappings.yaml."""
