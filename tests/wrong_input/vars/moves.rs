//! Movement, selection, reductions, order, products.

use gradus::autograd::Var;
use gradus::autograd::ops::{Bag, GumbelOptions, Interpolation, PaddingMode, ScatterReduce};
use gradus::prelude::*;
use gradus::tensor::Slice;

use super::{Call, of};
use crate::Entry;

pub(crate) fn table() -> Vec<Entry<Call>> {
    let mut all = selection();
    all.extend(masks_and_tables());
    all.extend(movement());
    all.extend(arrangement());
    all.extend(reductions());
    all.extend(ordered());
    all.extend(products());
    all.extend(elementwise());
    all
}

fn selection() -> Vec<Entry<Call>> {
    vec![
        of("gather", &[&[2, 3]], |x, a| x[0].gather(a.axis, &a.index)).axis(1).index(
            &[0, 0, 2, 1],
            &[2, 2],
            3,
        ),
        of("scatter_add", &[&[2, 3], &[2, 2]], |x, a| x[0].scatter_add(a.axis, &a.index, x[1]))
            .axis(1)
            .index(&[0, 0, 2, 1], &[2, 2], 3),
        of("scatter", &[&[2, 3], &[2, 2]], |x, a| x[0].scatter(a.axis, &a.index, x[1])).axis(1).index(
            &[0, 0, 2, 1],
            &[2, 2],
            3,
        ),
        of("scatter_reduce", &[&[2, 3], &[2, 2]], |x, a| {
            x[0].scatter_reduce(a.axis, &a.index, x[1], ScatterReduce::Mean, true)
        })
        .axis(1)
        .index(&[0, 0, 2, 1], &[2, 2], 3),
        of("index_reduce", &[&[2, 3], &[2, 2]], |x, a| {
            x[0].index_reduce(a.axis, &a.index, x[1], ScatterReduce::Max, false)
        })
        .axis(1)
        .index(&[0, 2], &[2], 3),
        of("index_select", &[&[3, 2]], |x, a| x[0].index_select(a.axis, &a.index)).axis(0).index(
            &[2, 0, 2],
            &[3],
            3,
        ),
        of("index_add", &[&[3, 2], &[2, 2]], |x, a| x[0].index_add(a.axis, &a.index, x[1])).axis(0).index(
            &[2, 2],
            &[2],
            3,
        ),
        of("index_copy", &[&[3, 2], &[2, 2]], |x, a| x[0].index_copy(a.axis, &a.index, x[1])).axis(0).index(
            &[2, 1],
            &[2],
            3,
        ),
        of("index_fill", &[&[3, 2]], |x, a| x[0].index_fill(a.axis, &a.index, 1.0)).axis(0).index(
            &[2, 1],
            &[2],
            3,
        ),
    ]
}

fn masks_and_tables() -> Vec<Entry<Call>> {
    vec![
        of("where_", &[&[2, 3], &[2, 3]], |x, _| x[0].where_(&Tensor::from([true, false, true]), x[1])),
        of("masked_fill", &[&[2, 3]], |x, _| x[0].masked_fill(&Tensor::from([true, false, true]), 2.0)),
        of("masked_select", &[&[2, 3]], |x, _| x[0].masked_select(&Tensor::from([true, false, true]))),
        of("masked_scatter", &[&[2, 3], &[5]], |x, _| {
            x[0].masked_scatter(&Tensor::from([true, false, true]), x[1])
        }),
        of("put", &[&[2, 3], &[2]], |x, a| x[0].put(&a.index, x[1], false))
            .index(&[0, 5], &[2], 6)
            .wrapping(),
        of("take", &[&[2, 3]], |x, a| x[0].take(&a.index)).index(&[0, 5], &[2], 6).wrapping(),
        of("take_along_axis", &[&[2, 3]], |x, a| x[0].take_along_axis(a.axis, &a.index))
            .axis(1)
            .index(&[0, 2], &[2, 1], 3)
            .wrapping(),
        of("at", &[&[3, 4]], |x, a| x[0].at(&[Some(a.index.clone()), None]))
            .index(&[0, 2], &[2], 3)
            .wrapping(),
        of("put_at", &[&[3, 4], &[2, 4]], |x, a| x[0].put_at(&[Some(a.index.clone()), None], x[1], false))
            .index(&[0, 2], &[2], 3)
            .wrapping(),
        of("embedding", &[&[5, 2]], |x, a| x[0].embedding(&a.index, None)).index(&[0, 4], &[2], 5),
        of("embedding", &[&[5, 2]], |x, a| {
            x[0].embedding(&Tensor::from([1i64]), Some(a.index.to_f64_vec()[0] as i64))
        })
        .index(&[4], &[], 5)
        .wrapping(),
        of("embedding_bag", &[&[5, 2], &[3]], |x, a| {
            let bag = a.index.flatten().to(DType::I64).to_vec::<i64>();
            x[0].embedding_bag(&[vec![1], bag], Bag::Sum, Some(x[1]), None)
        })
        .index(&[0, 4], &[2], 5),
    ]
}

fn movement() -> Vec<Entry<Call>> {
    vec![
        of("cat", &[&[2, 3], &[2, 2]], |x, a| Var::cat(x, a.axis)).axis(1),
        of("stack", &[&[2, 3], &[2, 3]], |x, a| Var::stack(x, a.axis)).axis(1),
        of("slice", &[&[5, 4]], |x, a| x[0].slice(a.axis, Slice::from(1..5).step(2))).axis(0),
        of("narrow", &[&[5, 4]], |x, a| x[0].narrow(a.axis, 1, 3)).axis(0),
        of("select", &[&[5, 4]], |x, a| x[0].select(a.axis, -2)).axis(0),
        of("select", &[&[5, 4]], |x, a| x[0].select(0, a.index.to_vec::<i64>()[0] as isize))
            .index(&[4], &[1], 5)
            .wrapping()
            .plain(),
        of("flip", &[&[3, 4]], |x, a| x[0].flip(a.axis)).axis(1),
        of("split", &[&[5, 4]], |x, a| x[0].split(a.axis, &[2, 3])[1]).axis(0),
        of("chunks", &[&[5, 4]], |x, a| x[0].chunks(a.axis, 2)[0]).axis(0),
        of("chunk", &[&[6, 4]], |x, a| x[0].chunk::<2>(a.axis)[1]).axis(0),
        of("unbind", &[&[5, 4]], |x, a| x[0].unbind(a.axis).first().copied().unwrap_or(x[0])).axis(0),
        of("reshape", &[&[3, 4]], |x, _| x[0].reshape([2, 6])),
        of("flatten", &[&[3, 4]], |x, _| x[0].flatten()),
        of("flatten_axes", &[&[3, 4, 2]], |x, a| x[0].flatten_axes(a.axis, -1)).axis(1),
        of("permute", &[&[2, 3, 4]], |x, a| x[0].permute([2, a.axis, 1])).axis(0),
        of("transpose", &[&[2, 3, 4]], |x, a| x[0].transpose(a.axis, 1)).axis(0),
        of("t", &[&[2, 3]], |x, _| x[0].t()),
        of("move_axis", &[&[2, 3, 4]], |x, a| x[0].move_axis(a.axis, 1)).axis(0),
        of("expand", &[&[3, 1]], |x, _| x[0].expand([2, 3, 4])),
        of("squeeze", &[&[3, 1]], |x, _| x[0].squeeze()),
        of("squeeze_axis", &[&[3, 1]], |x, a| x[0].squeeze_axis(a.axis)).axis(1),
        of("unsqueeze", &[&[3, 2]], |x, a| x[0].unsqueeze(a.axis)).axis(1),
        of("to", &[&[3]], |x, _| x[0].to(DType::F32)),
        of("detach", &[&[3]], |x, _| x[0].detach()),
        of("pad_constant", &[&[2, 3]], |x, _| x[0].pad_constant(&[(1, 0), (2, 1)], 0.5)),
        of("pad", &[&[2, 4]], |x, a| x[0].pad(&[(a.axis, (2, 1))], PaddingMode::Reflect)).axis(1),
        of("pad", &[&[2, 4]], |x, a| x[0].pad(&[(a.axis, (2, 1))], PaddingMode::Replicate)).axis(1),
        of("pad", &[&[2, 4]], |x, a| x[0].pad(&[(a.axis, (2, 1))], PaddingMode::Circular)).axis(1),
        of("pad", &[&[2, 4]], |x, a| x[0].pad(&[(a.axis, (-2, 1))], PaddingMode::Constant(1.0))).axis(1),
        of("sum_to", &[&[3, 4]], |x, _| x[0].sum_to([1, 4])),
    ]
}

fn arrangement() -> Vec<Entry<Call>> {
    vec![
        of("roll", &[&[3, 4]], |x, a| x[0].roll(&[1, -1], &[a.axis, 1])).axis(0),
        of("repeat", &[&[2, 3]], |x, _| x[0].repeat(&[2, 1])),
        of("repeat_interleave", &[&[2, 3]], |x, a| x[0].repeat_interleave(2, a.axis)).axis(1),
        of("repeat_interleave_each", &[&[2, 3]], |x, a| x[0].repeat_interleave_each(&[1, 0, 2], a.axis))
            .axis(1),
        of("tril", &[&[3, 3]], |x, _| x[0].tril(isize::MIN)),
        of("triu", &[&[3, 3]], |x, _| x[0].triu(isize::MIN)),
        of("diagonal", &[&[3, 4]], |x, a| x[0].diagonal(1, a.axis, 1)).axis(0),
        of("diagonal", &[&[3, 4]], |x, _| x[0].diagonal(isize::MIN, 0, 1)),
        of("diag_embed", &[&[3]], |x, _| x[0].diag_embed(-1)),
        of("trace", &[&[3, 3]], |x, _| x[0].trace()),
        of("unfold", &[&[5, 2]], |x, a| x[0].unfold(a.axis, 2, 2)).axis(0),
        of("rot90", &[&[3, 4]], |x, a| x[0].rot90(1, a.axis, 1)).axis(0),
        of("as_strided", &[&[3, 4]], |x, _| x[0].as_strided([2, 2], &[4, 1], 1)),
        of("slice_scatter", &[&[5, 2], &[2, 2]], |x, a| x[0].slice_scatter(a.axis, 1..3, x[1])).axis(0),
        of("select_scatter", &[&[5, 2], &[2]], |x, a| x[0].select_scatter(a.axis, 1, x[1])).axis(0),
        of("select_scatter", &[&[5, 2], &[2]], |x, a| {
            x[0].select_scatter(0, a.index.to_vec::<i64>()[0] as isize, x[1])
        })
        .index(&[4], &[1], 5)
        .wrapping()
        .plain(),
        of("diagonal_scatter", &[&[3, 4], &[3]], |x, a| x[0].diagonal_scatter(1, a.axis, 1, x[1])).axis(0),
        of("pixel_shuffle", &[&[1, 4, 2, 2]], |x, _| x[0].pixel_shuffle(2)),
        of("pixel_unshuffle", &[&[1, 1, 4, 2]], |x, _| x[0].pixel_unshuffle(2)),
        of("channel_shuffle", &[&[1, 4, 2, 2]], |x, _| x[0].channel_shuffle(2)),
        of("meshgrid", &[&[2], &[3]], |x, _| Var::meshgrid(x)[0]),
        of("block_diag", &[&[2, 3], &[1, 2]], |x, _| Var::block_diag(x)),
    ]
}

fn reductions() -> Vec<Entry<Call>> {
    let mut all: Vec<Entry<Call>> = vec![
        of("sum_axes", &[&[3, 4]], |x, a| x[0].sum_axes(a.axis)),
        of("mean_keep", &[&[3, 4]], |x, a| x[0].mean_keep(a.axis)),
        of("prod_axes", &[&[3, 4]], |x, a| x[0].prod_axes(a.axis)),
        of("max_axes", &[&[3, 4]], |x, a| x[0].max_axes(a.axis)),
        of("min_axes", &[&[3, 4]], |x, a| x[0].min_axes(a.axis)),
        of("logsumexp_axes", &[&[3, 4]], |x, a| x[0].logsumexp_axes(a.axis)),
        of("var_axes", &[&[3, 4]], |x, a| x[0].var_axes(a.axis, 1)),
        of("std_axes", &[&[3, 4]], |x, a| x[0].std_axes(a.axis, 0)),
        of("norm_axes", &[&[3, 4]], |x, a| x[0].norm_axes(a.axis)),
        of("vector_norm_axes", &[&[3, 4]], |x, a| x[0].vector_norm_axes(3.0, a.axis)),
        of("vector_norm_keep", &[&[3, 4]], |x, a| x[0].vector_norm_keep(1.0, a.axis)),
        of("nansum_axes", &[&[3, 4]], |x, a| x[0].nansum_axes(a.axis)),
        of("nanmean_axes", &[&[3, 4]], |x, a| x[0].nanmean_axes(a.axis)),
        of("normalize", &[&[3, 4]], |x, a| x[0].normalize(2.0, a.axis, 1e-12)),
        of("renorm", &[&[3, 4]], |x, a| x[0].renorm(2.0, a.axis, 1.0)),
        of("cumsum", &[&[3, 4]], |x, a| x[0].cumsum(a.axis)),
        of("cumprod", &[&[3, 4]], |x, a| x[0].cumprod(a.axis)),
        of("logcumsumexp", &[&[3, 4]], |x, a| x[0].logcumsumexp(a.axis)),
        of("cummax", &[&[3, 4]], |x, a| x[0].cummax(a.axis).0),
        of("cummin", &[&[3, 4]], |x, a| x[0].cummin(a.axis).0),
        of("diff", &[&[3, 4]], |x, a| x[0].diff(1, a.axis)),
        of("diff", &[&[3, 4]], |x, a| x[0].diff(9, a.axis)),
        of("trapezoids", &[&[3, 4], &[3]], |x, a| x[0].trapezoids(x[1], a.axis)),
        of("coordinate_gradient", &[&[3, 4]], |x, a| {
            x[0].coordinate_gradient(&[0.0, 1.0, 3.0, 4.0], a.axis, true)
        }),
    ];
    all = all.into_iter().map(|entry| entry.axis(1)).collect();
    all.extend([
        of("median", &[&[3, 4]], |x, _| x[0].median()),
        of("nanmedian", &[&[3, 4]], |x, _| x[0].nanmedian()),
        of("max", &[&[3, 4]], |x, _| x[0].max()),
        of("std", &[&[3, 4]], |x, _| x[0].std(1)),
        of("vector_norm", &[&[3, 4]], |x, _| x[0].vector_norm(f64::INFINITY)),
    ]);
    all
}

fn ordered() -> Vec<Entry<Call>> {
    let all: Vec<Entry<Call>> = vec![
        of("sort", &[&[3, 4]], |x, a| x[0].sort(a.axis, true).0),
        of("topk", &[&[3, 4]], |x, a| x[0].topk(2, a.axis, true).0),
        of("kth_value", &[&[3, 4]], |x, a| x[0].kth_value(2, a.axis).0),
        of("max_with_place", &[&[3, 4]], |x, a| x[0].max_with_place(a.axis).0),
        of("min_with_place", &[&[3, 4]], |x, a| x[0].min_with_place(a.axis).0),
        of("median_with_place", &[&[3, 4]], |x, a| x[0].median_with_place(a.axis, true).0),
        of("median_with_place", &[&[3, 4]], |x, a| x[0].median_with_place(a.axis, false).0),
        of("mode", &[&[3, 4]], |x, a| x[0].mode(a.axis).0),
        of("quantile", &[&[3, 4], &[2]], |x, a| x[0].quantile(x[1], a.axis, Interpolation::Linear, false)),
        of("quantile", &[&[3, 4], &[]], |x, a| x[0].quantile(x[1], a.axis, Interpolation::Midpoint, true)),
        of("softmax", &[&[3, 4]], |x, a| x[0].softmax(a.axis)),
        of("log_softmax", &[&[3, 4]], |x, a| x[0].log_softmax(a.axis)),
        of("gumbel_softmax", &[&[3, 4]], |x, a| x[0].gumbel_softmax(a.axis, &mut rng(0))),
        of("gumbel_softmax_with", &[&[3, 4]], |x, a| {
            let how = GumbelOptions { temperature: 0.5, hard: true };
            x[0].gumbel_softmax_with(a.axis, &how, &mut rng(0))
        }),
        of("softmin", &[&[3, 4]], |x, a| x[0].softmin(a.axis)),
        of("glu", &[&[3, 4]], |x, a| x[0].glu(a.axis)),
        of("cosine_similarity", &[&[3, 4], &[3, 4]], |x, a| x[0].cosine_similarity(x[1], a.axis, 1e-8)),
        of("cross", &[&[2, 3], &[2, 3]], |x, a| x[0].cross(x[1], a.axis)),
    ];
    all.into_iter().map(|entry| entry.axis(1)).collect()
}

fn products() -> Vec<Entry<Call>> {
    vec![
        of("matmul", &[&[3, 4], &[4, 2]], |x, _| x[0].matmul(x[1])),
        of("matmul", &[&[2, 3, 4], &[2, 4, 2]], |x, _| x[0].matmul(x[1])),
        of("linear", &[&[3, 4], &[2, 4], &[2]], |x, _| x[0].linear(x[1], Some(x[2]))),
        of("dot", &[&[4], &[4]], |x, _| x[0].dot(x[1])),
        of("outer", &[&[3], &[4]], |x, _| x[0].outer(x[1])),
        of("add_matmul", &[&[3, 2], &[3, 4], &[4, 2]], |x, _| x[0].add_matmul(x[1], x[2], 0.5, 2.0)),
        of("add_matmul", &[&[3, 2], &[3, 4], &[4, 2]], |x, _| x[0].add_matmul(x[1], x[2], 0.0, 2.0)),
        of("tensordot", &[&[2, 3], &[3, 4]], |x, a| x[0].tensordot(x[1], [&[a.axis], &[0]])).axis(1),
        of("kron", &[&[2, 3], &[1, 2]], |x, _| x[0].kron(x[1])),
        of("matrix_power", &[&[3, 3]], |x, _| x[0].matrix_power(3)),
        of("matrix_power", &[&[3, 3]], |x, _| x[0].matrix_power(0)),
        of("matrix_exp", &[&[3, 3]], |x, _| x[0].matrix_exp()),
        of("bilinear", &[&[2, 3], &[2, 4], &[5, 3, 4], &[5]], |x, _| x[0].bilinear(x[1], x[2], Some(x[3]))),
        of("multi_dot", &[&[2, 3], &[3, 4], &[4, 2]], |x, _| Var::multi_dot(x)),
        of("einsum", &[&[2, 3], &[3, 4]], |x, _| Var::einsum("ij,jk->ki", x)),
        of("einsum", &[&[3, 3]], |x, _| Var::einsum("ii->i", x)),
        of("cdist", &[&[3, 2], &[4, 2]], |x, _| x[0].cdist(x[1], 2.0)),
        of("pdist", &[&[3, 2]], |x, _| x[0].pdist(2.0)),
        of("pairwise_distance", &[&[3, 2], &[3, 2]], |x, _| x[0].pairwise_distance(x[1], 2.0, 1e-6)),
        of("cov", &[&[3, 4]], |x, _| x[0].cov(1.0)),
        of("weighted_cov", &[&[3, 4], &[4]], |x, _| {
            x[0].weighted_cov(1.0, Some(&Tensor::from([1.0f32, 2.0, 1.0, 1.0])), Some(x[1]))
        }),
        of("corrcoef", &[&[3, 4]], |x, _| x[0].corrcoef()),
        of("attention", &[&[2, 3, 4], &[2, 3, 4], &[2, 3, 4]], |x, _| {
            x[0].attention(x[1], x[2], &gradus::autograd::ops::Attention::default())
        }),
        of("lstm_cell", &[&[3, 8], &[3, 2]], |x, _| x[0].lstm_cell(x[1]).0),
        of("lstm_sequence", &[&[3, 2, 5], &[8, 5], &[8, 2], &[2, 2], &[2, 2], &[8]], |x, _| {
            x[0].lstm_sequence(x[1], x[2], Some(x[5]), x[3], x[4], false).0
        }),
        of("gru_cell", &[&[3, 6], &[3, 6], &[3, 2]], |x, _| x[0].gru_cell(x[1], x[2])),
        of("visible_softmax", &[&[2, 3]], |x, _| {
            x[0].visible_softmax(Some(&Tensor::from([true, false, true])))
        }),
    ]
}

fn elementwise() -> Vec<Entry<Call>> {
    vec![
        of("clamp_between", &[&[2, 3], &[3], &[3]], |x, _| x[0].clamp_between(Some(x[1]), Some(x[2]))),
        of("lerp", &[&[2, 3], &[3], &[3]], |x, _| x[0].lerp(x[1], x[2])),
        of("add_product", &[&[2, 3], &[3], &[3]], |x, _| x[0].add_product(x[1], x[2], 0.5)),
        of("add_quotient", &[&[2, 3], &[3], &[3]], |x, _| x[0].add_quotient(x[1], x[2], 0.5)),
        of("floor_div", &[&[2, 3], &[3]], |x, _| x[0].floor_div(x[1])),
        of("trunc_div", &[&[2, 3], &[3]], |x, _| x[0].trunc_div(x[1])),
        of("ldexp", &[&[2, 3], &[3]], |x, _| x[0].ldexp(x[1])),
        of("prelu", &[&[2, 3], &[3]], |x, _| x[0].prelu(x[1])),
        of("heaviside", &[&[2, 3]], |x, _| x[0].heaviside(&Tensor::from([0.5f32, 1.0, 0.0]))),
        of("clamp", &[&[3]], |x, _| x[0].clamp(0.3, 0.6)),
        of("clip", &[&[3]], |x, _| x[0].clip(0.3, 0.6)),
        of("log", &[&[3]], |x, _| x[0].log()),
        of("threshold", &[&[3]], |x, _| x[0].threshold(0.3, 0.1)),
        of("softplus_with", &[&[3]], |x, _| x[0].softplus_with(2.0, 20.0)),
        of("logit_with", &[&[3]], |x, _| x[0].logit_with(1e-3)),
        of("round_decimals", &[&[3]], |x, _| x[0].round_decimals(1)),
        of("nan_to_num", &[&[3]], |x, _| x[0].nan_to_num(0.0, 1.0, -1.0)),
        of("mvlgamma", &[&[3]], |x, _| x[0].mvlgamma(1)),
        of("relu6", &[&[3]], |x, _| x[0].relu6()),
    ]
}
