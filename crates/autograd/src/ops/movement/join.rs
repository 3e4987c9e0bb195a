//! Several values as one.

use gradus_tensor::{Tensor, axis_index};
use smallvec::SmallVec;

use crate::op::{Backward, Form, Op};
use crate::ops::elementwise::operators::{one_tape, widest};
use crate::var::Var;

#[derive(Debug)]
struct Cat(isize);

impl Op for Cat {
    fn name(&self) -> &'static str {
        "cat"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        Tensor::cat(x, self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let mut start = 0;
        for i in 0..step.inputs() {
            let size = step.shape(i)[self.0 as usize];
            if step.needs(i) {
                step.give(i, step.dy().narrow(self.0, start, size));
            }
            start += size;
        }
    }
    fn words(&self) -> &'static str {
        "values side by side: each gets its part of ȳ"
    }
}

/// # Joining
impl Var<'_> {
    /// Several values one behind the other along an axis: `[m, …]` and `[n, …]` to `[m + n, …]` along axis 0.
    /// Mixed element types go to the wider.
    ///
    /// ```
    /// use gradus_autograd::{Tape, Var};
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var(Tensor::from([1.0, 2.0])), tape.var(Tensor::from([3.0])));
    /// assert_eq!(Var::cat(&[a, b], 0).value().to_f64_vec(), [1.0, 2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there are none, or their other sizes differ.
    #[doc(alias = "concatenate")]
    #[doc(alias = "concat")]
    #[track_caller]
    pub fn cat(parts: &[Self], axis: isize) -> Self {
        assert!(!parts.is_empty(), "cat: needs at least one value");
        let axis = axis_index("cat", axis, &parts[0].shape()) as isize;
        let dtype = widest(parts.iter().copied());
        let parts: SmallVec<[Self; 8]> = parts.iter().map(|p| p.to(dtype)).collect();
        parts[0].tape().apply(Cat(axis), &parts)
    }

    /// Several values of one shape along a new axis at place `axis` of the result: k values `[m, n]` to
    /// `[k, m, n]` along axis 0.
    ///
    /// # Panics
    /// If there are none, or their shapes differ.
    #[doc(alias = "vstack")]
    #[doc(alias = "hstack")]
    #[doc(alias = "dstack")]
    #[track_caller]
    pub fn stack(parts: &[Self], axis: isize) -> Self {
        assert!(!parts.is_empty(), "stack: needs at least one value");
        one_tape("stack", parts);
        let first = parts[0].shape();
        first.check_place("stack", axis);
        for (i, part) in parts.iter().enumerate() {
            let shape = part.shape();
            assert!(
                shape == first,
                "stack: value 0 is {first} and value {i} is {shape}: all must have one shape"
            );
        }
        let parts: SmallVec<[Self; 8]> = parts.iter().map(|p| p.unsqueeze(axis)).collect();
        Self::cat(&parts, axis)
    }
}
