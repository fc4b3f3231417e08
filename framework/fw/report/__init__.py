"""The report: one page about finished or unfinished runs, or about a sweep."""
