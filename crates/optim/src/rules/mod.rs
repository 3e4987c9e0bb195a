//! The update rules, one file each, with the paper's algorithm at its head.

mod adabelief;
mod adadelta;
mod adafactor;
mod adagrad;
mod adahessian;
mod adam;
mod adamax;
mod adan;
mod ademamix;
mod adopt;
mod asgd;
mod cautious;
mod d_adaptation;
mod dog;
mod lamb;
mod langevin;
mod lars;
mod lion;
mod lookahead;
mod madgrad;
mod mars;
mod momentum;
mod muon;
mod nadam;
mod novograd;
mod prodigy;
mod radam;
mod rmsprop;
mod rprop;
mod sam;
mod schedule_free;
mod sgd;
mod shampoo;
mod signum;
mod soap;
mod sophia;
mod sparse_adam;
mod yogi;

pub use adabelief::AdaBelief;
pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adahessian::AdaHessian;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub use adan::Adan;
pub use ademamix::AdEmaMix;
pub use adopt::Adopt;
pub use asgd::Asgd;
pub use cautious::Cautious;
pub use d_adaptation::DAdaptAdam;
pub use dog::Dog;
pub use lamb::Lamb;
pub use langevin::Langevin;
pub use lars::Lars;
pub use lion::Lion;
pub use lookahead::Lookahead;
pub use madgrad::Madgrad;
pub use mars::Mars;
pub use momentum::{Momentum, MomentumForm, Nesterov};
pub use muon::{Muon, MuonRate};
pub use nadam::NAdam;
pub use novograd::NovoGrad;
pub use prodigy::Prodigy;
pub use radam::RAdam;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;
pub use sam::Sam;
pub use schedule_free::{ScheduleFree, ScheduleFreeBase};
pub use sgd::Sgd;
pub use shampoo::Shampoo;
pub use signum::Signum;
pub use soap::Soap;
pub use sophia::Sophia;
pub use sparse_adam::SparseAdam;
pub use yogi::Yogi;

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
