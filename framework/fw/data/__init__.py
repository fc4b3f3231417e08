"""Data: from a file's rows to the training rows and cases that a run works on."""
