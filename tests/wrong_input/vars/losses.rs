//! Losses.

use gradus::autograd::ops::{
    CrossEntropyOptions, CtcOptions, DiceOptions, FocalCrossEntropyOptions, FocalOptions, GaussianNllOptions,
    HingeOptions, HuberOptions, InfoNceOptions, KlDivOptions, LogitsOptions, LossOptions, MarginOptions,
    MultiMarginOptions, NllOptions, PoissonNllOptions, SoftCrossEntropyOptions, TripletDistanceOptions,
    TripletOptions,
};
use gradus::prelude::*;

use super::{Call, of};
use crate::Entry;

pub(crate) fn table() -> Vec<Entry<Call>> {
    let mut all = of_labels();
    all.extend(of_classes_along_an_axis());
    all.extend(of_targets());
    all.extend(of_probabilities());
    all.extend(of_margins());
    all.extend(of_rare_and_contrast());
    all
}

fn of_labels() -> Vec<Entry<Call>> {
    vec![
        of("cross_entropy", &[&[3, 4]], |x, a| x[0].cross_entropy(&a.index)).index(&[0, 3, 1], &[3], 4),
        of("cross_entropy_with", &[&[3, 4]], |x, a| {
            let weight = Some(Tensor::from([1.0f32, 2.0, 0.5, 1.0]));
            x[0].cross_entropy_with(
                &a.index,
                &CrossEntropyOptions { smoothing: 0.1, weight, ..CrossEntropyOptions::default() },
            )
        })
        .index(&[0, 3, 1], &[3], 4),
        of("nll_loss", &[&[3, 4]], |x, a| x[0].nll_loss(&a.index)).index(&[0, 3, 1], &[3], 4),
        of("nll_loss_with", &[&[2, 4, 3]], |x, a| {
            x[0].nll_loss_with(&a.index, &NllOptions { ignore: Some(-7), axis: 1, ..NllOptions::default() })
        })
        .index(&[0, 3, 1, 0, -7, 2], &[2, 3], 4),
        of("multi_margin_loss", &[&[3, 4]], |x, a| x[0].multi_margin_loss(&a.index)).index(
            &[0, 3, 1],
            &[3],
            4,
        ),
        of("multi_margin_loss_with", &[&[3, 4]], |x, a| {
            x[0].multi_margin_loss_with(
                &a.index,
                &MultiMarginOptions { p: 2, ..MultiMarginOptions::default() },
            )
        })
        .index(&[0, 3, 1], &[3], 4),
        of("multilabel_margin_loss", &[&[1, 4]], |x, a| x[0].multilabel_margin_loss(&a.index))
            .index(&[0, 3, 1, 2], &[1, 4], 4)
            .ended(),
        of("multilabel_margin_loss_with", &[&[1, 4]], |x, a| {
            x[0].multilabel_margin_loss_with(&a.index, &LossOptions::default())
        })
        .index(&[0, 3, 1, 2], &[1, 4], 4)
        .ended(),
        of("ctc_loss", &[&[5, 1, 4]], |x, a| {
            x[0].ctc_loss(&[a.index.flatten().to(DType::I64).to_vec::<i64>()], &[5])
        })
        .index(&[1, 3], &[2], 4),
        of("ctc_loss_with", &[&[5, 1, 4]], |x, _| {
            x[0].ctc_loss_with(&[vec![]], &[3], &CtcOptions { zero_infinity: true, ..CtcOptions::default() })
        }),
    ]
}

fn of_classes_along_an_axis() -> Vec<Entry<Call>> {
    vec![
        of("cross_entropy", &[&[2, 3, 4]], |x, a| x[0].cross_entropy(&a.index)).index(
            &[0, 3, 1, 0, 2, 2],
            &[2, 3],
            4,
        ),
        of("cross_entropy_with", &[&[3, 4]], |x, a| {
            let how = CrossEntropyOptions { axis: a.axis, ..CrossEntropyOptions::default() };
            x[0].cross_entropy_with(&Tensor::from([0, 3, 1]), &how)
        })
        .axis(1),
        of("soft_cross_entropy_with", &[&[3, 4], &[3, 4]], |x, a| {
            let how = SoftCrossEntropyOptions { axis: a.axis, ..SoftCrossEntropyOptions::default() };
            x[0].soft_cross_entropy_with(x[1], &how)
        })
        .axis(1),
        of("focal_cross_entropy", &[&[2, 3, 4]], |x, a| x[0].focal_cross_entropy(&a.index)).index(
            &[0, 3, 1, 0, 2, 2],
            &[2, 3],
            4,
        ),
        of("focal_cross_entropy_with", &[&[3, 4]], |x, a| {
            let how = FocalCrossEntropyOptions { gamma: 0.5, ..FocalCrossEntropyOptions::default() };
            x[0].focal_cross_entropy_with(&a.index, &how)
        })
        .index(&[0, 3, 1], &[3], 4),
    ]
}

fn of_targets() -> Vec<Entry<Call>> {
    vec![
        of("mse", &[&[3, 4], &[3, 4]], |x, _| x[0].mse(x[1])),
        of("mse_with", &[&[3, 4], &[3, 4], &[4]], |x, _| {
            x[0].mse_with(x[1], &LossOptions { weight: Some(x[2]), ..LossOptions::default() })
        }),
        of("l1_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].l1_loss(x[1])),
        of("l1_loss_with", &[&[3, 4], &[3, 4], &[4]], |x, _| {
            x[0].l1_loss_with(x[1], &LossOptions { weight: Some(x[2]), ..LossOptions::default() })
        }),
        of("smooth_l1_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].smooth_l1_loss(x[1])),
        of("smooth_l1_loss_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].smooth_l1_loss_with(x[1], &HuberOptions::default())
        }),
        of("huber_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].huber_loss(x[1])),
        of("huber_loss_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].huber_loss_with(x[1], &HuberOptions::default())
        }),
        of("log_cosh_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].log_cosh_loss(x[1])),
        of("log_cosh_loss_with", &[&[3, 4], &[3, 4], &[4]], |x, _| {
            x[0].log_cosh_loss_with(x[1], &LossOptions { weight: Some(x[2]), ..LossOptions::default() })
        }),
        of("soft_cross_entropy", &[&[3, 4], &[3, 4]], |x, _| x[0].soft_cross_entropy(x[1])),
        of("soft_cross_entropy_with", &[&[3, 4], &[3, 4]], |x, _| {
            let weight = Some(Tensor::from([1.0f32, 2.0, 0.5, 1.0]));
            x[0].soft_cross_entropy_with(
                x[1],
                &SoftCrossEntropyOptions { smoothing: 0.1, weight, ..SoftCrossEntropyOptions::default() },
            )
        }),
    ]
}

fn of_probabilities() -> Vec<Entry<Call>> {
    vec![
        of("binary_cross_entropy", &[&[3, 4], &[3, 4]], |x, _| x[0].binary_cross_entropy(x[1])),
        of("binary_cross_entropy_with", &[&[3, 4], &[3, 4], &[4]], |x, _| {
            x[0].binary_cross_entropy_with(
                x[1],
                &LossOptions { weight: Some(x[2]), ..LossOptions::default() },
            )
        }),
        of("binary_cross_entropy_with_logits", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].binary_cross_entropy_with_logits(x[1])
        }),
        of("binary_cross_entropy_with_logits_with", &[&[3, 4], &[3, 4], &[4], &[4]], |x, _| {
            let how =
                LogitsOptions { weight: Some(x[2]), positive_weight: Some(x[3]), ..LogitsOptions::default() };
            x[0].binary_cross_entropy_with_logits_with(x[1], &how)
        }),
        of("kl_div", &[&[3, 4], &[3, 4]], |x, _| x[0].kl_div(x[1])),
        of("kl_div_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].kl_div_with(x[1], &KlDivOptions { log_target: true, ..KlDivOptions::default() })
        }),
        of("poisson_nll_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].poisson_nll_loss(x[1])),
        of("poisson_nll_loss_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].poisson_nll_loss_with(
                x[1],
                &PoissonNllOptions { full: true, ..PoissonNllOptions::default() },
            )
        }),
        of("gaussian_nll_loss", &[&[3, 4], &[3, 4], &[3, 4]], |x, _| x[0].gaussian_nll_loss(x[1], x[2])),
        of("gaussian_nll_loss_with", &[&[3, 4], &[3, 4], &[3, 1]], |x, _| {
            x[0].gaussian_nll_loss_with(
                x[1],
                x[2],
                &GaussianNllOptions { full: true, ..GaussianNllOptions::default() },
            )
        }),
    ]
}

fn of_rare_and_contrast() -> Vec<Entry<Call>> {
    vec![
        of("focal_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].focal_loss(x[1])),
        of("focal_loss_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].focal_loss_with(x[1], &FocalOptions { alpha: None, ..FocalOptions::default() })
        }),
        of("dice_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].dice_loss(x[1])),
        of("dice_loss_with", &[&[3, 4, 2], &[3, 4, 2]], |x, _| {
            x[0].dice_loss_with(x[1], &DiceOptions { leading: 2, squared: true, ..DiceOptions::default() })
        }),
        of("info_nce", &[&[3, 4], &[3, 4]], |x, _| x[0].info_nce(x[1])),
        of("info_nce_with", &[&[3, 4], &[3, 4], &[2, 4]], |x, _| {
            x[0].info_nce_with(x[1], &InfoNceOptions { negatives: Some(x[2]), ..InfoNceOptions::default() })
        }),
        of("triplet_margin_with_distance_loss", &[&[3, 4], &[3, 4], &[3, 4]], |x, _| {
            let how = TripletDistanceOptions { swap: true, ..TripletDistanceOptions::default() };
            x[0].triplet_margin_with_distance_loss(x[1], x[2], |a, b| (a - b).square().mean(), &how)
        }),
    ]
}

fn of_margins() -> Vec<Entry<Call>> {
    vec![
        of("soft_margin_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].soft_margin_loss(x[1])),
        of("soft_margin_loss_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].soft_margin_loss_with(x[1], &LossOptions::default())
        }),
        of("hinge_embedding_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].hinge_embedding_loss(x[1])),
        of("hinge_embedding_loss_with", &[&[3, 4], &[3, 4]], |x, _| {
            x[0].hinge_embedding_loss_with(x[1], &HingeOptions::default())
        }),
        of("margin_ranking_loss", &[&[3], &[3], &[3]], |x, _| x[0].margin_ranking_loss(x[1], x[2])),
        of("margin_ranking_loss_with", &[&[3], &[3], &[3]], |x, _| {
            x[0].margin_ranking_loss_with(x[1], x[2], &MarginOptions::default())
        }),
        of("cosine_embedding_loss", &[&[3, 4], &[3, 4], &[3]], |x, _| x[0].cosine_embedding_loss(x[1], x[2])),
        of("cosine_embedding_loss_with", &[&[3, 4], &[3, 4], &[3]], |x, _| {
            x[0].cosine_embedding_loss_with(x[1], x[2], &MarginOptions::default())
        }),
        of("triplet_margin_loss", &[&[3, 4], &[3, 4], &[3, 4]], |x, _| x[0].triplet_margin_loss(x[1], x[2])),
        of("triplet_margin_loss_with", &[&[3, 4], &[3, 4], &[3, 4]], |x, _| {
            x[0].triplet_margin_loss_with(
                x[1],
                x[2],
                &TripletOptions { swap: true, ..TripletOptions::default() },
            )
        }),
        of("multilabel_soft_margin_loss", &[&[3, 4], &[3, 4]], |x, _| x[0].multilabel_soft_margin_loss(x[1])),
        of("multilabel_soft_margin_loss_with", &[&[3, 4], &[3, 4], &[4]], |x, _| {
            x[0].multilabel_soft_margin_loss_with(
                x[1],
                &LossOptions { weight: Some(x[2]), ..LossOptions::default() },
            )
        }),
    ]
}
