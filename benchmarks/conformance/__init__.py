"""Which decoder passes which case of the event-stream rules."""
