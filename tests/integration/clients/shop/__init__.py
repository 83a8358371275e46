"""A small shop, for test_django.py."""
