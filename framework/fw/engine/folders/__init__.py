"""The run folder and its files: whole or not there, one owner at a time."""
