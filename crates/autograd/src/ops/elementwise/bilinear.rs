//! Rows with two inputs whose slopes are numbers: sum and difference.

crate::table::bilinear! {
    /// `$a + b$`.
    add [0.2] |a, b| a + b => 1.0, 1.0;
    /// `$a - b$`.
    sub [0.2] |a, b| a - b => 1.0, -1.0;
}
