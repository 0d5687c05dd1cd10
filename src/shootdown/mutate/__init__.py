# SPDX-License-Identifier: MIT
"""Mutations: one thing at a time is taken out of the kernel, and a scenario should notice."""
