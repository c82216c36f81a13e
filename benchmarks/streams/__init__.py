"""What is decoded: generated and recorded streams, and the cuts they come in."""
