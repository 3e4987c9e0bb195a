//! A tape as a plain list: what each node is, without its value. Summaries of models read it.

use std::panic::Location;

use gradus_tensor::{DType, Shape};

use crate::model::param::ParamId;
use crate::node::{Kind, Leaf};
use crate::tape::Tape;

/// One node of a tape.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The name of its operation; `leaf`, `param` or `constant` where nothing is computed.
    pub op: String,
    /// The numbers of its inputs.
    pub inputs: Vec<usize>,
    /// The shape of its value.
    pub shape: Shape,
    /// The element type of its value.
    pub dtype: DType,
    /// The parameter that it lifts.
    pub param: Option<ParamId>,
    /// Whether something is computed: no leaf.
    pub computed: bool,
    /// Products that are added up: of a matrix product, of a convolution. Of everything else 0, as is usual.
    pub multiply_adds: usize,
    /// The line of code that recorded it.
    pub line: &'static Location<'static>,
}

impl Tape {
    /// The nodes in the order in which they were recorded. Nothing is computed.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// tape.constant(Tensor::ones([2, 3])).matmul(&Tensor::ones([3, 4])).tanh();
    /// let nodes = tape.recorded();
    /// assert_eq!(nodes.iter().map(|node| &node.op[..]).collect::<Vec<_>>(), ["constant", "constant", "matmul", "tanh"]);
    /// assert_eq!(nodes[2].multiply_adds, 2 * 3 * 4);
    /// ```
    pub fn recorded(&self) -> Vec<Recorded> {
        let inner = self.inner.borrow();
        let mut params: Vec<(u32, ParamId)> = inner.params.iter().map(|(&id, &node)| (node, id)).collect();
        params.sort_unstable();
        let mut all: Vec<Recorded> = Vec::with_capacity(inner.nodes.len());
        for (id, node) in inner.nodes.iter().enumerate() {
            let ty = inner.ty(node);
            let inputs: Vec<usize> = inner.inputs(node).iter().map(|&input| input as usize).collect();
            let lifts = matches!(node.kind(), Kind::Leaf(Leaf::Param));
            let found = params.binary_search_by_key(&(id as u32), |(node, _)| *node);
            let op = inner.name(node).to_string();
            let shapes: Vec<Shape> = inputs.iter().map(|&input| all[input].shape).collect();
            all.push(Recorded {
                multiply_adds: multiply_adds(&op, &shapes, &ty.shape),
                op,
                inputs,
                shape: ty.shape,
                dtype: ty.dtype,
                param: found.ok().filter(|_| lifts).map(|at| params[at].1),
                computed: !node.is_leaf(),
                line: node.line,
            });
        }
        all
    }
}

/// Of the operations that add up products, by their names.
fn multiply_adds(op: &str, x: &[Shape], y: &Shape) -> usize {
    // A kernel is [to, from, …]; each element of an output takes one row of it.
    let row = |kernel: &Shape| kernel.elements() / kernel[0].max(1);
    match op {
        "matmul" | "linear" => y.elements() * x[0].last().copied().unwrap_or(1),
        "conv" => y.elements() * row(&x[1]),
        "conv_input" => x[1].elements() * row(&x[0]),
        "conv_weight" => x[1].elements() * row(y),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Param;
    use crate::ops::ConvOptions;
    use gradus_tensor::Tensor;

    #[test]
    fn products_are_counted() {
        let tape = Tape::new();
        let (x, kernel) = (Tensor::ones([2, 4, 8, 8]), Tensor::ones([6, 2, 3, 3]));
        let options = ConvOptions { groups: 2, padding: 1.into(), ..ConvOptions::default() };
        let x = tape.var(x);
        let y = x.conv(&kernel, None, &options);
        let counts = |op: &str| {
            tape.recorded().iter().filter(|node| node.op == op).map(|node| node.multiply_adds).sum::<usize>()
        };
        assert_eq!(counts("conv"), 2 * 6 * 8 * 8 * 2 * 9);
        // Both slopes take as many.
        let w = tape.var(kernel);
        let g = x.conv(w, None, &options).sum().grads(&[x, w]);
        assert_eq!(
            (counts("conv_input"), counts("conv_weight")),
            (2 * 6 * 8 * 8 * 2 * 9, 2 * 6 * 8 * 8 * 2 * 9)
        );
        let _ = (y, g);
        let (a, b) = (tape.constant(Tensor::ones([5, 2, 3])), tape.constant(Tensor::ones([3, 4])));
        a.matmul(b);
        assert_eq!(counts("matmul"), 5 * 2 * 3 * 4);
    }

    #[test]
    fn parameters_are_known() {
        let w = Param::new(Tensor::ones([2, 3]));
        let tape = Tape::new();
        tape.constant(Tensor::ones([7, 3])).linear(tape.param(&w), None::<crate::Var<'_>>);
        let nodes = tape.recorded();
        assert_eq!(nodes.iter().filter_map(|node| node.param).collect::<Vec<_>>(), [w.id()]);
        let linear = nodes.last().unwrap();
        assert!(linear.computed && linear.multiply_adds == 7 * 2 * 3 && linear.line.file() == file!());
    }
}
