//! The update rules, one file each, with the paper's algorithm at its head.

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod asgd;
mod momentum;
mod muon;
mod nadam;
mod radam;
mod rmsprop;
mod rprop;
mod sgd;
mod sparse_adam;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub use asgd::Asgd;
pub use momentum::{Momentum, MomentumForm, Nesterov};
pub use muon::{Muon, MuonRate};
pub use nadam::NAdam;
pub use radam::RAdam;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;
pub use sgd::Sgd;
pub use sparse_adam::SparseAdam;

/// What the rules' tests share.
#[cfg(test)]
pub(crate) mod test {
    use gradus_tensor::Tensor;

    use crate::rule::{Rule, Step};

    /// Where a parameter goes from 1 with these gradients at these rates.
    pub(crate) fn path(rule: &dyn Rule, lr: &[f64], g: &[f64]) -> Vec<f64> {
        let mut theta = Tensor::from([1.0]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, lr[0]).into_iter().map(|(_, slot)| slot).collect();
        let mut t = 0;
        let update = |(&lr, &g): (&f64, &f64)| {
            t += 1;
            rule.update(&Step::new(lr, t), &mut theta, &Tensor::from([g]), &mut slots);
            theta.item()
        };
        lr.iter().zip(g).map(update).collect()
    }
}
