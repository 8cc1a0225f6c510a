"""Browser tests of the dashboard, page by page."""
