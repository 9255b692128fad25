"""Logic synthesis by external programs."""
