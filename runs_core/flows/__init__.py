"""Conversations as generators of effects: each is written once, for every I/O style.

A flow yields an effect and is sent its answer. `runs_core.drive` performs the effects;
so can any other loop, in some thirty lines.
"""
