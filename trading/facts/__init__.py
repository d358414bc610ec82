"""Facts that papers are made of (shapes: templates.facts). Of the record alone: the same record, the same bytes."""
