//! The `caseweave` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = caseweave::cli::Cli::parse();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            caseweave::cli::output::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}
