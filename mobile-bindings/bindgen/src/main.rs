//! Writes the Kotlin and the Swift side of the phone's library. It reads the built library itself, so
//! what it writes always fits what is called; `scripts/kotlin` and `scripts/swift` run it, and nothing of
//! it is shipped.

use std::error::Error;

use clap::{Parser, ValueEnum};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

/// Writes sources that call the phone's library.
#[derive(Parser)]
#[command(name = "caseweave-bindgen", version)]
struct Arguments {
    /// In which language.
    #[arg(long)]
    language: Language,
    /// The built shared library.
    #[arg(long)]
    library: String,
    /// The names of packages and the like, in the generator's own format.
    #[arg(long)]
    config: String,
    /// The folder of sources to write into; made if it is not there.
    #[arg(long)]
    out: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Kotlin,
    Swift,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let language = match arguments.language {
        Language::Kotlin => TargetLanguage::Kotlin,
        Language::Swift => TargetLanguage::Swift,
    };
    let options = GenerateOptions {
        languages: vec![language],
        source: arguments.library.into(),
        out_dir: arguments.out.into(),
        config_override: Some(arguments.config.into()),
        ..GenerateOptions::default()
    };
    Ok(generate(options)?)
}
