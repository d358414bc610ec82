"""`make bench`: how fast Sunbid is here, beside what this machine can do at all. It measures, and never fails."""
