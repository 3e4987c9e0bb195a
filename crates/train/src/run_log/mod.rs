//! What a training says about itself, in files that others read.

mod event;
mod jsonl;
mod png;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use gradus_tensor::Tensor;
use gradus_tensor::io::{create_folder, sync_folder};

use crate::error::{Error, io, lock};

/// The files of a log in its folder.
pub const JSONL: &str = "log.jsonl";
/// TensorBoard finds its files by the word `tfevents` in their names.
pub const EVENTS: &str = "events.out.tfevents.0.gradus";

/// A log in two files of one folder: `log.jsonl`, a JSON object a line, and an event file that TensorBoard reads
/// (`tensorboard --logdir FOLDER`).
///
/// ```
/// use gradus_tensor::Tensor;
/// use gradus_train::RunLog;
///
/// let folder = std::env::temp_dir().join(format!("gradus-log-doc-{}", std::process::id()));
/// let mut log = RunLog::create(&folder)?.without_time();
/// log.scalars(0, &[("loss", 2.5), ("lr", 0.001)])?;
/// log.scalars(1, &[("loss", f64::INFINITY)])?;
/// log.histogram(1, "weight", &Tensor::from([0.0f32, 0.5, 1.0]))?;
/// log.flush()?;
/// let text = std::fs::read_to_string(folder.join("log.jsonl")).unwrap();
/// assert_eq!(text.lines().next(), Some("{\"step\":0,\"loss\":2.5,\"lr\":0.001}"));
/// assert_eq!(text.lines().nth(1), Some("{\"step\":1,\"loss\":\"Infinity\"}"));
///
/// // A training that goes on after step 0 has no line twice.
/// drop(log);
/// RunLog::resume(&folder, 1)?;
/// assert_eq!(std::fs::read_to_string(folder.join("log.jsonl")).unwrap().lines().count(), 1);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), gradus_train::Error>(())
/// ```
///
/// Each entry has the time at which it was written, as its last field `time` (seconds since 1970), unless
/// [`Self::without_time`] leaves it out: then equal trainings have equal logs, byte for byte. JSON has no numbers for NaN and
/// infinities: they are the texts `"NaN"`, `"Infinity"`, `"-Infinity"`.
#[derive(Debug)]
pub struct RunLog {
    lines: Output,
    events: Output,
    time: bool,
}

/// A file that is written at its end.
#[derive(Debug)]
struct Output {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Output {
    fn open(path: PathBuf, length: u64) -> Result<Self, Error> {
        let file = OpenOptions::new().append(true).create(true).open(&path).map_err(io(&path))?;
        // Before anything is cut: another one's lines are not ours.
        lock(&file, &path)?;
        file.set_len(length).map_err(io(&path))?;
        Ok(Self { file: BufWriter::new(file), path })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(io(&self.path))
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.file.flush().and_then(|()| self.file.get_ref().sync_data()).map_err(io(&self.path))
    }
}

/// How often values fall between limits, as TensorBoard's histograms have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The smallest and the largest finite value.
    pub range: [f64; 2],
    /// The number of finite values, their sum, and the sum of their squares.
    pub moments: [f64; 3],
    /// The upper limits of the buckets.
    pub limits: Vec<f64>,
    /// The number of values in each.
    pub counts: Vec<f64>,
}

impl Histogram {
    /// Thirty buckets of one width between the smallest and the largest value. Values that are no finite numbers are left out.
    pub fn of(values: &Tensor) -> Self {
        const BUCKETS: usize = 30;
        let values: Vec<f64> = values.to_f64_vec().into_iter().filter(|x| x.is_finite()).collect();
        let (low, high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
        let moments = [values.len() as f64, values.iter().sum(), values.iter().map(|x| x * x).sum()];
        if values.is_empty() {
            return Self { range: [0.0; 2], moments, limits: Vec::new(), counts: Vec::new() };
        }
        let width = (high / BUCKETS as f64 - low / BUCKETS as f64).max(f64::MIN_POSITIVE);
        let limits =
            (1..=BUCKETS).map(|i| if i == BUCKETS { high } else { low + width * i as f64 }).collect();
        let mut counts = vec![0.0; BUCKETS];
        for x in &values {
            counts[(((x - low) / width) as usize).min(BUCKETS - 1)] += 1.0;
        }
        Self { range: [low, high], moments, limits, counts }
    }
}

impl RunLog {
    /// A new log. A log that is there is replaced.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder or a file cannot be made, [`Error::Busy`] if another log is written there.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        create_folder(folder).map_err(io(folder))?;
        Self::open(folder, [0, 0])
    }

    /// Goes on with a log after `steps` steps: what it says of steps from `steps` on is cut, and so is what was being written when
    /// the process ended. A log that is not there is begun.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read or written, [`Error::Log`] if one is no log, [`Error::Busy`] if another log is written there.
    pub fn resume(folder: impl AsRef<Path>, steps: u64) -> Result<Self, Error> {
        let folder = folder.as_ref();
        create_folder(folder).map_err(io(folder))?;
        let read = |name: &str| {
            let path = folder.join(name);
            let mut bytes = Vec::new();
            let file = gradus_tensor::io::open_regular(&path);
            match file.and_then(|mut file| std::io::Read::read_to_end(&mut file, &mut bytes)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
                other => other.map(|_| bytes).map_err(io(&path)),
            }
        };
        let wrong = |name: &str| {
            let path = folder.join(name);
            move |(line, reason)| Error::Log { path, line, reason }
        };
        let lines = jsonl::kept(&read(JSONL)?, steps).map_err(wrong(JSONL))?;
        let events = event::kept(&read(EVENTS)?, steps).map_err(wrong(EVENTS))?;
        Self::open(folder, [lines, events])
    }

    fn open(folder: &Path, [lines, events]: [u64; 2]) -> Result<Self, Error> {
        let mut log = Self {
            lines: Output::open(folder.join(JSONL), lines)?,
            events: Output::open(folder.join(EVENTS), events)?,
            time: true,
        };
        sync_folder(folder).map_err(io(folder))?;
        if events == 0 {
            // TensorBoard wants the version before anything else; it has no time, so that it is always the same.
            log.events.write(&event::version())?;
        }
        Ok(log)
    }

    /// Leaves the time out of the entries that follow.
    pub fn without_time(mut self) -> Self {
        self.time = false;
        self
    }

    fn now(&self) -> Option<f64> {
        let since = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        self.time.then(since)
    }

    /// Numbers of one step: a line, and a scalar each.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    pub fn scalars(&mut self, step: u64, values: &[(&str, f64)]) -> Result<(), Error> {
        let now = self.now();
        self.lines.write(jsonl::scalars(step, values, now).as_bytes())?;
        self.events.write(&event::scalars(step, values, now))
    }

    /// The values of a tensor as a histogram of thirty buckets.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    pub fn histogram(&mut self, step: u64, name: &str, values: &Tensor) -> Result<(), Error> {
        let (histogram, now) = (Histogram::of(values), self.now());
        self.lines.write(jsonl::histogram(step, name, &histogram, now).as_bytes())?;
        self.events.write(&event::histogram(step, name, &histogram, now))
    }

    /// An image: `[height, width]`, `[1, height, width]` in grey or `[3, height, width]` in red, green and blue, from 0 (dark) to 1.
    /// Its line has the size alone; the pixels are in the event file.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    ///
    /// # Panics
    /// If the shape is another.
    #[track_caller]
    pub fn image(&mut self, step: u64, name: &str, image: &Tensor) -> Result<(), Error> {
        let picture = png::encode(image);
        let now = self.now();
        self.lines.write(jsonl::image(step, name, picture.size, now).as_bytes())?;
        self.events.write(&event::image(step, name, &picture, now))
    }

    /// Hands everything to the disk. A checkpoint is saved after this, so that a log is never behind it.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.lines.sync()?;
        self.events.sync()
    }
}
