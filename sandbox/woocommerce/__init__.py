"""WooCommerce's REST API v3 over the café; never compared with a live shop."""
