//! What the parser of arguments refuses, in one line: what is wrong, the names that are right, and an example, which is one of those
//! that the help of the command has.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};
use gradus::tensor::names::{alike, instead};

use crate::failure::Failure;

/// What others call an option, which has another name here.
const MEANT: [(&str, &[&str]); 15] = [
    ("--condition", &["--kappa", "--condition-number"]),
    ("--lambda", &["--curvature", "--eigenvalue"]),
    ("--beta", &["--momentum", "--gamma", "--mu"]),
    ("--lr", &["--eta", "--rate", "--learning-rate", "--alpha", "--step-size"]),
    ("--from", &["--min", "--min-lr", "--low", "--start", "--lr"]),
    ("--to", &["--max", "--max-lr", "--high", "--end"]),
    ("--start", &["--from", "--x0", "--begin"]),
    ("--steps", &["--epochs", "--iterations", "--iters", "--step"]),
    ("--epochs", &["--steps", "--iterations"]),
    ("--surface", &["--function", "--expression", "--f"]),
    ("--noise", &["--sigma", "--std", "--deviation"]),
    ("--svg", &["--out", "--output", "--plot", "--picture", "--png", "--file", "--curve"]),
    ("--curve", &["--svg", "--plot", "--picture"]),
    ("--step", &["--eps", "--epsilon", "--h"]),
    ("--progress", &["--file", "--out"]),
];

/// The examples of a command's help, each a line that can be run, without what is said of it.
pub(crate) fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().map(str::trim).filter(|line| line.starts_with("gradus "));
    // Two blanks stand before what an example does.
    lines.filter_map(|line| line.split("  ").next()).map(str::to_string).collect()
}

/// What is wrong, then what is right; `words` are the arguments of the process, the first of which may name a command.
pub(crate) fn one_line(error: &clap::Error, all: &Command, words: &[String]) -> String {
    let of = words.first().and_then(|word| all.find_subcommand(word));
    let command = of.unwrap_or(all);
    // The standard library's words for a number that is none, or below 0.
    let text =
        error.to_string().replace("invalid digit found in string", "a whole number from 0 on is wanted");
    let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut parts = vec![plain(message)];
    let wrong = named(error, ContextKind::InvalidArg).into_iter().next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => parts.extend(option_instead(error, command, &wrong)),
        ErrorKind::InvalidSubcommand => {
            let near = named(error, ContextKind::SuggestedSubcommand);
            let near = near.into_iter().next().map(|near| format!("a similar subcommand exists: '{near}'"));
            parts.push(near.unwrap_or_else(|| "`gradus --help` lists the commands".to_string()));
        }
        ErrorKind::InvalidValue => parts.extend(value_instead(error, command, &wrong)),
        ErrorKind::MissingRequiredArgument => {
            let usage = rest.lines().filter_map(|line| line.trim_start().strip_prefix("Usage: "));
            parts.extend(usage.map(|usage| format!("usage: {}", plain(usage))));
            parts.extend(example(command, &parts[0], &text));
        }
        ErrorKind::ArgumentConflict => parts.extend(example(command, &parts[0], &text)),
        _ => {}
    }
    parts.join("; ")
}

/// In one line, with single blanks.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an error says of a kind.
fn named(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(all)) => all.clone(),
        _ => Vec::new(),
    }
}

/// `--svg` and all other options of a command.
fn options(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|option| option.get_long()).map(|name| format!("--{name}")).collect()
}

/// An option that there is not: what it is called here, or those there are.
fn option_instead(error: &clap::Error, command: &Command, wrong: &str) -> Vec<String> {
    let all = options(command);
    let name = wrong.split('=').next().unwrap_or(wrong);
    if all.is_empty() && command.has_subcommands() {
        return option_of_a_command(command, name);
    }
    let called = format!("gradus {}", command.get_name());
    let has = |option: &str| all.iter().any(|known| known == option);
    let here = MEANT.iter().find(|(option, words)| has(option) && words.contains(&name));
    if let Some((option, _)) = here {
        let mut parts = vec![format!("here it is called {option}")];
        parts.extend(example(command, option, option));
        return parts;
    }
    if !name.starts_with('-') {
        let mut parts = vec!["a value stands behind its option".to_string()];
        parts.extend(example(command, "", ""));
        return parts;
    }
    let near = named(error, ContextKind::SuggestedArg).into_iter().find(|near| meant(name, near));
    let mut parts = match &near {
        Some(near) => vec![format!("a similar argument exists: '{near}'")],
        None => vec![
            instead(name, all.iter().map(String::as_str)),
            format!("`{called} --help` lists the options"),
        ],
    };
    parts.extend(example(command, near.as_deref().unwrap_or_default(), ""));
    parts
}

/// An option in the place of a command: the commands that have it.
fn option_of_a_command(all: &Command, name: &str) -> Vec<String> {
    let having: Vec<&Command> = all
        .get_subcommands()
        .filter(|command| options(command).iter().any(|option| option == name))
        .collect();
    let Some(first) = having.first() else {
        return vec!["`gradus --help` lists the commands, `gradus COMMAND --help` their options".to_string()];
    };
    let names: Vec<String> =
        having.iter().map(|command| format!("`gradus {}`", command.get_name())).collect();
    let mut parts = vec![format!("{name} is an option of {}", names.join(", "))];
    parts.extend(example(first, name, name));
    parts
}

/// Refuses a word that stands where an expression may stand, which may begin with a minus sign, and looks like an option.
pub(crate) fn check_no_option(command: &str, word: &str) -> Result<(), Failure> {
    let looks = word.strip_prefix("--").is_some_and(|name| {
        name.len() > 1
            && name.starts_with(char::is_alphabetic)
            && name.chars().all(|c| c.is_alphanumeric() || c == '-')
    });
    let all = crate::Arguments::command();
    let Some(command) = all.find_subcommand(command).filter(|_| looks) else { return Ok(()) };
    let names = options(command);
    let (name, near) = (command.get_name(), instead(word, names.iter().map(String::as_str)));
    let mut parts =
        vec![format!("{word} is no option"), near, format!("`gradus {name} --help` lists the options")];
    let meant = names.iter().find(|option| meant(word, option)).map_or("", String::as_str);
    parts.extend(example(command, meant, ""));
    Err(Failure::Value(parts.join("; ")))
}

/// A value that an argument does not take: one that it takes.
fn value_instead(error: &clap::Error, command: &Command, wrong: &str) -> Vec<String> {
    let valid = named(error, ContextKind::ValidValue);
    let given = named(error, ContextKind::InvalidValue).into_iter().next().unwrap_or_default();
    let Some(first) = valid.first() else { return example(command, wrong, wrong).into_iter().collect() };
    let near = named(error, ContextKind::SuggestedValue).into_iter().find(|near| meant(&given, near));
    let option = wrong.split([' ', '=']).next().filter(|word| word.starts_with("--"));
    let value = near.as_ref().unwrap_or(first);
    let written = match option {
        Some(option) => format!("as in {option} {value}"),
        None => format!("as in gradus {} {value}", command.get_name()),
    };
    near.iter().map(|near| format!("a similar value exists: '{near}'")).chain([written]).collect()
}

/// Whether a word is another one, misspelt: few letters differ, and the first is seldom one of them.
fn meant(wrong: &str, right: &str) -> bool {
    let [wrong, right] = [wrong, right].map(|word| word.trim_start_matches('-'));
    wrong.chars().next() == right.chars().next() && alike(wrong, right)
}

/// The example that has most of the options in these texts; of the second text only, if none has one of the first.
fn example(command: &Command, first: &str, second: &str) -> Option<String> {
    let all = examples(command);
    let count = |line: &String, text: &str| {
        let words = line.split_whitespace().filter(|word| word.starts_with("--"));
        let said: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
        words.filter(|word| said.contains(word)).count()
    };
    // The first of those that have equally many.
    let best = all.iter().rev().max_by_key(|line| (count(line, first), count(line, second)))?;
    Some(format!("as in {best}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_begins_right() {
        assert!(
            meant("tranformer", "transformer") && meant("--epoch", "--epochs") && meant("trian", "train")
        );
        assert!(!meant("resnet", "lenet") && !meant("faces", "names") && !meant("gpt", "gru"));
    }
}
