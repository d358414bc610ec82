"""Pages: what people see. Handlers read views or call acts, and give facts to templates/pages."""
