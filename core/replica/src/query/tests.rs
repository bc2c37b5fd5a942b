//! Screens asked of small worlds.
