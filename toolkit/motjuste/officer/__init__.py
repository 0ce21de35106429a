"""Makes what a data-protection officer reads: report, booklet, sheets of samples, pages."""
