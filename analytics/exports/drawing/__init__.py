"""The page's charts as drawings that stand alone: every place in pixels, every colour named."""
