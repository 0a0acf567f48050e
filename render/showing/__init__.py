"""Films looked at before they are clips, or where they are made: sessions, stills, strips, pages of notebooks."""
