//! Rows with two inputs whose slopes are numbers: sums, and comparisons, whose slopes are 0.

crate::table::bilinear! {
    /// `$a + b$`.
    add [0.2] |a, b| a + b => 1.0, 1.0;
    /// `$a - b$`.
    sub [0.2] |a, b| a - b => 1.0, -1.0;
    /// 1 where `$a > b$`, else 0. The slopes are 0.
    gt [0.2] |a, b| gt(a, b) => 0.0, 0.0;
    /// 1 where `$a \ge b$`, else 0. The slopes are 0.
    ge [0.2] |a, b| ge(a, b) => 0.0, 0.0;
    /// 1 where `$a < b$`, else 0. The slopes are 0.
    lt [0.2] |a, b| lt(a, b) => 0.0, 0.0;
    /// 1 where `$a \le b$`, else 0. The slopes are 0.
    le [0.2] |a, b| le(a, b) => 0.0, 0.0;
    /// 1 where `$a = b$`, else 0. The slopes are 0.
    eq [0.2] |a, b| eq(a, b) => 0.0, 0.0;
    /// 1 where `$a \ne b$`, else 0. The slopes are 0.
    ne [0.2] |a, b| ne(a, b) => 0.0, 0.0;
}
