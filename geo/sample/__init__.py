"""Kota Contoh."""
