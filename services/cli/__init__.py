"""The command line: ``pabal``. The only place that knows every service."""
