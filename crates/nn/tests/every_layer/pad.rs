//! Frames.

use gradus_nn::{
    CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d, ConstantPad3d,
    ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d, ReplicationPad3d,
    ZeroPad1d, ZeroPad2d, ZeroPad3d,
};

use crate::entry::{Entry, layer};

/// A row for each number of axes.
macro_rules! frames {
    ($($One:ident $Two:ident $Three:ident $(, $value:expr)?;)*) => {
        vec![$(
            layer(stringify!($One), &[3, 2, 5], |_| $One::new([(2, 1)] $(, $value)?)),
            layer(stringify!($Two), &[2, 1, 5, 3], |_| $Two::new([(2, 1), (0, 2)] $(, $value)?)),
            layer(stringify!($Two), &[2, 1, 5, 3], |_| $Two::new([(-1, 1), (1, -2)] $(, $value)?)),
            layer(stringify!($Three), &[2, 1, 3, 3, 3], |_| $Three::all(1 $(, $value)?)),
        )*]
    };
}

pub(crate) fn table() -> Vec<Entry> {
    frames! {
        ZeroPad1d ZeroPad2d ZeroPad3d;
        ConstantPad1d ConstantPad2d ConstantPad3d, 0.7;
        ReflectionPad1d ReflectionPad2d ReflectionPad3d;
        ReplicationPad1d ReplicationPad2d ReplicationPad3d;
        CircularPad1d CircularPad2d CircularPad3d;
    }
}
