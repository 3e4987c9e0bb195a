//! What the tables share: the rows that a batch looks up, shortened and with gradients by frequency where that is asked for.

use gradus_autograd::{Param, Tape, TensorExt, Var};
use gradus_tensor::{DType, Tensor, check_indices};

use crate::input::place;

/// How rows are looked up.
pub(super) struct Lookup<'a> {
    /// The layer that is called, for messages.
    pub(super) layer: &'static str,
    pub(super) weight: &'a Param,
    pub(super) padding_idx: Option<i64>,
    pub(super) max_norm: Option<f64>,
    pub(super) norm_type: f64,
    pub(super) scale_grad_by_freq: bool,
}

/// Rows, the places in them, and which of them is the padding.
pub(super) struct Found<'t> {
    pub(super) rows: Var<'t>,
    pub(super) index: Tensor,
    pub(super) padding: Option<i64>,
}

impl Lookup<'_> {
    /// The whole table, or, where its rows are treated, those that the batch names.
    #[track_caller]
    pub(super) fn find<'t>(&self, tape: &'t Tape, index: &Tensor) -> Found<'t> {
        let (layer, shape) = (self.layer, self.weight.shape());
        assert!(shape.len() == 2, "{layer}: the table must be [rows, width], got {shape}");
        let dtype = index.dtype();
        assert!(
            dtype == DType::I64,
            "{layer}: rows are looked up by I64 numbers, got {dtype}; convert with .to(DType::I64){}",
            place()
        );
        let padding = self.padding_idx;
        assert!(
            padding.is_none_or(|row| (0..shape[0] as i64).contains(&row)),
            "{layer}: the padding row {} of a table with {} rows",
            padding.unwrap_or_default(),
            shape[0]
        );
        check_indices(layer, index, shape[0], "the table's rows");
        let table = tape.param(self.weight);
        if self.max_norm.is_none() && !self.scale_grad_by_freq {
            return Found { rows: table, index: index.clone(), padding };
        }
        let used = index.flatten().unique();
        let place = |of: &Tensor| used.searchsorted(of, false);
        let mut rows = table.index_select(0, &used);
        if let Some(most) = self.max_norm {
            rows = self.shortened(rows, &used, most);
        }
        let places = place(index);
        if self.scale_grad_by_freq {
            let often = places.bincount(used.elements()).to(rows.dtype()).unsqueeze(1);
            let value = rows.detach();
            rows = value + (rows - value) / often;
        }
        let padding = padding.filter(|&row| used.eq(row as f64).any().item() != 0.0);
        Found { rows, index: places, padding: padding.map(|row| place(&Tensor::from(row)).item() as i64) }
    }

    /// Rows no longer than `most`. The gradient passes as if they had been so; the table's new value goes to the tape.
    #[track_caller]
    fn shortened<'t>(&self, rows: Var<'t>, used: &Tensor, most: f64) -> Var<'t> {
        let (layer, p) = (self.layer, self.norm_type);
        assert!(most >= 0.0, "{layer}: max_norm is {most}; it must be at least 0");
        assert!(p >= 0.0, "{layer}: norm_type is {p}; it must be at least 0");
        let tape = rows.tape();
        // What an earlier use on this tape has shortened stays so.
        let updates = tape.updates();
        let earlier = updates.iter().rev().find(|(id, _)| *id == self.weight.id()).map(|(_, value)| value);
        let table = earlier.unwrap_or(self.weight.value());
        let old = table.index_select(0, used);
        let short = old.renorm(p, 0, most);
        if !short.equal(&old) {
            let places = used.unsqueeze(1).expand(*short.shape());
            tape.update(self.weight, table.scatter(0, &places, &short));
        }
        rows - rows.detach() + short
    }
}
