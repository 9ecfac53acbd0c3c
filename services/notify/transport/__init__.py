"""The delivery engine's HTTP client: it dials only vetted addresses and bounds everything."""
