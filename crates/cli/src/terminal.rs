//! Somebody at the terminal: what they are asked, and how much room there is.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcgetwinsize, tcsetattr};
use zeroize::Zeroizing;

/// How wide a terminal is that does not say.
const WIDTH: usize = 80;

/// Tells whether somebody can be asked.
pub(crate) fn has_person() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Returns how many characters a line of standard error has, if it is a terminal.
pub(crate) fn width() -> Option<usize> {
    let stderr = io::stderr();
    if !stderr.is_terminal() {
        return None;
    }
    let columns = tcgetwinsize(&stderr).map_or(0, |size| usize::from(size.ws_col));
    Some(if columns == 0 { WIDTH } else { columns })
}

/// Writes to standard error as it is, where questions and progress go.
pub(crate) fn put(text: &str) {
    let mut stderr = io::stderr().lock();
    // Nobody is left to hear of it.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Asks for a line.
pub(crate) fn ask(question: &str) -> anyhow::Result<String> {
    put(&format!("{question}: "));
    Ok(line()?.trim().to_owned())
}

/// Asks for a line that nobody else should see.
pub(crate) fn ask_hidden(question: &str) -> anyhow::Result<Zeroizing<String>> {
    let stdin = io::stdin();
    let usual = tcgetattr(&stdin).context("the terminal cannot be asked to hide what is typed")?;
    let mut hidden = usual.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    hidden.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)
        .context("the terminal does not hide what is typed")?;
    put(&format!("{question}: "));
    let answer = line();
    tcsetattr(&stdin, OptionalActions::Now, &usual)
        .context("the terminal does not show again what is typed")?;
    answer
}

fn line() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    if io::stdin().lock().read_line(&mut line).context("standard input")? == 0 {
        bail!("nothing was entered");
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}
