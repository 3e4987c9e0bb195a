//! How far a training is: a bar on a terminal, some plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

/// How far something is. On a terminal it is a bar (with the feature `progress`), elsewhere up to `lines` plain lines, so that a file
/// of output stays short.
///
/// ```
/// use gradus_train::Progress;
/// let mut out = Vec::new();
/// let mut progress = Progress::lines(100, 4);
/// for done in 1..=100 {
///     progress.set(done);
///     progress.say(&mut out, &format!("step {done}"))?;
/// }
/// assert_eq!(String::from_utf8(out).unwrap(), "step 25\nstep 50\nstep 75\nstep 100\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Progress {
    total: u64,
    done: u64,
    every: u64,
    said: u64,
    #[cfg(feature = "progress")]
    bar: Option<indicatif::ProgressBar>,
}

/// About as many lines are printed where there is no terminal.
const LINES: u64 = 20;

impl Progress {
    /// For `total` steps: a bar if standard output is a terminal, else about twenty lines.
    pub fn new(total: u64) -> Self {
        let progress = Self::lines(total, LINES);
        if io::stdout().is_terminal() { progress.with_bar() } else { progress }
    }

    /// For `total` steps, in about `lines` plain lines wherever the output goes.
    pub fn lines(total: u64, lines: u64) -> Self {
        Self {
            total,
            done: 0,
            every: (total / lines.max(1)).max(1),
            said: 0,
            #[cfg(feature = "progress")]
            bar: None,
        }
    }

    /// That says nothing.
    pub fn silent(total: u64) -> Self {
        Self { every: u64::MAX, said: u64::MAX, ..Self::lines(total, 1) }
    }

    #[cfg(feature = "progress")]
    fn with_bar(self) -> Self {
        let style = indicatif::ProgressStyle::with_template("{bar:32} {msg} · {elapsed} of about {duration}");
        let style = style.expect("the template is well formed").progress_chars("━╸ ");
        let target = indicatif::ProgressDrawTarget::stdout();
        let bar = indicatif::ProgressBar::with_draw_target(Some(self.total), target).with_style(style);
        Self { bar: Some(bar), ..self }
    }

    #[cfg(not(feature = "progress"))]
    fn with_bar(self) -> Self {
        self
    }

    /// As many steps are done.
    pub fn set(&mut self, done: u64) {
        self.done = done;
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    /// Says how it stands: behind the bar, or as a line if one is due.
    ///
    /// # Errors
    /// If the line cannot be written.
    pub fn say(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_string());
            return Ok(());
        }
        let due = self.done / self.every > self.said || (self.done >= self.total && self.said != u64::MAX);
        if !due {
            return Ok(());
        }
        self.said = if self.done >= self.total { u64::MAX } else { self.done / self.every };
        writeln!(out, "{text}")
    }

    /// Leaves the bar as it is.
    pub fn finish(&self) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
