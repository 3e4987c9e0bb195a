//! Pooling: windows of the spatial axes of `[N, C, …]` or `[C, …]`, each reduced to one number.

mod adaptive;
mod fractional;
mod regular;
mod unpool;

pub use adaptive::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
};
pub use fractional::{FractionalMaxPool2d, FractionalMaxPool3d};
pub use regular::{
    AvgPool1d, AvgPool2d, AvgPool3d, LpPool1d, LpPool2d, LpPool3d, MaxPool1d, MaxPool2d, MaxPool3d,
};
pub use unpool::{MaxUnpool1d, MaxUnpool2d, MaxUnpool3d};
