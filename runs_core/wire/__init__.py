"""Bytes to values and back: event streams, HTTP messages, JSON."""
