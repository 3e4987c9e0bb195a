//! Comparisons of two inputs, as 0 and 1. The slopes are 0.

crate::table::comparison! {
    /// 1 where `$a > b$`, else 0. The slopes are 0.
    gt [0.2] |a, b| gt(a, b);
    /// 1 where `$a \ge b$`, else 0. The slopes are 0.
    ge [0.2] |a, b| ge(a, b);
    /// 1 where `$a < b$`, else 0. The slopes are 0.
    lt [0.2] |a, b| lt(a, b);
    /// 1 where `$a \le b$`, else 0. The slopes are 0.
    le [0.2] |a, b| le(a, b);
    /// 1 where `$a = b$`, else 0. The slopes are 0.
    eq [0.2] |a, b| eq(a, b);
    /// 1 where `$a \ne b$`, else 0. The slopes are 0.
    ne [0.2] |a, b| ne(a, b);
}
