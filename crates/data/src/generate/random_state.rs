//! NumPy's legacy generator, for the same numbers as scikit-learn's for the same seed.

/// The Mersenne Twister MT19937 with the draws of `numpy.random.RandomState`.
///
/// ```
/// use gradus_data::generate::RandomState;
/// let mut random = RandomState::new(0);
/// assert_eq!(random.uniform(), 0.5488135039273248);          // np.random.RandomState(0).uniform()
/// assert_eq!(RandomState::new(0).normal(), 1.764052345967664);
/// assert_eq!(RandomState::new(1).permutation(5), [2, 1, 4, 0, 3]);
/// ```
///
/// # Source
/// Matsumoto and Nishimura 1998; NumPy's `legacy-distributions.c`, whose stream is frozen.
#[derive(Debug, Clone)]
pub struct RandomState {
    key: [u32; N],
    place: usize,
    /// The second of two normal numbers that are drawn together.
    spare: Option<f64>,
}

const N: usize = 624;

impl RandomState {
    /// The generator for a seed.
    ///
    /// # Panics
    /// If the seed is not below `$2^{32}$`: NumPy takes no others.
    #[track_caller]
    pub fn new(seed: u64) -> Self {
        let Ok(seed) = u32::try_from(seed) else {
            panic!("RandomState: the seed {seed} is not below 2^32; NumPy's generator takes no others")
        };
        let mut key = [seed; N];
        for i in 1..N {
            let before = key[i - 1] ^ (key[i - 1] >> 30);
            key[i] = before.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { key, place: N, spare: None }
    }

    fn turn(&mut self) {
        for i in 0..N {
            let y = (self.key[i] & 0x8000_0000) | (self.key[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.key[i] = self.key[(i + 397) % N] ^ (y >> 1) ^ odd;
        }
        self.place = 0;
    }

    fn word(&mut self) -> u32 {
        if self.place == N {
            self.turn();
        }
        let mut y = self.key[self.place];
        self.place += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Uniform in `$[0, 1)$`, with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        let (a, b) = (self.word() >> 5, self.word() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// Standard normal, by the polar method.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = a * a + b * b;
            if square < 1.0 && square != 0.0 {
                let f = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(f * a);
                return f * b;
            }
        }
    }

    /// An integer of `0 ..= most`, by rejection.
    pub fn integer(&mut self, most: u32) -> u32 {
        if most == 0 {
            return 0;
        }
        let mask = u32::MAX >> most.leading_zeros();
        loop {
            let value = self.word() & mask;
            if value <= most {
                return value;
            }
        }
    }

    /// Brings a list into a random order.
    ///
    /// # Panics
    /// If it has more than `$2^{32}$` items.
    #[track_caller]
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let most =
                u32::try_from(i).unwrap_or_else(|_| panic!("shuffle: {} items are too many", items.len()));
            items.swap(i, self.integer(most) as usize);
        }
    }

    /// The numbers `0 .. n` in a random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }
}
