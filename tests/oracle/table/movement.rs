//! Shapes, parts, joining.

use gradus_autograd::Var;
use gradus_tensor::{REST, Tensor};

use crate::args::Args;
use crate::value::Val;

fn sizes(list: &[i64]) -> Vec<usize> {
    list.iter().map(|&n| if n < 0 { REST } else { n as usize }).collect()
}

fn shape(c: &Args<'_>, name: &str) -> Vec<usize> {
    sizes(&c.ints(name).unwrap_or_default())
}

fn reshaped<'t>(x: Var<'t>, list: &[usize]) -> Var<'t> {
    x.reshape(list)
}

/// Sizes of an expansion, where -1 keeps a size.
fn expanded<'t>(x: Var<'t>, list: &[i64]) -> Var<'t> {
    let own = x.shape();
    let lead = list.len() - own.len();
    let size = |(i, &n): (usize, &i64)| if n < 0 { own[i - lead] } else { n as usize };
    x.expand(list.iter().enumerate().map(size).collect::<Vec<_>>())
}

/// Pieces as `torch.split` makes them: of one size, or of the sizes given.
fn split<'t>(c: &Args<'t>, by: &str) -> Vec<Var<'t>> {
    let (x, axis) = (c.v("input"), c.axis("dim", 0));
    let n = x.shape()[gradus_tensor::axis_index("split", axis, &x.shape())];
    match c.val(by) {
        Val::I(size) => {
            let size = size as usize;
            let pieces: Vec<usize> = (0..n).step_by(size.max(1)).map(|s| size.min(n - s)).collect();
            if pieces.is_empty() { vec![x] } else { x.split(axis, &pieces) }
        }
        list => x.split(axis, &list.ints().iter().map(|&n| n as usize).collect::<Vec<_>>()),
    }
}

/// Pieces as `torch.tensor_split` makes them: a number of nearly equal ones, or cut at places.
fn cut<'t>(x: Var<'t>, by: &Val<'t>, axis: isize) -> Vec<Var<'t>> {
    let n = x.shape()[gradus_tensor::axis_index("split", axis, &x.shape())];
    let scalar = match by {
        Val::I(_) => true,
        Val::T(t) => t.rank() == 0,
        _ => false,
    };
    if scalar {
        let pieces = by.int() as usize;
        let sizes: Vec<usize> = (0..pieces).map(|i| n / pieces + usize::from(i < n % pieces)).collect();
        return x.split(axis, &sizes);
    }
    let place = |i: i64| (if i < 0 { i + n as i64 } else { i }).clamp(0, n as i64) as usize;
    let mut bounds = vec![0];
    bounds.extend(by.ints().into_iter().map(place));
    bounds.push(n);
    bounds.windows(2).map(|w| x.narrow(axis, w[0], w[1].saturating_sub(w[0]))).collect()
}

/// As `torch.cat`: vectors without elements count nothing.
fn cat<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    let real: Vec<Var<'t>> = parts.iter().copied().filter(|p| p.shape() != [0]).collect();
    if real.is_empty() { parts[0] } else { Var::cat(&real, axis) }
}

fn at_least(x: Var<'_>, rank: usize) -> Var<'_> {
    let shape = x.shape();
    match (rank, shape.len()) {
        (1.., 0) => x.reshape(vec![1; rank]),
        (2, 1) => x.unsqueeze(0),
        (3, 1) => x.unsqueeze(0).unsqueeze(2),
        (3, 2) => x.unsqueeze(2),
        _ => x,
    }
}

fn each<'t>(c: &Args<'t>, f: impl Fn(Var<'t>) -> Var<'t>) -> Val<'t> {
    let parts = c.vars("tensors");
    if parts.len() == 1 { f(parts[0]).into() } else { parts.into_iter().map(f).collect::<Vec<_>>().into() }
}

fn lifted<'t>(c: &Args<'t>, rank: usize) -> Vec<Var<'t>> {
    c.vars("tensors").into_iter().map(|x| at_least(x, rank)).collect()
}

fn moved<'t>(x: Var<'t>, from: &[i64], to: &[i64]) -> Var<'t> {
    let rank = x.rank() as i64;
    let at = |list: &[i64]| list.iter().map(|i| i.rem_euclid(rank) as usize).collect::<Vec<_>>();
    let (from, to) = (at(from), at(to));
    let mut rest = (0..rank as usize).filter(|a| !from.contains(a));
    let order: Vec<isize> = (0..rank as usize)
        .map(|place| match to.iter().position(|&t| t == place) {
            Some(k) => from[k] as isize,
            None => rest.next().expect("as many axes as places") as isize,
        })
        .collect();
    x.permute(order)
}

fn diag<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, k) = (c.v("input"), c.axis("diagonal", 0));
    if x.rank() == 1 { x.diag_embed(k) } else { x.diagonal(k, 0, 1) }
}

fn pairs(x: &[i64]) -> Vec<usize> {
    x.iter().map(|&n| n as usize).collect()
}

fn repeat_interleave<'t>(c: &Args<'t>) -> Var<'t> {
    // A promise about the result, which speeds nothing up here.
    c.has("output_size");
    let (x, axis) = match c.opt_int("dim") {
        None => (c.v("input").flatten(), 0),
        Some(axis) => (c.vec("input"), axis),
    };
    match c.val("repeats") {
        Val::I(n) => x.repeat_interleave(n as usize, axis),
        list => {
            let times = pairs(&list.ints());
            if times.len() == 1 {
                x.repeat_interleave(times[0], axis)
            } else {
                x.repeat_interleave_each(&times, axis)
            }
        }
    }
}

fn tiled<'t>(x: Var<'t>, times: &[usize]) -> Var<'t> {
    let mut all = vec![1; x.rank().saturating_sub(times.len())];
    all.extend_from_slice(times);
    x.repeat(&all)
}

fn combinations<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, r, again) = (c.v("input"), c.size("r", 2), c.flag("with_replacement", false));
    let n = x.elements();
    let mut rows: Vec<Vec<i64>> = vec![vec![]];
    for _ in 0..r {
        let start = |row: &[i64]| row.last().map_or(0, |&l| if again { l } else { l + 1 });
        rows =
            rows.iter().flat_map(|row| (start(row)..n as i64).map(|i| [&row[..], &[i]].concat())).collect();
    }
    let count = rows.len();
    x.take(&Tensor::from_vec(rows.concat(), [count, r]))
}

fn meshgrid<'t>(c: &Args<'t>) -> Vec<Var<'t>> {
    let mut vectors = c.vars("tensors");
    let swap = c.text("indexing", "ij") == "xy" && vectors.len() > 1;
    if swap {
        vectors.swap(0, 1);
    }
    let mut grids = Var::meshgrid(&vectors);
    if swap {
        grids.swap(0, 1);
    }
    grids
}

super::table! {
    "reshape view" ("input *shape") |c| reshaped(c.v("input"), &shape(c, "shape"));
    "ravel" ("input") |c| c.v("input").flatten();
    "flatten" ("input start_dim end_dim") |c| {
        let (x, first, last) = (c.v("input"), c.axis("start_dim", 0), c.axis("end_dim", -1));
        if x.rank() == 0 { x.reshape([1]) } else { x.flatten_axes(first, last) }
    };
    "unflatten" ("input dim sizes") |c| {
        let (x, list) = (c.v("input"), shape(c, "sizes"));
        let own = x.shape();
        let at = gradus_tensor::axis_index("unflatten", c.axis("dim", 0), &own);
        let known: usize = list.iter().filter(|&&n| n != REST).product();
        let fill = |&n: &usize| if n == REST { own[at] / known.max(1) } else { n };
        let all: Vec<usize> = own[..at].iter().copied().chain(list.iter().map(fill)).chain(own[at + 1..].iter().copied()).collect();
        x.reshape(all)
    };
    "broadcast_to" ("input size") |c| expanded(c.v("input"), &c.ints("size").unwrap_or_default());
    "expand" ("input *size") |c| expanded(c.v("input"), &c.ints("size").unwrap_or_default());
    "expand_as" ("input other") |c| c.v("input").expand(*c.t("other").shape());
    "broadcast_tensors" ("*tensors") |c| {
        let parts = c.vars("tensors");
        let all = parts.iter().map(|p| p.shape()).reduce(|a, b| a.broadcast_or_panic(&b, "broadcast")).expect("one");
        parts.into_iter().map(|p| p.expand(all)).collect::<Vec<_>>()
    };
    "broadcast_shapes" ("*shapes") |c| {
        let shapes = c.val("shapes").items();
        let all = shapes.iter().map(|s| gradus_tensor::Shape::from(pairs(&s.ints())));
        let all = all.reduce(|a, b| a.broadcast_or_panic(&b, "broadcast")).expect("one");
        Val::List(all.iter().map(|&n| Val::I(n as i64)).collect())
    };
    "permute" ("input *dims") |c| c.v("input").permute(c.dims("dims").unwrap_or_default());
    "transpose swapaxes swapdims" ("input dim0 dim1") |c| match c.v("input") {
        x if x.rank() == 0 => {
            let _ = (c.axis("dim0", 0), c.axis("dim1", 0));
            x
        }
        x => x.transpose(c.axis("dim0", 0), c.axis("dim1", 1)),
    };
    "t T mT adjoint" ("input") |c| c.v("input").t();
    "movedim moveaxis" ("input source destination") |c|
        moved(c.v("input"), &c.ints("source").unwrap_or_default(), &c.ints("destination").unwrap_or_default());
    "squeeze" ("input dim") |c| match c.ints("dim") {
        None => c.v("input").squeeze(),
        Some(list) => {
            let x = c.v("input");
            let mut at: Vec<usize> =
                list.iter().map(|&a| if x.rank() == 0 { 0 } else { gradus_tensor::axis_index("squeeze", a as isize, &x.shape()) }).collect();
            at.sort_unstable();
            if x.rank() == 0 { x } else { at.iter().rev().fold(x, |y, &a| y.squeeze_axis(a as isize)) }
        }
    };
    "unsqueeze" ("input dim") |c| c.v("input").unsqueeze(c.axis("dim", 0));
    "narrow" ("input dim start length") |c| {
        let (x, axis, start) = (c.v("input"), c.axis("dim", 0), c.int("start", 0));
        let size = x.shape()[gradus_tensor::axis_index("narrow", axis, &x.shape())] as i64;
        x.narrow(axis, (if start < 0 { start + size } else { start }) as usize, c.size("length", 0))
    };
    "select" ("input dim index") |c| c.v("input").select(c.axis("dim", 0), c.axis("index", 0));
    "slice" ("input dim start end step") |c| {
        let at = |name: &str| c.ints(name).map(|i| i[0] as isize);
        let slice = gradus_tensor::Slice { start: at("start"), end: at("end"), step: c.axis("step", 1) };
        c.v("input").slice(c.axis("dim", 0), slice)
    };
    "flip" ("input *dims") |c| c.v("input").flip(c.dims("dims").unwrap_or_default());
    "fliplr" ("input") |c| c.v("input").flip(1);
    "flipud" ("input") |c| c.v("input").flip(0);
    "roll" ("input shifts dims") |c| {
        let (x, shifts) = (c.v("input"), c.dims("shifts").unwrap_or_default());
        match c.dims("dims") {
            Some(axes) => x.roll(&shifts, &axes),
            None => x.flatten().roll(&shifts, &[0]).reshape(x.shape()),
        }
    };
    "rot90" ("input k dims") |c| {
        let dims = c.dims("dims").unwrap_or_else(|| vec![0, 1]);
        c.v("input").rot90(c.axis("k", 1), dims[0], dims[1])
    };
    "repeat" ("input *repeats") |c| c.v("input").repeat(&shape(c, "repeats"));
    "tile" ("input *dims") |c| tiled(c.v("input"), &shape(c, "dims"));
    "repeat_interleave" ("input repeats dim output_size") |c| repeat_interleave(c);
    "tril" ("input diagonal") |c| c.v("input").tril(c.axis("diagonal", 0));
    "triu" ("input diagonal") |c| c.v("input").triu(c.axis("diagonal", 0));
    "diag" ("input diagonal") |c| diag(c);
    "diagflat" ("input offset") |c| c.v("input").flatten().diag_embed(c.axis("offset", 0));
    "diag_embed" ("input offset dim1 dim2") |c| {
        let y = c.v("input").diag_embed(c.axis("offset", 0));
        let (a, b) = (c.axis("dim1", -2), c.axis("dim2", -1));
        moved(y, &[-2, -1], &[a as i64, b as i64])
    };
    "diagonal" ("input offset dim1 dim2") |c|
        c.v("input").diagonal(c.axis("offset", 0), c.axis("dim1", 0), c.axis("dim2", 1));
    "linalg.diagonal" ("A offset dim1 dim2") |c|
        c.v("A").diagonal(c.axis("offset", 0), c.axis("dim1", -2), c.axis("dim2", -1));
    "trace" ("input") |c| c.v("input").trace();
    "unfold" ("input dimension size step") |c| {
        let y = c.vec("input").unfold(c.axis("dimension", 0), c.size("size", 1), c.size("step", 1));
        if c.v("input").rank() == 0 { y.flatten() } else { y }
    };
    "as_strided" ("input size stride storage_offset") |c|
        c.v("input").as_strided(shape(c, "size"), &shape(c, "stride"), c.size("storage_offset", 0));
    "cat concat concatenate" ("tensors dim") |c| cat(&c.vars("tensors"), c.axis("dim", 0));
    "stack" ("tensors dim") |c| Var::stack(&c.vars("tensors"), c.axis("dim", 0));
    "hstack" ("*tensors") |c| {
        let parts = lifted(c, 1);
        Var::cat(&parts, isize::from(parts[0].rank() > 1))
    };
    "vstack row_stack" ("*tensors") |c| Var::cat(&lifted(c, 2), 0);
    "dstack" ("*tensors") |c| Var::cat(&lifted(c, 3), 2);
    "column_stack" ("*tensors") |c| {
        let column = |x: Var<'_>| x.rank() < 2;
        let parts: Vec<Var<'_>> =
            c.vars("tensors").into_iter().map(|x| if column(x) { x.reshape([x.elements(), 1]) } else { x }).collect();
        Var::cat(&parts, 1)
    };
    "atleast_1d" ("*tensors") |c| each(c, |x| at_least(x, 1));
    "atleast_2d" ("*tensors") |c| each(c, |x| at_least(x, 2));
    "atleast_3d" ("*tensors") |c| each(c, |x| at_least(x, 3));
    "split" ("input split_size dim") |c| split(c, "split_size");
    "split_with_sizes" ("input split_sizes dim") |c| split(c, "split_sizes");
    "chunk" ("input chunks dim") |c| c.v("input").chunk(c.axis("dim", 0), c.size("chunks", 1));
    "unbind" ("input dim") |c| c.v("input").unbind(c.axis("dim", 0));
    "tensor_split" ("input indices_or_sections dim") |c|
        cut(c.v("input"), &c.val("indices_or_sections"), c.axis("dim", 0));
    "hsplit" ("input indices_or_sections") |c| {
        let x = c.v("input");
        cut(x, &c.val("indices_or_sections"), isize::from(x.rank() > 1))
    };
    "vsplit" ("input indices_or_sections") |c| cut(c.v("input"), &c.val("indices_or_sections"), 0);
    "dsplit" ("input indices_or_sections") |c| cut(c.v("input"), &c.val("indices_or_sections"), 2);
    "meshgrid" ("*tensors indexing") |c| meshgrid(c);
    "block_diag" ("*tensors") |c| Var::block_diag(&c.vars("tensors"));
    "cartesian_prod" ("*tensors") |c| {
        let parts = c.vars("tensors");
        if parts.len() == 1 {
            return parts[0].into();
        }
        let columns: Vec<Var<'_>> = Var::meshgrid(&parts).into_iter().map(Var::flatten).collect();
        Var::stack(&columns, 1)
    };
    "combinations" ("input r with_replacement") |c| combinations(c);
    "pixel_shuffle" ("input upscale_factor") |c| c.v("input").pixel_shuffle(c.size("upscale_factor", 1));
    "pixel_unshuffle" ("input downscale_factor") |c| c.v("input").pixel_unshuffle(c.size("downscale_factor", 1));
    "channel_shuffle" ("input groups") |c| c.v("input").channel_shuffle(c.size("groups", 1));
    "select_scatter" ("input src dim index") |c|
        c.v("input").select_scatter(c.axis("dim", 0), c.axis("index", 0), c.v("src"));
    "diagonal_scatter" ("input src offset dim1 dim2") |c|
        c.v("input").diagonal_scatter(c.axis("offset", 0), c.axis("dim1", 0), c.axis("dim2", 1), c.v("src"));
    "slice_scatter" ("input src dim start end step") |c| {
        let slice = gradus_tensor::Slice {
            start: c.opt_int("start"),
            end: c.opt_int("end"),
            step: c.axis("step", 1),
        };
        c.v("input").slice_scatter(c.axis("dim", 0), slice, c.v("src"))
    };
}
