//! Writes the Kotlin and the Swift side of the phone's library. It reads the built library itself, so
//! what it writes always fits what is called; `scripts/kotlin` and `scripts/swift` run it, and nothing of
//! it is shipped.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

/// Writes sources that call the phone's library, or prints all that can be called.
#[derive(Parser)]
#[command(name = "caseweave-bindgen", version)]
struct Arguments {
    /// The built shared library.
    #[arg(long)]
    library: String,
    /// Print the library's surface, one line each, and write nothing.
    #[arg(long, conflicts_with = "language")]
    surface: bool,
    /// With --surface: fail with what differs if this file says anything else.
    #[arg(long, requires = "surface")]
    check: Option<PathBuf>,
    /// In which language.
    #[arg(long, required_unless_present = "surface", requires_all = ["config", "out"])]
    language: Option<Language>,
    /// The names of packages and the like, in the generator's own format.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The folder of sources to write into; made if it is not there.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Kotlin,
    Swift,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (arguments.language, arguments.out) {
        (Some(language), Some(out)) => write(language, arguments.library, arguments.config, out),
        _ => tell(&arguments.library, arguments.check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever cannot be told has the exit code.
            let _ = writeln!(io::stderr(), "caseweave-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(
    language: Language,
    library: String,
    config: Option<PathBuf>,
    out: PathBuf,
) -> Result<(), Box<dyn Error>> {
    let target = match language {
        Language::Kotlin => TargetLanguage::Kotlin,
        Language::Swift => TargetLanguage::Swift,
    };
    let options = GenerateOptions {
        languages: vec![target],
        source: library.into(),
        out_dir: out.clone().try_into()?,
        config_override: config.map(TryInto::try_into).transpose()?,
        ..GenerateOptions::default()
    };
    generate(options)?;
    match language {
        Language::Kotlin => caseweave_bindgen::well_formed_texts(&out),
        // Swift has no other texts.
        Language::Swift => Ok(()),
    }
}

fn tell(library: &str, check: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let is = caseweave_bindgen::surface(library)?;
    let Some(check) = check else {
        return Ok(io::stdout().write_all(is.as_bytes())?);
    };
    match caseweave_bindgen::difference(&std::fs::read_to_string(check)?, &is) {
        same if same.is_empty() => Ok(()),
        differs => Err(format!("the library's surface changed:\n{differs}").into()),
    }
}
