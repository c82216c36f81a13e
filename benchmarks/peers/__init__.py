"""The decoders that are compared, each behind an adapter that adds no work."""
