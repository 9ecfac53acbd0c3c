"""What stands around the feeds, for people and crawlers: pages, OPML, a sitemap of news."""
