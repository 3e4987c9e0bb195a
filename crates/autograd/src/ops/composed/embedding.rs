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

fn vector(places: &[i64]) -> Tensor {
    Tensor::from_slice(places, places.len())
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
        check_indices("embedding_bag", &vector(&places), self.shape()[0], "the table's rows");
        if let Some(w) = weights {
            expect::shape("embedding_bag", "the weights", &w.shape(), &[count]);
        }
        // What counts: the places in the table and in the list of all, and the bag of each.
        let kept: Vec<usize> = (0..count).filter(|&i| Some(places[i]) != padding).collect();
        let sizes: Vec<usize> =
            bags.iter().map(|bag| bag.iter().filter(|&&p| Some(p) != padding).count()).collect();
        let of: Vec<i64> = (0i64..).zip(&sizes).flat_map(|(bag, &n)| std::iter::repeat_n(bag, n)).collect();
        let mut rows = self.index_select(0, &vector(&kept.iter().map(|&i| places[i]).collect::<Vec<_>>()));
        if let Some(w) = weights {
            let at: Vec<i64> = kept.iter().map(|&i| i as i64).collect();
            rows *= w.index_select(0, &vector(&at)).unsqueeze(1);
        }
        if how == Bag::Max && !kept.is_empty() {
            return rows.largest_of_runs(&sizes);
        }
        let sum = self.tape().constant(Tensor::zeros_of([bags.len(), width], rows.dtype()));
        let sum = sum.index_add(0, &vector(&of), rows);
        if how != Bag::Mean {
            return sum;
        }
        let sizes: Vec<f64> = sizes.iter().map(|&n| n.max(1) as f64).collect();
        sum / Tensor::from_vec(sizes, [bags.len(), 1]).to(sum.dtype())
    }

    /// The largest of each column in runs of rows of these lengths, the first of several: `[rows, width]` to
    /// `[runs, width]`. An empty run gives 0.
    fn largest_of_runs(self, sizes: &[usize]) -> Self {
        let (values, width) = (self.value(), self.shape()[1]);
        let (mut start, mut places) = (0, Vec::with_capacity(sizes.len() * width));
        for &n in sizes {
            if n == 0 {
                places.extend(std::iter::repeat_n(0, width));
                continue;
            }
            let largest = values.narrow(0, start, n).argmax_axis(0, false);
            places.extend(largest.to_vec::<i64>().into_iter().map(|place| place + start as i64));
            start += n;
        }
        let largest = self.gather(0, &Tensor::from_vec(places, [sizes.len(), width]));
        let empty: Vec<bool> = sizes.iter().map(|&n| n == 0).collect();
        largest.masked_fill(&Tensor::from_vec(empty, [sizes.len(), 1]), 0.0)
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
