//! Convolutions in f32 without columns: each is a product whose left operand is gathered from a padded sample
//! ([`gathered`]), with the channels of the result in the lanes of the vectors. Products come out as `[places, channels]` and
//! are turned.

use super::planes::{Planes, is_near};
use super::sample::Sizes;
use super::window::Window;
use crate::kernel::Real;
use crate::kernel::gathered::{Start, gathered, serves};
use crate::kernel::pool::Buffer;
use crate::kernel::transpose::transpose;

/// Numbers of f32, if the type is that.
pub(super) fn single<T: Real>(x: &[T]) -> Option<&[f32]> {
    (size_of::<T>() == size_of::<f32>()).then(|| bytemuck::cast_slice(x))
}

/// See [`single`].
pub(super) fn single_mut<T: Real>(x: &mut [T]) -> Option<&mut [f32]> {
    (size_of::<T>() == size_of::<f32>()).then(|| bytemuck::cast_slice_mut(x))
}

fn room(buffer: &mut Buffer, elements: usize) -> &mut [f32] {
    &mut buffer.get_mut::<f32>().expect("one owner")[..elements]
}

/// What the outputs and the slope in the weight need of a window: where each window begins in a padded sample, and where its
/// elements lie behind that.
pub(super) struct Direct {
    planes: Planes,
    windows: Vec<usize>,
    elements: Vec<usize>,
}

impl Direct {
    /// Where the channels of a group fill vectors.
    pub(super) fn new(w: &Window, s: &Sizes) -> Option<Self> {
        if !serves(s.cout) || w.is_pointwise() {
            return None;
        }
        // The strides stand in the windows' places: the sample is padded as it lies.
        let planes = Planes::of(&Window { stride: [1; 3], ..*w })?;
        let channels = (0..s.cin).map(|c| c * planes.channel);
        let elements = channels.flat_map(|start| planes.taps.iter().map(move |tap| start + tap)).collect();
        Some(Self { windows: planes.windows(w.output(), w.stride), elements, planes })
    }

    /// The weights of all groups, `[groups, cin · taps, cout]`.
    pub(super) fn packed(&self, weight: &[f32], s: &Sizes) -> Vec<f32> {
        let (k, mut packed) = (self.elements.len(), vec![0.0; weight.len()]);
        let size = (k * s.cout).max(1);
        for (from, to) in weight.chunks(size).zip(packed.chunks_mut(size)) {
            transpose(from, k, s.cout, k, to);
        }
        packed
    }

    fn padded<'a>(&self, x: &[f32], s: &Sizes, buffer: &'a mut Buffer) -> &'a [f32] {
        let padded = room(buffer, s.cin * self.planes.channel);
        self.planes.pad(x, padded);
        padded
    }

    /// The outputs of one sample.
    pub(super) fn outputs(&self, x: &[f32], packed: &[f32], bias: Option<&[f32]>, s: &Sizes, y: &mut [f32]) {
        let (k, size) = (self.elements.len(), s.cout * s.places);
        let mut padded = Buffer::new::<f32>(s.cin * self.planes.channel);
        let mut turned = Buffer::new::<f32>(size);
        for (g, y) in y.chunks_exact_mut(size).enumerate() {
            let x = self.padded(&x[g * s.cin * s.plane..][..s.cin * s.plane], s, &mut padded);
            let weights = &packed[g * k * s.cout..][..k * s.cout];
            let start = bias.map_or(Start::Zero, |bias| Start::Row(&bias[g * s.cout..][..s.cout]));
            let turned = room(&mut turned, size);
            gathered(x, &self.windows, &self.elements, weights, s.cout, start, turned);
            transpose(turned, s.cout, s.places, s.cout, y);
        }
    }

    /// Adds the slope in the weight that one sample has, to `[groups, cin · taps, cout]`.
    pub(super) fn weight(&self, x: &[f32], g: &[f32], s: &Sizes, sum: &mut [f32]) {
        let size = s.cout * s.places;
        let mut padded = Buffer::new::<f32>(s.cin * self.planes.channel);
        let mut turned = Buffer::new::<f32>(size);
        let groups = x.chunks_exact(s.cin * s.plane).zip(g.chunks_exact(size));
        for ((x, g), sum) in groups.zip(sum.chunks_exact_mut(self.elements.len() * s.cout)) {
            let (x, turned) = (self.padded(x, s, &mut padded), room(&mut turned, size));
            transpose(g, s.places, s.cout, s.places, turned);
            gathered(x, &self.elements, &self.windows, turned, s.cout, Start::Result, sum);
        }
    }

    /// A sum of [`Self::weight`] in the weight's own order.
    pub(super) fn turned_back(&self, sum: &[f32], s: &Sizes, weight: &mut [f32]) {
        let size = self.elements.len() * s.cout;
        for (sum, weight) in sum.chunks_exact(size).zip(weight.chunks_exact_mut(size)) {
            transpose(sum, s.cout, self.elements.len(), s.cout, weight);
        }
    }
}

/// The places of an input that one phase of the strides holds, and the taps that reach them.
struct Phase {
    /// In the input's plane.
    places: Vec<usize>,
    /// In a padded plane of the outputs' gradient.
    windows: Vec<usize>,
    /// Behind that, for all channels.
    elements: Vec<usize>,
    taps: Vec<usize>,
}

/// The slope in the input: a convolution of the outputs' gradient, among zeros, for each phase of the strides.
pub(super) struct DirectInput {
    out: [usize; 3],
    /// Zeros in front of the gradient, and its size with zeros.
    margin: [usize; 3],
    sizes: [usize; 3],
    phases: Vec<Phase>,
}

/// The places of a box, in order.
fn places(sizes: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    let [d, h, w] = sizes;
    (0..d).flat_map(move |i| (0..h).flat_map(move |j| (0..w).map(move |k| [i, j, k])))
}

fn at([d, h, w]: [usize; 3], sizes: [usize; 3]) -> usize {
    (d * sizes[1] + h) * sizes[2] + w
}

impl DirectInput {
    /// Where the channels of a group fill vectors.
    pub(super) fn new(w: &Window, s: &Sizes) -> Option<Self> {
        if !serves(s.cin) || w.is_pointwise() || s.places == 0 || s.taps == 0 || s.cout == 0 {
            return None;
        }
        // Of strides that are longer than the kernel most phases have no tap: there are as many as the strides multiply to.
        let phases = w.stride.iter().try_fold(1usize, |size, &n| size.checked_mul(n))?;
        if phases > s.taps.max(64) {
            return None;
        }
        let margin: [usize; 3] = std::array::from_fn(|a| (w.kernel[a] - 1) * w.dilation[a] / w.stride[a]);
        let sizes: [usize; 3] =
            std::array::from_fn(|a| margin[a] + (w.input[a] + 2 * w.padding[a]).div_ceil(w.stride[a]));
        let plane = sizes.iter().try_fold(1usize, |size, &n| size.checked_mul(n))?;
        if !is_near(plane, s.plane + s.places) {
            return None;
        }
        let phases = places(w.stride).map(|rest| Phase::new(w, s, rest, margin, sizes)).collect();
        Some(Self { out: w.output(), margin, sizes, phases })
    }

    /// The weights of each group and phase, `[cout · taps, cin]` one behind the other.
    pub(super) fn packed(&self, weight: &[f32], s: &Sizes) -> Vec<f32> {
        let mut packed = Vec::with_capacity(weight.len());
        for group in weight.chunks_exact(s.cout * s.cin * s.taps) {
            for phase in &self.phases {
                for kernel in group.chunks_exact(s.cin * s.taps) {
                    let rows = phase.taps.iter().flat_map(|tap| kernel[*tap..].iter().step_by(s.taps));
                    packed.extend(rows);
                }
            }
        }
        packed
    }

    /// The slope in one sample.
    pub(super) fn input(&self, packed: &[f32], g: &[f32], s: &Sizes, x: &mut [f32]) {
        let plane: usize = self.sizes.iter().product();
        let (mut among, mut product) =
            (Buffer::new::<f32>(s.cout * plane), Buffer::new::<f32>(s.cin * s.plane));
        let mut turned = Buffer::new::<f32>(if self.phases.len() > 1 { s.cin * s.plane } else { 0 });
        let groups = g.chunks_exact(s.cout * s.places).zip(x.chunks_exact_mut(s.cin * s.plane));
        let mut packed = packed;
        for (g, x) in groups {
            let among = room(&mut among, s.cout * plane);
            self.spread(g, among);
            for phase in &self.phases {
                let (weights, rest) = packed.split_at(phase.elements.len() * s.cin);
                packed = rest;
                let n = phase.places.len();
                let product = room(&mut product, n * s.cin);
                gathered(among, &phase.windows, &phase.elements, weights, s.cin, Start::Zero, product);
                if self.phases.len() == 1 {
                    transpose(product, s.cin, n, s.cin, x);
                    continue;
                }
                let turned = room(&mut turned, n * s.cin);
                transpose(product, s.cin, n, s.cin, turned);
                for (x, turned) in x.chunks_exact_mut(s.plane).zip(turned.chunks_exact(n.max(1))) {
                    phase.places.iter().zip(turned).for_each(|(&place, &y)| x[place] = y);
                }
            }
        }
    }

    /// Puts a gradient among zeros.
    fn spread(&self, g: &[f32], among: &mut [f32]) {
        among.fill(0.0);
        let (of_g, of_plane): (usize, usize) = (self.out.iter().product(), self.sizes.iter().product());
        for (g, among) in g.chunks_exact(of_g).zip(among.chunks_exact_mut(of_plane)) {
            for (row, [d, h, _]) in g.chunks_exact(self.out[2]).zip(places([self.out[0], self.out[1], 1])) {
                let [md, mh, mw] = self.margin;
                let to = at([d + md, h + mh, mw], self.sizes);
                super::window::copy_short(row, &mut among[to..][..row.len()]);
            }
        }
    }
}

impl Phase {
    fn new(w: &Window, s: &Sizes, rest: [usize; 3], margin: [usize; 3], sizes: [usize; 3]) -> Self {
        let own = |place: [usize; 3]| (0..3).all(|a| place[a] % w.stride[a] == rest[a]);
        let mut phase = Self { places: vec![], windows: vec![], elements: vec![], taps: vec![] };
        for place in places(w.input) {
            let padded: [usize; 3] = std::array::from_fn(|a| place[a] + w.padding[a]);
            if own(padded) {
                phase.places.push(at(place, w.input));
                phase.windows.push(at(std::array::from_fn(|a| padded[a] / w.stride[a]), sizes));
            }
        }
        let mut reach = vec![];
        for (i, tap) in places(w.kernel).enumerate() {
            let tap: [usize; 3] = std::array::from_fn(|a| tap[a] * w.dilation[a]);
            if own(tap) {
                phase.taps.push(i);
                reach.push(at(std::array::from_fn(|a| margin[a] - tap[a] / w.stride[a]), sizes));
            }
        }
        let plane: usize = sizes.iter().product();
        phase.elements = (0..s.cout).flat_map(|o| reach.iter().map(move |tap| o * plane + tap)).collect();
        phase
    }
}
