"""Facts that papers are made of (shapes: templates.facts). Drawn from the record alone: the same record, the same bytes."""
