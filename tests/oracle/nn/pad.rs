//! Frames.

use gradus_nn::{
    CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d, ConstantPad3d,
    ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d, ReplicationPad3d,
    ZeroPad1d, ZeroPad2d, ZeroPad3d,
};

use super::given::Options;
use super::{Class, module};

/// PyTorch's list of places, pairs beginning with the last axis, as pairs in the order of the axes.
fn pairs<const N: usize>(o: &Options<'_>) -> Result<[(isize, isize); N], String> {
    let list = o.integers("padding")?.ok_or("no padding")?;
    match list[..] {
        [all] => Ok([(all, all); N]),
        _ if list.len() == 2 * N => {
            Ok(std::array::from_fn(|a| (list[2 * (N - 1 - a)], list[2 * (N - 1 - a) + 1])))
        }
        _ => Err(format!("padding of {} numbers for {N} axes", list.len())),
    }
}

macro_rules! frames {
    ($($Name:ident)*) => {
        &[$((stringify!($Name), "padding", |o| Ok(module($Name::new(pairs(o)?))))),*]
    };
}

pub(super) const CLASSES: &[Class] = frames![
    ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d
    ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d
];

pub(super) const CONSTANTS: &[Class] = &[
    ("ConstantPad1d", "padding value", |o| Ok(module(ConstantPad1d::new(pairs(o)?, o.number("value", 0.0))))),
    ("ConstantPad2d", "padding value", |o| Ok(module(ConstantPad2d::new(pairs(o)?, o.number("value", 0.0))))),
    ("ConstantPad3d", "padding value", |o| Ok(module(ConstantPad3d::new(pairs(o)?, o.number("value", 0.0))))),
];
