"""One training step: what a batch is, what it comes to, and how and where it is carried out."""
