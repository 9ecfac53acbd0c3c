"""``make bench``: every measurement, one after the other."""

from bench import digests, feeds, ingest, pipeline, transport

if __name__ == "__main__":
    transport.main()
    print()
    ingest.main()
    print()
    pipeline.main()
    print()
    feeds.main()
    print()
    digests.main()
