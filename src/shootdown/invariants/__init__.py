# SPDX-License-Identifier: MIT
"""What must never break: one property a file, each a monitor that listens to events."""
