//! Losses: the functions of the table of operations, with what the constructor has fixed.

use gradus_autograd::Param;
use serde_json::Value;

use super::given::Options;
use super::{Class, Layer, with};
use crate::optim::Model;
use crate::table;
use crate::value::Val;

const PLAIN: &str = "size_average reduce reduction";
const MARGIN: &str = "margin size_average reduce reduction";
const WEIGHT: &str = "weight size_average reduce reduction";

pub(super) const CLASSES: &[Class] = &[
    ("L1Loss", PLAIN, |o| loss("l1_loss", o)),
    ("MSELoss", PLAIN, |o| loss("mse_loss", o)),
    ("SmoothL1Loss", "size_average reduce reduction beta", |o| loss("smooth_l1_loss", o)),
    ("HuberLoss", "reduction delta", |o| loss("huber_loss", o)),
    ("NLLLoss", "weight size_average ignore_index reduce reduction", |o| loss("nll_loss", o)),
    ("CrossEntropyLoss", "weight size_average ignore_index reduce reduction label_smoothing", |o| {
        loss("cross_entropy", o)
    }),
    ("BCELoss", WEIGHT, |o| loss("binary_cross_entropy", o)),
    ("BCEWithLogitsLoss", "weight size_average reduce reduction pos_weight", |o| {
        loss("binary_cross_entropy_with_logits", o)
    }),
    ("KLDivLoss", "size_average reduce reduction log_target", |o| loss("kl_div", o)),
    ("PoissonNLLLoss", "log_input full size_average eps reduce reduction", |o| loss("poisson_nll_loss", o)),
    ("GaussianNLLLoss", "full eps reduction", |o| loss("gaussian_nll_loss", o)),
    ("HingeEmbeddingLoss", MARGIN, |o| loss("hinge_embedding_loss", o)),
    ("MarginRankingLoss", MARGIN, |o| loss("margin_ranking_loss", o)),
    ("CosineEmbeddingLoss", MARGIN, |o| loss("cosine_embedding_loss", o)),
    ("TripletMarginLoss", "margin p eps swap size_average reduce reduction", |o| {
        loss("triplet_margin_loss", o)
    }),
    ("SoftMarginLoss", PLAIN, |o| loss("soft_margin_loss", o)),
    ("MultiMarginLoss", "p margin weight size_average reduce reduction", |o| loss("multi_margin_loss", o)),
    ("MultiLabelMarginLoss", PLAIN, |o| loss("multilabel_margin_loss", o)),
    ("MultiLabelSoftMarginLoss", WEIGHT, |o| loss("multilabel_soft_margin_loss", o)),
    ("CTCLoss", "blank reduction zero_infinity", |o| loss("ctc_loss", o)),
];

/// The loss of a name with the constructor's arguments. Its weights are the module's state.
fn loss(name: &'static str, o: &Options<'_>) -> Result<Box<dyn Layer>, String> {
    let (mut weights, mut settings) = (vec![], vec![]);
    for (option, value) in o.given() {
        if value.is_object() {
            weights.push((option.to_string(), Param::new(o.tensor(option)?.ok_or("no tensor")?)));
        } else if !["size_average", "reduce", "reduction"].contains(&option) {
            settings.push((option.to_string(), value.clone()));
        }
    }
    settings.push(("reduction".to_string(), Value::from(reduction(o))));
    Ok(with(Model(weights), move |weights, call| {
        let plain = |(name, value): &(String, Value)| {
            Ok((name.clone(), Val::scalar(value).ok_or_else(|| format!("unsupported: {name} = {value}"))?))
        };
        let weights = weights.0.iter().map(|(name, w)| Ok((name.clone(), Val::T(w.value().clone()))));
        let keywords = settings.iter().map(plain).chain(weights).collect::<Result<Vec<_>, String>>()?;
        let mut inputs = call.all()?;
        if name == "ctc_loss" {
            // PyTorch takes what it is given as results of log_softmax, and gives its gradient with that function's.
            inputs[0] = inputs[0].log_softmax(-1);
        }
        let inputs =
            inputs.into_iter().map(|x| if x.dtype().is_float() { Val::V(x) } else { Val::T(x.value()) });
        let result = table::call(name, inputs.collect(), keywords, call.tape)?;
        Ok(result.outputs().iter().map(|y| y.var(call.tape)).collect())
    }))
}

/// The reduction, by today's name or by the two flags that PyTorch had before.
fn reduction<'a>(o: &Options<'a>) -> &'a str {
    if o.get("size_average").is_none() && o.get("reduce").is_none() {
        return o.text("reduction", "mean");
    }
    match (o.flag("reduce", true), o.flag("size_average", true)) {
        (true, true) => "mean",
        (true, false) => "sum",
        (false, _) => "none",
    }
}
