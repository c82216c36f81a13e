"""The API's nouns: functions that return a `Call`, a `Flow` or a `Feed`.

Each operation is written here once; the clients' methods are derived from it.
"""
