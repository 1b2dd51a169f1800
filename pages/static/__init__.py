"""Stylesheets and scripts of the owner's pages; `manifest.json` names those of other projects."""
