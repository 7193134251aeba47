//! How texts go over from Kotlin. A text there may hold half a surrogate pair, and the generator's code then
//! throws what is no error of the library's.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the generator's code turns any text into what goes over, and the same with the hand-written
/// layer's mending of it.
const AS_TYPED: &str = "encode(CharBuffer.wrap(value))";
const WELL_FORMED: &str = "encode(CharBuffer.wrap(caseweave.wellFormed(value)))";

/// Lets every text go over well-formed, in the generated Kotlin below a folder.
///
/// # Errors
/// Files that cannot be read or written. Sources in which texts do not go over in exactly one place: then
/// the generator is another one, and somebody must look.
pub fn well_formed_texts(sources: &Path) -> Result<(), Box<dyn Error>> {
    let mut places = 0;
    for file in kotlin_files(sources)? {
        let (code, found) = mended(&fs::read_to_string(&file)?);
        places += found;
        fs::write(&file, code)?;
    }
    match places {
        1 => Ok(()),
        _ => Err(format!("texts go over in {places} places of the generated Kotlin").into()),
    }
}

/// The code with well-formed texts, and how many places that took.
fn mended(code: &str) -> (String, usize) {
    (code.replace(AS_TYPED, WELL_FORMED), code.matches(AS_TYPED).count())
}

fn kotlin_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(kotlin_files(&path)?);
        } else if path.extension().is_some_and(|is| is == "kt") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn the_place_where_texts_go_over_is_found_and_only_that() {
        let code = "a {\n    encode(CharBuffer.wrap(value))\n}\n";
        let (is, places) = mended(code);
        assert_eq!(is, "a {\n    encode(CharBuffer.wrap(caseweave.wellFormed(value)))\n}\n");
        assert_eq!(places, 1);
        assert_eq!(mended(&is), (is.clone(), 0), "once is enough");
        assert_eq!(mended(&code.repeat(2)).1, 2);
    }
}
