//! The group `optim_sparse`: gradients of some rows of a table.

use gradus_autograd::Gradients;
use gradus_optim::Optimizer;
use gradus_tensor::{DType, Tensor};
use safetensors::SafeTensors;
use serde_json::Value;

use super::hyper::{self, Hyper};
use super::{Model, compare, row, text};
use crate::check::tensor;

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let id = text(case, "id")?;
    let rule = hyper::torch(text(case, "optimizer")?, &case["hyper"])?;
    let mut optimizer = Optimizer::new(rule, Hyper(&case["hyper"]).number("lr")?);
    if Hyper(&case["hyper"]).flag("maximize") {
        optimizer = optimizer.maximize();
    }
    let mut model = Model::read(&["table".into()], "init", tensors)?;
    let (rows, values) = (tensor(tensors, "idx")?, tensor(tensors, "val")?);
    let want = tensor(tensors, &format!("{id}/table"))?;
    for t in 0..want.shape()[0] {
        let table = &model.0[0].1;
        // Rows that are named twice are added up.
        let zeros = Tensor::zeros_of(*table.shape(), DType::F64);
        let mut grads = Gradients::default();
        grads.set(table.id(), zeros.index_add(0, &row(&rows, t), &row(&values, t)));
        optimizer.step(&mut model, &grads);
        let got = model.0[0].1.value().to_f64_vec();
        compare(case, &format!("table after step {t}"), &got, &row(&want, t).to_f64_vec())?;
    }
    Ok(())
}
