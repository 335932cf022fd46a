"""Others that serve the same rows: installed, started and asked in the same run as the product."""
