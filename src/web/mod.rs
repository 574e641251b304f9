//! The kit for pages; it knows no feature.
