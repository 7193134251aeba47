//! A phone in a terminal: the engine, the encrypted store and the HTTPS that the apps use, one
//! command an action. Scripts, the demo and the end-to-end tests drive real phones with it.

mod cli;
mod commands;
mod failure;
mod home;
mod names;
mod output;
mod parting;
mod values;
mod words;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::home::Home;

fn main() -> ExitCode {
    let Cli { home, json, now, command } = Cli::parse();
    let home = Home::new(home, now);
    let mut act = command.act();
    let done = words::read_input(act.as_mut())
        .and_then(|()| parting::resume(&home).map_or(Ok(()), Err))
        .and_then(|()| act.run(&home));
    match done {
        Ok(answer) => output::answer(&answer, json),
        Err(failure) => output::failure(&failure, &words::all(act.as_mut())),
    }
}
