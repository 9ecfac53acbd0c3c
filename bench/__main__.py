"""``make bench``: every measurement, one after the other."""

from bench import pipeline, transport

if __name__ == "__main__":
    transport.main()
    print()
    pipeline.main()
