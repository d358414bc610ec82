"""Acts on tenders: one function per act, the unit of work first. What they refuse, they refuse before they write."""
