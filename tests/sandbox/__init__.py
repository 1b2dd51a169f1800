"""Tests of the sandbox servers and of the generated café."""
