//! W3, W4, W8, W11, W12: training steps, optimizers, gradient checks.

pub fn w3() {}
pub fn w4() {}
pub fn w8() {}
pub fn w11() {}
pub fn w12() {}
