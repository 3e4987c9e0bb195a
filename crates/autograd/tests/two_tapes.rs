//! Variables of two tapes never meet: every way in which they could is refused, at the caller's line.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::ops::{Attention, Bag, ConvOptions, Interpolation};
use gradus_autograd::{Backward, Op, Row, Tape, Var, jacobians, jvps, vjps};
use gradus_tensor::Tensor;

/// Refused with these words, and by a panic that points into this file.
#[track_caller]
fn refused<R>(what: &str, f: impl FnOnce() -> R) {
    let place = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let seen = place.clone();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap() = info.location().map(ToString::to_string).unwrap_or_default();
    }));
    let result = catch_unwind(AssertUnwindSafe(f));
    std::panic::set_hook(hook);
    let Err(payload) = result else { panic!("{what}: two tapes met") };
    let text = payload.downcast_ref::<String>().expect("a message").clone();
    let line = place.lock().unwrap().clone();
    assert!(text.starts_with(what) && text.contains("belongs to another tape"), "{what}: {text}");
    assert!(line.contains("two_tapes.rs"), "{what} at {line}: {text}");
}

#[derive(Debug)]
struct Pass;

impl Op for Pass {
    fn name(&self) -> &'static str {
        "pass"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy());
    }
}

/// In one test, since the hook is of the process.
#[test]
fn every_meeting_is_refused() {
    let (one, two) = (Tape::new(), Tape::new());
    // The other tape is longer, so that a number of a node means something on both.
    let (x, y) = (one.var([1.0, 2.0]), two.var([100.0, 200.0]));
    let small = (x, y);
    let large = (one.var(Tensor::ones([600, 600])), two.var(Tensor::ones([600, 600])));
    let two_inputs = || table().filter(|row: &&'static Row| row.arity == 2);
    assert!(two_inputs().count() > 5);
    for (x, y) in [small, large] {
        for row in two_inputs() {
            refused(row.name, || row.apply(&[x, y], 0.0));
            refused(row.name, || row.apply(&[y, x], 0.0));
        }
        refused("add", || x + y);
        refused("mul", || y * x);
        refused("variables of two tapes", || x.lift(y));
        refused("pass", || one.apply(Pass, &[y]));
        refused("checkpoint", || x.checkpoint(|_| y));
    }
    meetings_in_operations(&one, &two);
    meetings_in_derivatives(x, y);
    assert_eq!((x + x).value().to_f64_vec(), [2.0, 4.0]);
}

/// Each call is refused by its name.
macro_rules! meet {
    ($($name:ident: $call:expr;)*) => { $(refused(stringify!($name), || $call);)* };
}

/// The operation that was called is named, also where it is made of others.
fn meetings_in_operations(one: &Tape, two: &Tape) {
    let (m, n) = (one.var(Tensor::ones([2, 2])), two.var(Tensor::ones([2, 2])));
    let (v, w) = (one.var(Tensor::ones([2])), two.var(Tensor::ones([2])));
    let (image, kernel) = (one.var(Tensor::ones([1, 1, 3, 3])), two.var(Tensor::ones([1, 1, 2, 2])));
    let own = one.var(Tensor::ones([1, 1, 2, 2]));
    let how = ConvOptions::default();
    meet! {
        matmul: m.matmul(n);
        linear: m.linear(n, None);
        linear: m.linear(m, Some(w));
        conv: image.conv(kernel, None, &how);
        conv: image.conv(own, Some(w), &how);
        conv_transpose: image.conv_transpose(kernel, None, &how, &[0]);
        conv_transpose: image.conv_transpose(own, Some(w), &how, &[0]);
        layer_norm: m.layer_norm(w, v, 1e-5);
        layer_norm: m.layer_norm(v, w, 1e-5);
        group_norm: m.group_norm(1, Some(w), None, 1e-5);
        scale_channels: m.scale_channels(None, Some(w));
        batch_norm: m.batch_norm(w, v, 1e-5);
        attention: m.attention(n, m, &Attention::default());
        attention: m.attention(m, m, &Attention { mask: Some(n), ..Attention::default() });
        bilinear: m.bilinear(n, Tensor::ones([1, 2, 2]), None);
        embedding_bag: m.embedding_bag(&[vec![0, 1]], Bag::Sum, Some(w), None);
        weighted_cov: m.weighted_cov(1.0, None, Some(w));
        clamp_between: v.clamp_between(None, Some(w));
    }
    meetings_by_element_and_place([m, n], [v, w]);
}

fn meetings_by_element_and_place<'t>([m, n]: [Var<'t>; 2], [v, w]: [Var<'t>; 2]) {
    let (one, two) = (m.tape(), n.tape());
    let (place, mask) = (Tensor::from([0, 1]), Tensor::ones([2, 2]).gt(0.0));
    meet! {
        lerp: v.lerp(w, 0.5);
        dot: v.dot(w);
        outer: v.outer(w);
        kron: m.kron(n);
        cross: one.var(Tensor::ones([3])).cross(two.var(Tensor::ones([3])), 0);
        add_matmul: m.add_matmul(m, n, 1.0, 1.0);
        tensordot: m.tensordot(n, [&[0], &[0]]);
        cdist: m.cdist(n, 2.0);
        pairwise_distance: m.pairwise_distance(n, 2.0, 1e-6);
        cosine_similarity: m.cosine_similarity(n, 1, 1e-8);
        mse: v.mse(w);
        soft_cross_entropy: m.soft_cross_entropy(n);
        kl_div: v.kl_div(w);
        binary_cross_entropy: v.binary_cross_entropy(w);
        margin_ranking_loss: v.margin_ranking_loss(w, v);
        triplet_margin_loss: m.triplet_margin_loss(m, n);
        index_add: v.index_add(0, &place, w);
        scatter_add: v.scatter_add(0, &place, w);
        scatter: v.scatter(0, &place, w);
        put: v.put(&place, w, false);
        where_: m.where_(&mask, n);
        select_scatter: m.select_scatter(0, 0, w);
        quantile: v.quantile(w, 0, Interpolation::Linear, false);
        einsum: Var::einsum("ij,jk", &[m, n]);
        multi_dot: Var::multi_dot(&[m, m, n]);
        cat: Var::cat(&[m, n], 0);
        stack: Var::stack(&[m, n], 0);
        block_diag: Var::block_diag(&[m, n]);
        meshgrid: Var::meshgrid(&[v, w]);
    }
}

fn meetings_in_derivatives<'t>(x: Var<'t>, y: Var<'t>) {
    let loss = x.square().sum();
    refused("grad", || loss.grad(y));
    refused("grad", || loss.grads(&[x, y]));
    refused("vjp", || loss.vjp(&[y], x.tape().constant(1.0)));
    refused("vjp", || loss.vjp(&[x], y.tape().constant(1.0)));
    let (u, v) = (x.square(), y.square());
    refused("vjps", || vjps(&[u], &[y], &[x]));
    refused("vjps", || vjps(&[u], &[x], &[y]));
    refused("vjps", || vjps(&[u, v], &[x, y], &[x]));
    refused("jvps", || jvps(&[u], &[x], &[y]));
    refused("jvps", || jvps(&[u], &[y], &[x]));
    refused("jacobians", || jacobians(&[u], &[y]));
    assert!(catch_unwind(AssertUnwindSafe(|| u.sum().backward().wrt(y))).is_err());
}
