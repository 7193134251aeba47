//! The words that a person typed. They are never lost: what is not saved is printed again.

use std::io::Read as _;

use crate::cli::Act;
use crate::failure::Failure;

/// Reads the standard input into the one text that was given as `-`.
pub(crate) fn read_input(act: &mut dyn Act) -> Result<(), Failure> {
    let mut asked = act.typed().into_iter().filter(|word| *word == "-");
    let Some(word) = asked.next() else { return Ok(()) };
    if asked.next().is_some() {
        return Err(Failure::unclear("only one text can come from the input"));
    }
    *word = read()?;
    Ok(())
}

/// All that was typed.
pub(crate) fn all(act: &mut dyn Act) -> Vec<String> {
    act.typed().into_iter().filter(|word| !word.is_empty()).map(|word| word.clone()).collect()
}

/// The standard input without its last line's end.
fn read() -> Result<String, Failure> {
    let bytes = bytes()?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let words = String::from_utf8_lossy(error.as_bytes()).into_owned();
        Failure::unclear(format!("the input is not UTF-8.\nNot saved:\n{words}"))
    })?;
    Ok(without_end(text))
}

/// A password from the standard input: unlike words, it is never printed again.
pub(crate) fn read_password() -> Result<String, Failure> {
    let text = String::from_utf8(bytes()?);
    let text = text.map_err(|_| Failure::unclear("the password is not UTF-8".to_owned()))?;
    Ok(without_end(text))
}

fn bytes() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::unclear(format!("the input cannot be read: {error}")))?;
    Ok(bytes)
}

fn without_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}
