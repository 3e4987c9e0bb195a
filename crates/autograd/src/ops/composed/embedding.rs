//! Rows of a table by number, and sums of bags of them.

use gradus_tensor::{Tensor, check_indices};

use crate::ops::expect;
use crate::var::Var;

/// How the rows of a bag become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bag {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// The largest of each column, the first of several.
    Max,
}

/// # Tables of vectors
impl<'t> Var<'t> {
    /// `$y_i = w_{\mathrm{index}_i}$`: rows of a table `[rows, width]` at places of any shape `[…]`, as
    /// `[…, width]`. No gradient flows to row `padding`.
    ///
    /// # Panics
    /// If a place or `padding` is out of range, or the places are not I64.
    #[track_caller]
    pub fn embedding(self, index: &Tensor, padding: Option<i64>) -> Self {
        let shape = self.shape();
        self.check_table("embedding", padding);
        check_indices("embedding", index, shape[0], "the table's rows");
        index.shape().check_room("embedding", 1);
        let flat = index.flatten();
        let picked = self.index_select(0, &flat);
        let picked = match padding {
            Some(p) => picked.detach().where_(&flat.eq(p as f64).unsqueeze(1), picked),
            None => picked,
        };
        let mut sizes = index.shape().to_vec();
        sizes.push(shape[1]);
        picked.reshape(sizes)
    }

    /// One row for each bag of places in a table `[rows, width]`, as `[bags, width]`: the mean, the sum or the
    /// largest of the rows, as `how` says. Places of row `padding` do not count; weights, one for each place,
    /// in order, multiply the rows. An empty bag gives 0.
    ///
    /// # Panics
    /// If a place or `padding` is out of range, or there is not one weight for each place.
    #[track_caller]
    pub fn embedding_bag(
        self,
        bags: &[Vec<i64>],
        how: Bag,
        weights: Option<Self>,
        padding: Option<i64>,
    ) -> Self {
        self.check_table("embedding_bag", padding);
        self.check_more("embedding_bag", [weights]);
        let width = self.shape()[1];
        let places = bags.concat();
        let count = places.len();
        check_indices("embedding_bag", &Tensor::from_vec(places, count), self.shape()[0], "the table's rows");
        if let Some(w) = weights {
            expect::shape("embedding_bag", "the weights", &w.shape(), &[count]);
        }
        let mut start = 0;
        let mut rows = Vec::with_capacity(bags.len());
        for bag in bags {
            let kept: Vec<usize> = (0..bag.len()).filter(|&i| Some(bag[i]) != padding).collect();
            let places: Vec<i64> = kept.iter().map(|&i| bag[i]).collect();
            let n = places.len();
            let picked = self.index_select(0, &Tensor::from_vec(places, n));
            let row = if n == 0 {
                self.tape().constant(Tensor::zeros_of(width, self.dtype()))
            } else if how == Bag::Max {
                picked.max_with_place(0).0.squeeze_axis(0)
            } else {
                let at: Vec<i64> = kept.iter().map(|&i| (start + i) as i64).collect();
                let weighted = weights
                    .map_or(picked, |w| picked * w.index_select(0, &Tensor::from_vec(at, n)).unsqueeze(1));
                let sum = weighted.sum_axes(0);
                if how == Bag::Mean { sum / n as f64 } else { sum }
            };
            rows.push(row);
            start += bag.len();
        }
        if rows.is_empty() {
            return self.narrow(0, 0, 0);
        }
        Self::stack(&rows, 0)
    }

    /// Panics unless this is a table of which `padding` is a row.
    #[track_caller]
    fn check_table(self, op: &str, padding: Option<i64>) {
        let shape = self.shape();
        expect::rank(op, "the table", &shape, 2, "[rows, width]");
        if let Some(row) = padding {
            assert!((0..shape[0] as i64).contains(&row), "{op}: padding is row {row} of {} rows", shape[0]);
        }
    }
}
