//! The operations that are no rows, and functions composed of them: for the checks here, and by their names for
//! `gradus check`, which includes this file.

use super::autograd::Var;
use super::autograd::ops::{
    Attention, ConvOptions, HuberOptions, Outside, PaddingMode, Pool, Resize, ScatterReduce,
};
use super::tensor::{DType, Slice, Tensor, rng};

/// A function of some tensors, drawn between two bounds.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) shapes: &'static [&'static [usize]],
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) f: for<'t> fn(&[Var<'t>]) -> Var<'t>,
}

macro_rules! table {
    ($($name:literal [$($shape:expr),*] $($low:literal .. $high:literal)? => $f:expr;)*) => {
        pub(crate) const TABLE: &[Entry] = &[$(Entry {
            name: $name,
            shapes: &[$(&$shape),*],
            low: first(&[$($low,)? -1.0]),
            high: first(&[$($high,)? 1.0]),
            f: $f,
        }),*];
    };
}

const fn first(x: &[f64]) -> f64 {
    x[0]
}

fn integers(values: &[i64], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape)
}

fn mask() -> Tensor {
    Tensor::from([[true, false, true], [false, false, true]])
}

table! {
    // Reductions.
    "sum" [[3, 4]] => |x| x[0].sum_axes(0);
    "sum_to" [[3, 4]] => |x| x[0].sum_to([1, 4]);
    "mean" [[3, 4]] => |x| x[0].mean_keep([-1]).square();
    "prod" [[3, 4]] => |x| x[0].prod_axes(1);
    "prod_of_all" [[2, 3]] => |x| x[0].prod();
    "max" [[3, 4]] => |x| x[0].max_axes(1).square();
    "min" [[3, 4]] => |x| x[0].min_axes(0).square();
    "logsumexp" [[3, 4]] => |x| x[0].logsumexp_axes(1);
    "var" [[3, 4]] => |x| x[0].var_axes(0, 1);
    "std" [[3, 4]] => |x| x[0].std_axes(1, 0);
    "norm" [[3, 4]] 0.3..1.0 => |x| x[0].norm_axes(1);
    "vector_norm" [[3, 4]] 0.3..1.0 => |x| x[0].vector_norm_axes(3.0, 1);
    // Recurrent cells.
    "lstm_state" [[3, 8], [3, 2]] => |x| x[0].lstm_cell(x[1]).1;
    "lstm_output" [[3, 8], [3, 2]] => |x| x[0].lstm_cell(x[1]).0;
    "lstm_sequence" [[3, 2, 3], [8, 3], [8, 2], [2, 2], [2, 2], [8]] => |x| {
        let (h, c) = x[0].lstm_sequence(x[1], x[2], Some(x[5]), x[3], x[4], false);
        let (back, end) = h.lstm_sequence(x[2], x[2], None, c, x[4], true);
        back.square() + h + end
    };
    "gru_cell" [[3, 6], [3, 6], [3, 2]] => |x| x[0].gru_cell(x[1], x[2]);
    // Shape.
    "reshape" [[3, 4]] => |x| x[0].reshape([2, 6]).square();
    "permute" [[2, 3, 4]] => |x| x[0].permute([2, 0, 1]).square();
    "expand" [[3, 1]] => |x| x[0].expand([2, 3, 4]).square();
    "slice" [[5, 4]] => |x| x[0].slice(0, Slice::from(1..5).step(2)).square();
    "flip" [[3, 4]] => |x| x[0].flip(1).square();
    "cat" [[2, 3], [2, 2]] => |x| Var::cat(x, 1).square();
    "stack" [[2, 3], [2, 3]] => |x| Var::stack(x, 1).square();
    "to" [[3]] => |x| x[0].to(DType::F64).square();
    "pad" [[2, 3]] => |x| x[0].pad_constant(&[(1, 0), (2, 1)], 0.5).square();
    "pad_reflected" [[2, 4]] => |x| x[0].pad(&[(1, (2, 1))], PaddingMode::Reflect).square();
    "cumsum" [[3, 4]] => |x| x[0].cumsum(1).square();
    "cumprod" [[2, 4]] => |x| x[0].cumprod(1);
    "logcumsumexp" [[2, 4]] => |x| x[0].logcumsumexp(1);
    "diagonal" [[3, 4]] => |x| x[0].diagonal(1, 0, 1).square();
    "tril" [[3, 3]] => |x| x[0].tril(0).square();
    // Selection.
    "where" [[2, 3], [2, 3]] => |x| x[0].square().where_(&mask(), x[1].sin());
    "gather" [[2, 3]] => |x| x[0].gather(1, &integers(&[0, 0, 2, 1], &[2, 2])).square();
    "scatter_add" [[2, 3], [2, 2]] => |x| x[0].scatter_add(1, &integers(&[0, 0, 2, 1], &[2, 2]), x[1]).square();
    "scatter" [[2, 3], [2, 2]] => |x| x[0].scatter(1, &integers(&[0, 1, 2, 1], &[2, 2]), x[1]).square();
    "scatter_reduce" [[2, 3], [2, 2]] 0.2..1.0 => |x| {
        x[0].scatter_reduce(1, &integers(&[0, 0, 2, 1], &[2, 2]), x[1], ScatterReduce::Mean, true).square()
    };
    "index_select" [[3, 2]] => |x| x[0].index_select(0, &Tensor::from([2i64, 0, 2])).square();
    "index_add" [[3, 2], [2, 2]] => |x| x[0].index_add(0, &Tensor::from([2i64, 2]), x[1]).square();
    "masked_select" [[2, 3]] => |x| x[0].masked_select(&mask()).square();
    "sort" [[2, 4]] => |x| x[0].sort(1, true).0.square();
    // Products.
    "matmul" [[3, 4], [4, 2]] => |x| x[0].matmul(x[1]);
    "matmul_of_stacks" [[2, 1, 3, 4], [2, 4, 2]] => |x| x[0].matmul(x[1]);
    "matmul_of_vectors" [[4], [4, 2]] => |x| x[0].matmul(x[1]);
    "linear" [[3, 4], [2, 4], [2]] => |x| x[0].linear(x[1], Some(x[2]));
    "linear_without_bias" [[2, 3, 4], [2, 4]] => |x| x[0].linear(x[1], None);
    "einsum" [[2, 3], [3, 4]] => |x| Var::einsum("ij,jk->ki", x);
    "dot" [[4], [4]] => |x| x[0].dot(x[1]);
    "outer" [[3], [4]] => |x| x[0].outer(x[1]);
    "trace" [[3, 3]] => |x| x[0].matmul(x[0]).trace();
    "matrix_exp" [[3, 3]] => |x| x[0].matrix_exp();
    // Windows.
    "conv" [[1, 2, 5, 4], [2, 2, 3, 2], [2]] => |x| x[0].conv(x[1], Some(x[2]), &ConvOptions::default());
    "conv_transpose" [[1, 2, 3, 2], [2, 2, 2, 2]] => |x| x[0].conv_transpose(x[1], None, &ConvOptions::default(), &[0, 0]);
    "columns_and_fold" [[1, 1, 4, 4]] => |x| {
        let columns = x[0].window_columns(&[2, 2], &ConvOptions::default());
        columns.square().fold(&[4, 4], &[2, 2], &ConvOptions::default())
    };
    "avg_pool" [[1, 2, 4, 4]] => |x| x[0].avg_pool(&Pool::of(2)).square();
    "max_pool" [[1, 2, 4, 4]] => |x| x[0].max_pool(&Pool::of(2)).0.square();
    "fractional_max_pool" [[2, 1, 6, 5]] => |x| {
        let samples = Tensor::from_vec(vec![0.1, 0.6, 0.9, 0.3], [2, 1, 2]);
        x[0].fractional_max_pool(&[2, 2], &[3, 2], &samples).0.square()
    };
    "resize" [[1, 1, 3, 3]] => |x| x[0].resize(&[5, 4], Resize::Linear { corners: false }).square();
    "grid_sample" [[1, 1, 4, 4], [1, 2, 2, 2]] -0.6..0.6 => |x| {
        x[0].grid_sample(x[1], Resize::Linear { corners: true }, Outside::Zeros, true)
    };
    // Normalisation, attention, losses.
    "layer_norm" [[3, 4], [4], [4]] => |x| x[0].layer_norm(x[1], x[2], 1e-5);
    "layer_norm_of_many_runs" [[40, 13], [13], [13]] => |x| x[0].layer_norm(x[1], x[2], 1e-5);
    "scale_channels" [[2, 3, 4], [3], [3]] => |x| x[0].scale_channels(Some(x[1]), Some(x[2])).square();
    "batch_norm" [[2, 3, 4], [3], [3], [3], [3]] 0.5..1.5 => |x| {
        x[0].batch_norm_with(x[1], x[2], Some(x[3]), Some(x[4]), 1e-5)
    };
    "batch_norm_training" [[2, 3, 4], [3], [3]] => |x| x[0].batch_norm_training(Some(x[1]), Some(x[2]), 1e-2).0;
    "batch_norm_of_long_runs" [[2, 2, 20]] => |x| x[0].batch_norm_training(None, None, 1e-2).0.square();
    "rms_norm" [[3, 4]] => |x| x[0].rms_norm(1, 1e-5);
    "softmax" [[3, 4]] => |x| x[0].softmax(1);
    "softmax_of_many_runs" [[40, 13]] => |x| x[0].softmax(1);
    "log_softmax_of_many_runs" [[40, 13]] => |x| x[0].log_softmax(1);
    "softmax_along_the_first_axis" [[3, 4]] => |x| x[0].softmax(0).square();
    "norm_at_0" [[3, 4]] => |x| (x[0] * 0.0).norm_axes(1).square();
    "log_softmax" [[3, 4]] => |x| x[0].log_softmax(1);
    "gumbel_softmax" [[3, 4]] => |x| x[0].gumbel_softmax(1, &mut rng(0));
    "attention" [[2, 3, 4], [2, 3, 4], [2, 3, 4]] => |x| x[0].attention(x[1], x[2], &Attention::default());
    "causal_attention" [[2, 3, 4], [2, 3, 4], [2, 3, 4]] => |x| {
        x[0].attention(x[1], x[2], &Attention { causal: true, ..Attention::default() })
    };
    "masked_attention" [[3, 4], [3, 4], [3, 4], [3, 3]] => |x| {
        x[0].attention(x[1], x[2], &Attention { mask: Some(x[3]), ..Attention::default() })
    };
    "cross_entropy_of_sequences" [[2, 3, 4]] => |x| x[0].cross_entropy(&integers(&[0, 3, 1, 2, 2, 0], &[2, 3]));
    "cross_entropy" [[3, 4]] => |x| x[0].cross_entropy(&Tensor::from([0i64, 3, 1]));
    "focal_loss" [[3, 4]] => |x| x[0].focal_loss(Tensor::from([1.0, 0.0, 0.0, 1.0]).expand([3, 4]));
    "focal_cross_entropy" [[2, 3, 4]] => |x| x[0].focal_cross_entropy(&integers(&[0, 3, 1, 2, 2, 0], &[2, 3]));
    "dice_loss" [[3, 4]] 0.1..0.9 => |x| x[0].dice_loss(Tensor::from([1.0, 0.0, 0.0, 1.0]).expand([3, 4]));
    "info_nce" [[3, 4], [3, 4]] => |x| x[0].info_nce(x[1]);
    "mse" [[3, 4], [3, 4]] => |x| x[0].mse(x[1]);
    "huber_loss" [[3, 4], [3, 4]] => |x| x[0].huber_loss_with(x[1], &HuberOptions { delta: 0.5, ..HuberOptions::default() });
}
