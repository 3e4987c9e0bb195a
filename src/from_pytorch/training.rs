//! # Training
//!
//! Optimizers and schedules. `Optimizer::training_step` is `zero_grad`, `backward` and `step` in one call.
//!
//! ## Optimizers of torch.optim
//!
//! | `torch.optim` | gradus |
//! |---|---|
//! | `Adadelta` | [`optim::Adadelta`](crate::optim::Adadelta) |
//! | `Adafactor` | [`optim::Adafactor`](crate::optim::Adafactor) |
//! | `Adagrad` | [`optim::Adagrad`](crate::optim::Adagrad) |
//! | `Adam` | [`optim::Adam`](crate::optim::Adam) |
//! | `Adamax` | [`optim::Adamax`](crate::optim::Adamax) |
//! | `AdamW` | [`optim::AdamW`](crate::optim::AdamW) |
//! | `ASGD` | [`optim::Asgd`](crate::optim::Asgd) |
//! | `LBFGS` | [`optim::Lbfgs`](crate::optim::Lbfgs) |
//! | `Muon` | [`optim::Muon`](crate::optim::Muon) |
//! | `NAdam` | [`optim::NAdam`](crate::optim::NAdam) |
//! | `Optimizer` | [`optim::Optimizer`](crate::optim::Optimizer) |
//! | `RAdam` | [`optim::RAdam`](crate::optim::RAdam) |
//! | `RMSprop` | [`optim::RmsProp`](crate::optim::RmsProp) |
//! | `Rprop` | [`optim::Rprop`](crate::optim::Rprop) |
//! | `SGD` | [`optim::Sgd`](crate::optim::Sgd) |
//! | `SparseAdam` | [`optim::SparseAdam`](crate::optim::SparseAdam) |
//!
//! ## Schedules of torch.optim.lr_scheduler
//!
//! | `torch.optim.lr_scheduler` | gradus |
//! |---|---|
//! | `ChainedScheduler` | [`optim::schedule::Times`](crate::optim::schedule::Times) |
//! | `ConstantLR` | [`optim::schedule::ConstantFactor`](crate::optim::schedule::ConstantFactor) |
//! | `CosineAnnealingLR` | [`optim::schedule::CosineAnnealing`](crate::optim::schedule::CosineAnnealing) |
//! | `CosineAnnealingWarmRestarts` | [`optim::schedule::WarmRestarts`](crate::optim::schedule::WarmRestarts) |
//! | `CyclicLR` | [`optim::schedule::Cyclic`](crate::optim::schedule::Cyclic) |
//! | `ExponentialLR` | [`optim::schedule::Exponential`](crate::optim::schedule::Exponential) |
//! | `LambdaLR` | [`optim::schedule::Lambda`](crate::optim::schedule::Lambda) |
//! | `LinearLR` | [`optim::schedule::Linear`](crate::optim::schedule::Linear) |
//! | `LRScheduler` | [`optim::schedule::Schedule`](crate::optim::schedule::Schedule) |
//! | `MultiplicativeLR` | [`optim::schedule::Multiplicative`](crate::optim::schedule::Multiplicative) |
//! | `MultiStepLR` | [`optim::schedule::MultiStep`](crate::optim::schedule::MultiStep) |
//! | `OneCycleLR` | [`optim::schedule::OneCycle`](crate::optim::schedule::OneCycle) |
//! | `PolynomialLR` | [`optim::schedule::Polynomial`](crate::optim::schedule::Polynomial) |
//! | `ReduceLROnPlateau` | [`optim::schedule::ReduceOnPlateau`](crate::optim::schedule::ReduceOnPlateau) |
//! | `SequentialLR` | [`optim::schedule::Then`](crate::optim::schedule::Then) |
//! | `StepLR` | [`optim::schedule::StepDecay`](crate::optim::schedule::StepDecay) |
