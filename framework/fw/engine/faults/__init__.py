"""What a plugin must never give, and whose fault an exception is."""
