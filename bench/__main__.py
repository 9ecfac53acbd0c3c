"""``make bench``: every measurement, one after the other."""

from bench import digests, ingest, pipeline, transport

if __name__ == "__main__":
    transport.main()
    print()
    ingest.main()
    print()
    pipeline.main()
    print()
    digests.main()
