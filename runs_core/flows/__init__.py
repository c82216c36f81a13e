"""Conversations as generators of effects: each is written once, for every I/O style.

A flow yields an effect and is sent its answer. `runs_core.drive` performs the effects;
any other loop can, too, in about thirty lines.
"""
