//! The parameters of a model in the order of their buckets.

use std::collections::HashMap;

use gradus_autograd::{ParamId, Params};
use gradus_tensor::{DType, Shape, Tensor};

use crate::options::ParallelOptions;

/// What is known of a parameter or a buffer.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: ParamId,
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) dtype: DType,
}

/// The trainable parameters and the buffers of a model.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) params: Vec<Entry>,
    pub(crate) buffers: Vec<Entry>,
    pub(crate) places: HashMap<ParamId, usize>,
    /// Parameters that are sent together, in the order of sending.
    pub(crate) buckets: Vec<Vec<usize>>,
    /// The bucket of each parameter.
    pub(crate) bucket_of: Vec<usize>,
    /// Whether the order is the one in which gradients are finished.
    pub(crate) observed: bool,
}

impl Layout {
    pub(crate) fn of(model: &(impl Params + ?Sized), options: &ParallelOptions) -> Self {
        let (mut params, mut buffers) = (Vec::new(), Vec::new());
        for (name, param) in model.params() {
            let (shape, dtype) = (*param.shape(), param.value().dtype());
            let entry = Entry { id: param.id(), name, shape, dtype };
            if param.is_trainable() {
                params.push(entry);
            } else if param.is_buffer() {
                buffers.push(entry);
            }
        }
        let places = params.iter().enumerate().map(|(i, entry)| (entry.id, i)).collect();
        let bucket_of = vec![0; params.len()];
        let mut layout = Self { params, buffers, places, buckets: Vec::new(), bucket_of, observed: false };
        // Before anything is known of the order of use: the last layer is first on the way back.
        layout.order((0..layout.params.len()).rev(), options);
        layout
    }

    /// Whether the model still has these parameters.
    pub(crate) fn is_of(&self, model: &(impl Params + ?Sized)) -> bool {
        let (mut known, mut fits) = (self.params.iter(), true);
        model.visit("", &mut |_, param| {
            if param.is_trainable() && fits && !self.is_second_name(known.as_slice(), param.id()) {
                fits = known.next().is_some_and(|entry| entry.id == param.id());
            }
        });
        fits && known.next().is_none()
    }

    fn is_second_name(&self, left: &[Entry], id: ParamId) -> bool {
        self.places.get(&id).is_some_and(|&place| place < self.params.len() - left.len())
    }

    /// Cuts the parameters into buckets, in this order.
    pub(crate) fn order(&mut self, order: impl Iterator<Item = usize>, options: &ParallelOptions) {
        self.buckets.clear();
        let mut room = 0;
        for i in order {
            let entry = &self.params[i];
            let bytes = entry.shape.elements() * entry.dtype.size();
            let last = self.buckets.last().and_then(|bucket| bucket.first());
            if room < bytes || last.is_none_or(|&last| self.params[last].dtype != entry.dtype) {
                room = if self.buckets.is_empty() { options.first_bucket } else { options.bucket };
                self.buckets.push(Vec::new());
            }
            room = room.saturating_sub(bytes);
            self.bucket_of[i] = self.buckets.len() - 1;
            if let Some(bucket) = self.buckets.last_mut() {
                bucket.push(i);
            }
        }
    }

    /// The gradients of a bucket's parameters: views of one piece.
    pub(crate) fn gradients(&self, bucket: usize, whole: &Tensor) -> Vec<(usize, Tensor)> {
        let mut at = 0;
        let bucket = self.buckets[bucket].iter();
        bucket
            .map(|&i| {
                let shape = self.params[i].shape;
                let start = at;
                at += shape.elements();
                (i, whole.narrow(0, start, shape.elements()).reshape(shape))
            })
            .collect()
    }
}
