"""What is done with a finished run: brought back, scored again, recommended from."""
