//! Normalisations: of values by their statistics, and of weights by their norms.

mod batch_norm;
mod group_norm;
mod instance_norm;
mod layer_norm;
mod local_response_norm;
mod parametrized;
mod rms_norm;
mod spectral_norm;
mod synchronised;
mod weight_norm;

pub use batch_norm::{BatchNorm, Running, update_batch_norm};
pub use group_norm::GroupNorm;
pub use instance_norm::InstanceNorm;
pub use layer_norm::LayerNorm;
pub use local_response_norm::LocalResponseNorm;
pub use rms_norm::RmsNorm;
pub use spectral_norm::SpectralNorm;
pub use weight_norm::WeightNorm;
