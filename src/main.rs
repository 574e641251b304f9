//! Parses the command line, runs, and leaves with an exit code.

fn main() {}
