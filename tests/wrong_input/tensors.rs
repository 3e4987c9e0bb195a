//! The methods of `Tensor`, with valid inputs.

use gradus::prelude::*;
use gradus::tensor::Slice;

use crate::{Args, Entry};

/// A method of a tensor; of several results one is looked at.
pub(crate) type Call = fn(&[Tensor], &Args) -> Tensor;

/// Methods of other types; the ones whose words are tested beside them; what reads files.
pub(crate) const ELSEWHERE: &[&str] = &[
    "new",
    "elements",
    "inserted",
    "strides",
    "contiguous",
    "copied",
    "into_contiguous",
    "expand_layout",
    "broadcast_or_panic",
    "resolve",
    "step",
    "output",
    "build",
    "full",
    "full_of",
    "full_like",
    "from_fn",
    "ones_like",
    "zeros_like",
    "zeros",
    "zeros_of",
    "ones",
    "ones_of",
    "range",
    "range_of",
    "linspace",
    "linspace_of",
    "eye",
    "eye_of",
    "tri",
    "arange",
    "uniform",
    "uniform_of",
    "randn",
    "randn_of",
    "normal",
    "normal_of",
    "bernoulli",
    "bernoulli_of",
    "randint",
    "randn_like",
    "rand_like",
    "uniform_like",
    "randint_like",
    "bernoulli_like",
    "gumbel",
    "gumbel_of",
    "draw",
    "permutation",
    "from_vec",
    "from_slice",
    "as_slice",
    "slice_mut",
    "check",
    "check_room",
    "check_place",
    "reshape_layout",
];

pub(crate) fn table() -> Vec<Entry<Call>> {
    let mut all = moves();
    all.extend(places());
    all.extend(numbers());
    all
}

fn moves() -> Vec<Entry<Call>> {
    vec![
        of("reshape", &[&[3, 4]], |x, _| x[0].reshape([2, 6])),
        of("flatten_axes", &[&[3, 4, 2]], |x, a| x[0].flatten_axes(a.axis, -1)).axis(1),
        of("permute", &[&[2, 3, 4]], |x, a| x[0].permute([2, a.axis, 1])).axis(0),
        of("transpose", &[&[2, 3, 4]], |x, a| x[0].transpose(a.axis, 1)).axis(0),
        of("t", &[&[2, 3]], |x, _| x[0].t()),
        of("move_axis", &[&[2, 3, 4]], |x, a| x[0].move_axis(a.axis, 1)).axis(0),
        of("expand", &[&[3, 1]], |x, _| x[0].expand([2, 3, 4])),
        of("squeeze_axis", &[&[3, 1]], |x, a| x[0].squeeze_axis(a.axis)).axis(1),
        of("unsqueeze", &[&[3, 2]], |x, a| x[0].unsqueeze(a.axis)).axis(1),
        of("cat", &[&[2, 3], &[2, 2]], |x, a| Tensor::cat(x, a.axis)).axis(1),
        of("stack", &[&[2, 3], &[2, 3]], |x, a| Tensor::stack(x, a.axis)).axis(1),
        of("slice", &[&[5, 4]], |x, a| x[0].slice(a.axis, Slice::from(1..5).step(2))).axis(0),
        of("narrow", &[&[5, 4]], |x, a| x[0].narrow(a.axis, 1, 3)).axis(0),
        of("select", &[&[5, 4]], |x, a| x[0].select(a.axis, -2)).axis(0),
        of("select", &[&[5, 4]], |x, a| x[0].select(0, a.index.to_vec::<i64>()[0] as isize))
            .index(&[4], &[1], 5)
            .wrapping()
            .plain(),
        of("flip", &[&[3, 4]], |x, a| x[0].flip(a.axis)).axis(1),
        of("split", &[&[5, 4]], |x, a| x[0].split(a.axis, &[2, 3]).remove(1)).axis(0),
        of("chunks", &[&[5, 4]], |x, a| x[0].chunks(a.axis, 2).remove(0)).axis(0),
        of("chunk", &[&[6, 4]], |x, a| x[0].chunk::<2>(a.axis)[1].clone()).axis(0),
        of("unbind", &[&[5, 4]], |x, a| x[0].unbind(a.axis).first().unwrap_or(&x[0]).clone()).axis(0),
        of("put_slice", &[&[5, 4], &[2, 4]], |x, a| x[0].clone().put_slice(a.axis, 1..3, &x[1])).axis(0),
        of("repeat", &[&[2, 3]], |x, _| x[0].repeat(&[2, 1])),
        of("repeat_interleave", &[&[2, 3]], |x, a| x[0].repeat_interleave(2, a.axis)).axis(1),
        of("roll", &[&[3, 4]], |x, a| x[0].roll(&[1, -1], &[a.axis, 1])).axis(0),
        of("tril", &[&[3, 3]], |x, _| x[0].tril(isize::MAX)),
        of("triu", &[&[3, 3]], |x, _| x[0].triu(isize::MIN)),
        of("diag_embed", &[&[3]], |x, _| x[0].diag_embed(-1)),
        of("diagonal", &[&[3, 4]], |x, a| x[0].diagonal(1, a.axis, 1)).axis(0),
        of("diagonal", &[&[3, 4]], |x, _| x[0].diagonal(isize::MIN, 0, 1)),
        of("unfold", &[&[5, 2]], |x, a| x[0].unfold(a.axis, 2, 2)).axis(0),
        of("pad_constant", &[&[2, 3]], |x, _| x[0].pad_constant(&[(1, 0), (2, 1)], 0.5)),
        of("sum_to", &[&[3, 4]], |x, _| x[0].sum_to([1, 4])),
        of("item", &[&[1]], |x, _| Tensor::from(x[0].item())),
        of("to_vec2", &[&[2, 3]], |x, _| Tensor::from(x[0].to_vec2::<f32>().len() as i64)),
        of("to_vec", &[&[2, 3]], |x, _| Tensor::from(x[0].to_vec::<f32>().len() as i64)),
    ]
}

fn places() -> Vec<Entry<Call>> {
    vec![
        of("gather", &[&[2, 3]], |x, a| x[0].gather(a.axis, &a.index)).axis(1).index(
            &[0, 0, 2, 1],
            &[2, 2],
            3,
        ),
        of("scatter_add", &[&[2, 3], &[2, 2]], |x, a| x[0].scatter_add(a.axis, &a.index, &x[1]))
            .axis(1)
            .index(&[0, 0, 2, 1], &[2, 2], 3),
        of("scatter", &[&[2, 3], &[2, 2]], |x, a| x[0].scatter(a.axis, &a.index, &x[1])).axis(1).index(
            &[0, 0, 2, 1],
            &[2, 2],
            3,
        ),
        of("index_select", &[&[3, 2]], |x, a| x[0].index_select(a.axis, &a.index)).axis(0).index(
            &[2, 0, 2],
            &[3],
            3,
        ),
        of("index_add", &[&[3, 2], &[2, 2]], |x, a| x[0].index_add(a.axis, &a.index, &x[1])).axis(0).index(
            &[2, 2],
            &[2],
            3,
        ),
        of("take", &[&[2, 3]], |x, a| x[0].take(&a.index)).index(&[0, 5], &[2], 6),
        of("one_hot", &[&[]], |_, a| Tensor::one_hot(&a.index, 4)).index(&[0, 3], &[2], 4),
        of("bincount", &[&[]], |_, a| a.index.bincount(4)).index(&[0, 3], &[2], 4),
        of("categorical", &[&[3, 4]], |x, _| x[0].categorical(&mut rng(0))),
        of("multinomial", &[&[3, 4]], |x, _| x[0].multinomial(2, false, &mut rng(0))),
        of("keep_top_k", &[&[3, 4]], |x, _| x[0].keep_top_k(2)),
        of("keep_top_p", &[&[3, 4]], |x, _| x[0].keep_top_p(0.5)),
        of("where_", &[&[2, 3], &[2, 3]], |x, _| x[0].where_(&Tensor::from([true, false, true]), &x[1])),
        of("masked_fill", &[&[2, 3]], |x, _| x[0].masked_fill(&Tensor::from([true, false, true]), 2.0)),
        of("masked_select", &[&[2, 3]], |x, _| x[0].masked_select(&Tensor::from([true, false, true]))),
        of("argmax", &[&[3, 4]], |x, _| x[0].argmax()),
        of("argmin", &[&[3, 4]], |x, _| x[0].argmin()),
        of("argmax_axis", &[&[3, 4]], |x, a| x[0].argmax_axis(a.axis, true)).axis(1),
        of("argmin_axis", &[&[3, 4]], |x, a| x[0].argmin_axis(a.axis, false)).axis(1),
        of("argsort", &[&[3, 4]], |x, a| x[0].argsort(a.axis, false)).axis(1),
        of("sort", &[&[3, 4]], |x, a| x[0].sort(a.axis, false).0).axis(1),
        of("topk", &[&[3, 4]], |x, a| x[0].topk(2, a.axis, true).0).axis(1),
        of("searchsorted", &[&[3], &[2, 2]], |x, _| x[0].searchsorted(&x[1], true)),
        of("to_bools", &[&[3]], |x, _| Tensor::from_vec(x[0].gt(0.5).to_bools(), x[0].elements())),
    ]
}

fn numbers() -> Vec<Entry<Call>> {
    let mut all: Vec<Entry<Call>> = vec![
        of("softmax", &[&[3, 4]], |x, a| x[0].softmax(a.axis)),
        of("log_softmax", &[&[3, 4]], |x, a| x[0].log_softmax(a.axis)),
        of("sum_axes", &[&[3, 4]], |x, a| x[0].sum_axes(a.axis)),
        of("prod_keep", &[&[3, 4]], |x, a| x[0].prod_keep(a.axis)),
        of("max_axes", &[&[3, 4]], |x, a| x[0].max_axes(a.axis)),
        of("min_keep", &[&[3, 4]], |x, a| x[0].min_keep(a.axis)),
        of("any_axes", &[&[3, 4]], |x, a| x[0].any_axes(a.axis)),
        of("all_keep", &[&[3, 4]], |x, a| x[0].all_keep(a.axis)),
        of("count_nonzero_axes", &[&[3, 4]], |x, a| x[0].count_nonzero_axes(a.axis)),
        of("mean_axes", &[&[3, 4]], |x, a| x[0].mean_axes(a.axis)),
        of("logsumexp_axes", &[&[3, 4]], |x, a| x[0].logsumexp_axes(a.axis)),
        of("var_axes", &[&[3, 4]], |x, a| x[0].var_axes(a.axis, 1)),
        of("std_keep", &[&[3, 4]], |x, a| x[0].std_keep(a.axis, 0)),
        of("cumsum", &[&[3, 4]], |x, a| x[0].cumsum(a.axis)),
        of("cumprod", &[&[3, 4]], |x, a| x[0].cumprod(a.axis)),
        of("cummax", &[&[3, 4]], |x, a| x[0].cummax(a.axis).0),
        of("cummin", &[&[3, 4]], |x, a| x[0].cummin(a.axis).0),
    ];
    all = all.into_iter().map(|entry| entry.axis(1)).collect();
    all.extend([
        of("matmul", &[&[3, 4], &[4, 2]], |x, _| x[0].matmul(&x[1])),
        of("max", &[&[3, 4]], |x, _| x[0].max()),
        of("var", &[&[3, 4]], |x, _| x[0].var(1)),
        of("relu", &[&[3, 4]], |x, _| x[0].relu()),
        of("log", &[&[3, 4]], |x, _| x[0].log()),
        of("clip", &[&[3, 4]], |x, _| x[0].clip(0.3, 0.6)),
        of("item_at", &[&[3, 4]], |x, _| Tensor::scalar(x[0].item_at([2, 3]))),
        of("powf", &[&[3]], |x, _| x[0].powf(2.0)),
        of("clamp", &[&[3]], |x, _| x[0].clamp(0.3, 0.6)),
        of("isclose", &[&[2, 3], &[3]], |x, _| x[0].isclose(&x[1], 0.1, 0.1)),
        of("allclose", &[&[2, 3], &[3]], |x, _| Tensor::from(x[0].allclose(&x[1], 0.1, 0.1))),
        of("max_abs_diff", &[&[2, 3], &[3]], |x, _| Tensor::from(x[0].max_abs_diff(&x[1]))),
        of("pow", &[&[2, 3], &[3]], |x, _| x[0].pow(&x[1])),
        of("atan2", &[&[2, 3], &[3]], |x, _| x[0].atan2(&x[1])),
        of("lt", &[&[2, 3], &[3]], |x, _| x[0].lt(&x[1])),
        of("add", &[&[2, 3], &[3]], |x, _| &x[0] + &x[1]),
    ]);
    all
}

fn of(name: &'static str, shapes: &'static [&'static [usize]], call: Call) -> Entry<Call> {
    crate::of(name, shapes, call)
}
