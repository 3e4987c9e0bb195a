//! What the subcommands share in reading arguments and printing: numbers, tables, long lines, and hints at near names.

pub(crate) mod arguments;
pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod table;
