"""Where the runs of a sweep go."""
