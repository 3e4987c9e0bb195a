//! Dropout. What is drawn differs, so the cases are those outside of training and with a probability of 0 or 1.

use gradus_nn::{AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout};

use super::{Class, module};

macro_rules! dropouts {
    ($($Name:ident)*) => {
        &[$((stringify!($Name), "p inplace", |o| Ok(module($Name { p: o.number("p", 0.5) })))),*]
    };
}

pub(super) const CLASSES: &[Class] =
    dropouts![Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout];
