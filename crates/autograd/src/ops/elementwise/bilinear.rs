//! Rows with two inputs whose slopes are numbers: sum and difference.

crate::table::bilinear! {
    /// `$a + b$`. Slopes 1 and 1.
    add [0.2] |a, b| a + b => 1.0, 1.0;
    /// `$a - b$`. Slopes 1 and -1.
    sub [0.2] |a, b| a - b => 1.0, -1.0;
}
