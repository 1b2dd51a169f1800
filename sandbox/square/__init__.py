"""The part of Square's API that the café needs, after the published specification."""
