"""How time and memory are taken."""
